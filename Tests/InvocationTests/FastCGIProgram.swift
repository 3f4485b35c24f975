import Foundation
import TestSupport
import Testing

/// The probe as a FastCGI responder on a socket on which the test listens, as a web server does.
final class FastCGIProgram {
    let program: Program
    let listener: LocalListener
    private let control: LocalConnection?

    /// Starts the probe. If it is isolated, descriptor 3 is the control pipe to a runner.
    convenience init(
        isolated: Bool = false, on family: LocalListener.Family = .unix, environment: [String: String] = [:]
    ) throws {
        try self.init(isolated: isolated, on: LocalListener(family), environment: environment)
    }

    /// Starts another process on the same socket.
    func another() throws -> FastCGIProgram { try FastCGIProgram(isolated: false, on: listener, environment: [:]) }

    private init(isolated: Bool, on listener: LocalListener, environment: [String: String]) throws {
        self.listener = listener
        var variables = ProbeProgram.environment(environment)
        guard isolated else {
            program = try Program(ProbeProgram.path, environment: variables, descriptors: [listener.number, -1, -1])
            control = nil
            return
        }
        variables["FUNCTION_DISPATCH"] = "isolated"
        let pipe = try LocalConnection.pipe()
        program = try Program(
            ProbeProgram.path, environment: variables,
            descriptors: [listener.number, -1, -1, pipe.writeEnd])
        close(pipe.writeEnd)
        control = pipe.readEnd
    }

    /// Opens another connection to the probe. Reads wait for at most `seconds`.
    func connect(seconds: Int = 15) throws -> FastCGIPeer { FastCGIPeer(try listener.connect(seconds: seconds)) }

    /// A message on the control pipe: a fork (status nil) or the end of a child.
    struct Message: Equatable {
        var process: Int32
        var status: Int32?
    }

    /// Returns the next message on the control pipe; nil at its end.
    func nextMessage() throws -> Message? {
        guard let control, let bytes = try control.read(exactly: 8) else { return nil }
        return bytes.withUnsafeBytes {
            let status = $0.load(fromByteOffset: 4, as: Int32.self)
            return Message(process: $0.load(as: Int32.self), status: status == -1 ? nil : status)
        }
    }

    /// Asks the probe to end, as web servers do, and expects that it does.
    func terminate(_ place: SourceLocation = #_sourceLocation) throws {
        program.send(SIGTERM)
        #expect(program.waitForEnd(seconds: 10) == 0, sourceLocation: place)
    }
}

/// The web server's end of a FastCGI connection, which can send any bytes, valid or not.
final class FastCGIPeer {
    /// A record as it was received.
    struct Record: Equatable {
        var type: UInt8
        var id: UInt16
        var content: [UInt8]
    }

    /// The result of a request (FCGI_END_REQUEST's protocolStatus).
    enum End: UInt8 {
        case complete, cannotMultiplex, overloaded, unknownRole
    }

    let connection: LocalConnection

    init(_ connection: LocalConnection) { self.connection = connection }

    static func record(_ type: UInt8, _ id: UInt16, _ content: [UInt8], padding: Int = 0) -> [UInt8] {
        let (count, filler) = (content.count, [UInt8](repeating: 0xAA, count: padding))
        let header = [
            1, type, UInt8(id >> 8), UInt8(id & 255), UInt8(count >> 8), UInt8(count & 255), UInt8(padding), 0,
        ]
        return header + content + filler
    }

    static func begin(_ id: UInt16, role: UInt8 = 1, keepsConnection: Bool = false) -> [UInt8] {
        record(1, id, [0, role, keepsConnection ? 1 : 0, 0, 0, 0, 0, 0])
    }

    /// Encodes name-value pairs; with `long`, all lengths take four bytes.
    static func pairs(_ variables: [String: String], long: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            for count in [name.utf8.count, value.utf8.count] {
                let isLong = long || count > 127
                bytes += isLong ? [UInt8(count >> 24) | 0x80, UInt8(count >> 16 & 255), UInt8(count >> 8 & 255)] : []
                bytes.append(UInt8(count & 255))
            }
            bytes += Array(name.utf8) + Array(value.utf8)
        }
        return bytes
    }

    /// Encodes a stream as records of `size` bytes of content, with its end.
    static func stream(
        _ type: UInt8, _ id: UInt16, _ content: [UInt8], size: Int = 65_535, padding: Int = 0
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: size) {
            bytes += record(type, id, Array(content[start..<min(start + size, content.count)]), padding: padding)
        }
        return bytes + record(type, id, [])
    }

    /// Encodes all records of a request.
    static func records(
        _ id: UInt16, _ variables: [String: String], body: [UInt8] = [], keepsConnection: Bool = false
    ) -> [UInt8] {
        begin(id, keepsConnection: keepsConnection) + stream(4, id, pairs(variables)) + stream(5, id, body)
    }

    /// Sends a whole request.
    func request(_ id: UInt16, _ variables: [String: String], body: [UInt8] = [], keepsConnection: Bool = false) {
        connection.send(Self.records(id, variables, body: body, keepsConnection: keepsConnection))
    }

    /// Returns the next record; nil at the end of the connection.
    func next() throws -> Record? {
        guard let header = try connection.read(exactly: 8) else { return nil }
        guard header[0] == 1 else { throw Answer.Malformed(description: "no record: \(header)") }
        guard let content = try connection.read(exactly: Int(header[4]) << 8 | Int(header[5])),
            try connection.read(exactly: Int(header[6])) != nil
        else { throw Answer.Malformed(description: "the connection ended within a record") }
        return Record(type: header[1], id: UInt16(header[2]) << 8 | UInt16(header[3]), content: content)
    }

    /// Returns the standard output of request `id`, up to the empty record.
    func readStream(_ id: UInt16 = 1) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let record = try next() {
            guard record.type == 6, record.id == id else {
                throw Answer.Malformed(description: "a record of type \(record.type) where the output should be")
            }
            if record.content.isEmpty { return bytes }
            bytes += record.content
        }
        throw Answer.Malformed(description: "the connection ended within the output, after \(bytes.count) bytes")
    }

    /// Returns the result of request `id`. Throws if another record comes.
    func readEnd(_ id: UInt16 = 1) throws -> End {
        guard let record = try next(), record.type == 3, record.id == id, record.content.count == 8,
            record.content[..<4] == [0, 0, 0, 0], let end = End(rawValue: record.content[4])
        else { throw Answer.Malformed(description: "no end of the request") }
        return end
    }

    /// Returns the complete answer to request `id`.
    func readAnswer(_ id: UInt16 = 1) throws -> Answer {
        let answer = try Answer(cgi: readStream(id))
        #expect(try readEnd(id) == .complete)
        return answer
    }
}
