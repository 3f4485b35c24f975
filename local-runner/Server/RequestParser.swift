import Base
import Glibc
import HTTP

/// Reads request heads (RFC 9112) line by line, and strictly: refuses forms that another parser might read differently,
/// so that no request can be hidden inside another.
struct RequestParser {
    static let maximumLineLength = 8 << 10
    static let maximumFieldBytes = 32 << 10
    static let maximumFieldCount = 100

    enum Progress {
        case incomplete
        case complete
        /// The connection must be closed after this error.
        case failed(RunnerError)
    }

    private(set) var head = RequestHead()
    private var lineStart = 0
    private var scanned = 0
    private var fieldsStart = 0
    private var hasRequestLine = false

    /// Prepares for the next request.
    mutating func reset() {
        var fields = head.fields
        fields.removeAll(keepingCapacity: true)
        head = RequestHead(fields: fields)
        (lineStart, scanned, fieldsStart, hasRequestLine) = (0, 0, 0, false)
    }

    /// Reads the rest of the head. `bytes` begins with the request and contains everything received so far.
    mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Progress {
        do throws(RunnerError) {
            while let line = nextLine(bytes) {
                guard line.end > line.start, bytes[at: line.end - 1] == ASCII.carriageReturn else {
                    throw .badRequest("Lines must end with CR LF.")
                }
                let line = Extent(start: line.start, end: line.end - 1)
                if hasRequestLine {
                    if line.count == 0 {
                        head.length = lineStart
                        try finish(bytes)
                        return .complete
                    }
                    try readField(bytes, line)
                } else if line.count > 0 {
                    try readRequestLine(bytes, line)
                    (hasRequestLine, fieldsStart) = (true, lineStart)
                } else if lineStart > 8 {
                    throw .badRequest("The request line is empty.")
                }
            }
            try checkLimits(bytes)
            return .incomplete
        } catch {
            return .failed(error)
        }
    }

    /// Returns the next complete line without its LF. Returns nil if there is none yet.
    private mutating func nextLine(_ bytes: UnsafeRawBufferPointer) -> Extent? {
        guard scanned < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + scanned, Int32(ASCII.lineFeed), bytes.count - scanned)
        else {
            scanned = bytes.count
            return nil
        }
        let line = Extent(start: lineStart, end: UnsafeRawPointer(found) - base)
        lineStart = line.end + 1
        scanned = lineStart
        return line
    }

    /// Refuses a request line, or fields, that exceed their limit before they are complete. Refuses a request line
    /// whose first byte can't begin a method.
    private func checkLimits(_ bytes: UnsafeRawBufferPointer) throws(RunnerError) {
        if hasRequestLine {
            if bytes.count - fieldsStart > Self.maximumFieldBytes { throw .fieldsTooLarge }
        } else if lineStart < bytes.count {
            if bytes.count - lineStart > Self.maximumLineLength { throw .targetTooLong }
            let first = bytes[lineStart]
            if !ASCII.isToken(first), first != ASCII.carriageReturn {
                throw .badRequest("The request line is malformed.")
            }
        }
    }

    /// Reads the request line: method SP request-target SP HTTP-version (§3)
    private mutating func readRequestLine(_ bytes: UnsafeRawBufferPointer, _ line: Extent) throws(RunnerError) {
        if line.count > Self.maximumLineLength { throw .targetTooLong }
        var position = line.start
        while position < line.end, ASCII.isToken(bytes[position]) { position += 1 }
        head.method = Extent(start: line.start, end: position)
        guard (1...32).contains(head.method.count), position < line.end, bytes[at: position] == ASCII.space else {
            throw .badRequest("The method is malformed.")
        }
        position += 1
        head.target.start = position
        while position < line.end, bytes[position] != ASCII.space {
            guard bytes[position] > 0x20, bytes[position] < 0x7F, bytes[position] != UInt8(ascii: "#") else {
                throw .badRequest("The request target holds a character that must be percent-encoded.")
            }
            position += 1
        }
        head.target.end = position
        let version = bytes[Extent(start: min(position + 1, line.end), end: line.end)]
        guard head.target.count > 0, version.count == 8,
            version.prefix(5).elementsEqual("HTTP/".utf8), ASCII.isDigit(version[5]),
            version[6] == UInt8(ascii: "."), ASCII.isDigit(version[7])
        else { throw .badRequest("The request line is malformed.") }
        guard version[5] == UInt8(ascii: "1"), version[7] <= UInt8(ascii: "1") else {
            throw .versionNotSupported
        }
        head.isVersion11 = version[7] == UInt8(ascii: "1")
    }

    /// Reads a field line: field-name ":" OWS field-value OWS (§5)
    private mutating func readField(_ bytes: UnsafeRawBufferPointer, _ line: Extent) throws(RunnerError) {
        if line.end - fieldsStart > Self.maximumFieldBytes || head.fields.count == Self.maximumFieldCount {
            throw .fieldsTooLarge
        }
        let field: FieldLine
        do throws(FieldLine.Fault) {
            field = try FieldLine(bytes, at: line)
        } catch {
            switch error {
            case .name: throw .badRequest("A header field's name is malformed.")
            case .value: throw .badRequest("A header field's value holds a control character.")
            }
        }
        head.fields.append(Field(name: field.name, value: field.value, kind: FieldKind(bytes[field.name])))
    }

    /// Checks the fields that decide about the host, the body's length and the connection, and stores the results in
    /// `head`.
    private mutating func finish(_ bytes: UnsafeRawBufferPointer) throws(RunnerError) {
        head.keepsConnection = head.isVersion11
        var hosts = 0
        var hasTransferEncoding = false
        for index in head.fields.indices {
            let value = bytes[head.fields[index].value]
            switch head.fields[index].kind {
            case .host:
                hosts += 1
                head.host = head.fields[index].value
                try Self.checkHost(value)
            case .contentLength:
                guard head.framing == .none, let length = value.decimal else {
                    throw .badRequest("Content-Length must be a single number of bytes.")
                }
                head.framing = .length(length)
            case .transferEncoding:
                guard !hasTransferEncoding, value.equals("chunked") else { throw .transferCodingUnknown }
                hasTransferEncoding = true
            case .connection: readConnection(bytes, value)
            case .expect:
                guard value.equals("100-continue") else { throw .expectationFailed }
                head.expectsContinue = head.isVersion11
            case .other, .contentType, .requestID, .dropped: break
            }
        }
        guard hosts == 1 || hosts == 0 && !head.isVersion11 else {
            throw .badRequest("There must be exactly one Host field.")
        }
        if hasTransferEncoding {
            guard head.framing == .none, head.isVersion11 else {
                throw .badRequest("Transfer-Encoding is not allowed with Content-Length or in HTTP/1.0.")
            }
            head.framing = .chunked
        }
    }

    /// Reads the options of Connection: close, keep-alive, and names of fields that are not passed on (RFC 9110
    /// §7.6.1).
    private mutating func readConnection(_ bytes: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        var closes = false
        var keeps = false
        value.forEachElement { option in
            if option.equals("close") {
                closes = true
            } else if option.equals("keep-alive") {
                keeps = true
            } else {
                for index in head.fields.indices where head.fields[index].kind == .other {
                    let name = bytes[head.fields[index].name]
                    let isNamed =
                        name.count == option.count
                        && name.indices.allSatisfy {
                            ASCII.lowercased(name[$0]) == ASCII.lowercased(option[$0])
                        }
                    if isNamed { head.fields[index].kind = .dropped }
                }
            }
        }
        if closes { head.keepsConnection = false } else if keeps { head.keepsConnection = true }
    }

    private static func checkHost(_ value: UnsafeRawBufferPointer) throws(RunnerError) {
        let isHost = value.allSatisfy { byte in
            ASCII.isToken(byte) && byte != UInt8(ascii: "^") && byte != UInt8(ascii: "`")
                || byte == ASCII.colon || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
        }
        guard isHost, !value.isEmpty else { throw .badRequest("Host is malformed.") }
    }
}
