import Base
import Foundation
import TestSupport
import Testing

/// The Lambda Runtime API, with the probe or another function as its runtime. The test carries out the API's steps one
/// by one.
final class RuntimeAPI {
    /// A request from the runtime.
    struct Call {
        var method: String
        var path: String
        var fields: [String: String]
        var body: [UInt8] = []
        /// Fields after a chunked body.
        var trailers: [String: String] = [:]
    }

    let program: Program
    private let listener = try? LocalListener(.tcp)
    private var connection: LocalConnection?
    private static let root = "/2018-06-01/runtime"

    /// Starts the probe. Its responses to requests are streamed if `streams` is true, and buffered otherwise.
    convenience init(streams: Bool = false) throws {
        let mode = ["FUNCTION_INVOKE_MODE": streams ? "RESPONSE_STREAM" : "BUFFERED"]
        try self.init(ProbeProgram.path, environment: ProbeProgram.environment(mode))
    }

    /// Starts a function's executable. Its standard error goes to `log`, a descriptor.
    init(_ path: String, environment: [String: String], log: Int32 = -1) throws {
        var variables = environment
        variables["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:\(try #require(listener?.port))"
        program = try Program(path, environment: variables, descriptors: [-1, -1, log])
    }

    // MARK: Steps

    /// Takes the runtime's request for the next invocation.
    func takeNext() throws {
        let call = try take()
        try #require(call.method == "GET" && call.path == Self.root + "/invocation/next", "\(call.path)")
    }

    /// Gives the runtime an invocation that must end within `seconds`.
    func invoke(_ id: String, _ event: [UInt8], trace: String? = nil, seconds: Double = 900) throws {
        let deadline = Int(Date(timeIntervalSinceNow: seconds).timeIntervalSince1970 * 1_000)
        var fields = ["Lambda-Runtime-Aws-Request-Id": id, "Lambda-Runtime-Deadline-Ms": "\(deadline)"]
        fields["Lambda-Runtime-Trace-Id"] = trace
        try answer(200, fields, event)
    }

    /// Takes a response that the runtime posts, and accepts it.
    func takeAnswer(_ id: String) throws -> Answer {
        let call = try takeResponse(id)
        try answer(202)
        return try Self.decode(call)
    }

    /// Takes a response that the runtime posts, without answering it.
    func takeResponse(_ id: String) throws -> Call {
        let call = try take()
        try #require(call.method == "POST" && call.path == Self.root + "/invocation/\(id)/response", "\(call.path)")
        return call
    }

    /// Takes the runtime's report of a failed invocation; returns the error's type.
    func takeError(_ id: String) throws -> String {
        let call = try take()
        try #require(call.method == "POST" && call.path == Self.root + "/invocation/\(id)/error", "\(call.path)")
        let body = try JSON(parsing: call.body)
        #expect(body["errorMessage"]?.string?.isEmpty == false)
        #expect(body["errorType"]?.string == call.fields["lambda-runtime-function-error-type"])
        try answer(202)
        return try #require(body["errorType"]?.string)
    }

    /// Answers the request that was taken last.
    func answer(_ status: Int, _ fields: [String: String] = [:], _ body: [UInt8] = []) throws {
        var head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        try send(Array((head + "\r\n").utf8) + body)
    }

    /// Sends bytes to the runtime, valid or not.
    func send(_ bytes: [UInt8]) throws { try #require(connection).send(bytes) }

    /// Ends the connection.
    func hangUp() { connection = nil }

    // MARK: HTTP

    private func take() throws -> Call {
        for _ in 0..<2 {
            let open = try connection ?? listener?.accept()
            connection = open
            if let call = try open.flatMap({ try Self.read($0) }) { return call }
            connection = nil
        }
        throw Answer.Malformed(description: "the runtime has gone")
    }

    private static func read(_ connection: LocalConnection) throws -> Call? {
        guard let words = try connection.readLine()?.split(separator: " "), words.count == 3 else { return nil }
        var call = Call(method: String(words[0]), path: String(words[1]), fields: try fields(connection))
        if call.fields["transfer-encoding"] == "chunked" {
            while true {
                let size = try #require(try connection.readLine().flatMap { Int($0, radix: 16) })
                if size == 0 { break }
                call.body += try #require(try connection.read(exactly: size))
                try #require(try connection.readLine() == "")
            }
            call.trailers = try fields(connection)
        } else if let length = call.fields["content-length"].flatMap({ Int($0) }) {
            call.body = try #require(try connection.read(exactly: length))
        }
        return call
    }

    private static func fields(_ connection: LocalConnection) throws -> [String: String] {
        var fields: [String: String] = [:]
        while let line = try connection.readLine(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return fields
    }

    /// Decodes a response: a buffered one is an event; a streamed one is a prelude, eight NUL bytes, and the raw body.
    static func decode(_ call: Call) throws -> Answer {
        guard call.fields["lambda-runtime-function-response-mode"] == "streaming" else {
            return try Answer(json: try JSON(parsing: call.body))
        }
        #expect(call.fields["transfer-encoding"] == "chunked")
        #expect(call.fields["content-type"] == "application/vnd.awslambda.http-integration-response")
        let data = Data(call.body)
        let end = try #require(data.firstRange(of: Data(count: 8)))
        let prelude = try JSON(parsing: data[..<end.lowerBound])
        return Answer(
            status: prelude["statusCode"]?.integer,
            fields: try #require(prelude["headers"]?.object).map { (name: $0, value: $1.string ?? "") },
            body: [UInt8](data[end.upperBound...]))
    }
}
