import Base
import Foundation
import TestSupport

/// One request to a function in a separate process, by CGI.
struct FunctionCall {
    let function: String
    var method = "GET"
    var query = ""
    var body: JSON?
    let credentials: String

    /// Sends the request; returns nil if the process fails or its output is no response.
    func send(to databaseURL: String, _ more: [String: String] = [:]) -> (status: Int, json: JSON)? {
        guard let process = try? start(on: databaseURL, more), (try? process.waitForEnd()) == 0 else { return nil }
        let text = String(decoding: process.output, as: UTF8.self)
        let status = text.split(separator: "\r\n").first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard let status, let head = text.range(of: "\r\n\r\n") else { return nil }
        return (status, (try? JSON(parsing: text[head.upperBound...].utf8)) ?? .null)
    }

    /// Starts the function's process and writes the request.
    func start(on databaseURL: String, _ more: [String: String] = [:]) throws -> PipedProgram {
        let bytes = body.map { JSONWriter.bytes($0) } ?? []
        var variables = [
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "SCRIPT_NAME": "/", "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer " + credentials, "DATABASE_URL": databaseURL,
            "SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 },
        ]
        if !bytes.isEmpty {
            variables["CONTENT_LENGTH"] = String(bytes.count)
            variables["CONTENT_TYPE"] = "application/json"
        }
        let process = try PipedProgram(
            BuiltProducts.program(function), environment: variables.merging(more) { $1 }, input: bytes, seconds: 60)
        try process.finishInput()
        return process
    }
}
