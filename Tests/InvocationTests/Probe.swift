import Base
import Foundation
import TestSupport
import Testing

@testable import fixture_probe

/// A request to the probe, independent of the way of invocation.
struct Ask: Sendable {
    var method = "GET"
    var path = "/api/probe"
    var query = ""
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var isBase64 = false

    init(_ method: String = "GET", _ query: String = "", headers: [String: String] = [:], body: [UInt8] = []) {
        (self.method, self.query, self.headers, self.body) = (method, query, headers, body)
        // An event's body is text, unless the event says otherwise.
        isBase64 = String(validating: body, as: UTF8.self) == nil
    }

    /// The request as a Function URL event.
    var event: [UInt8] {
        let text = isBase64 ? Data(body).base64EncodedString() : String(decoding: body, as: UTF8.self)
        let event: JSON = [
            "version": "2.0", "rawPath": .string(path), "rawQueryString": .string(query),
            "headers": .object(headers.mapValues { .string($0) }),
            "requestContext": ["http": ["method": .string(method), "sourceIp": "192.0.2.7"]],
            "body": body.isEmpty ? .null : .string(text), "isBase64Encoded": .bool(isBase64),
        ]
        return JSONWriter.bytes(event)
    }

    /// The request as the variables of a CGI server (RFC 3875 §4.1).
    var variables: [String: String] {
        var variables = [
            "GATEWAY_INTERFACE": "CGI/1.1", "QUERY_STRING": query, "REMOTE_ADDR": "192.0.2.7",
            "REQUEST_METHOD": method, "REQUEST_URI": query.isEmpty ? path : path + "?" + query,
            "SCRIPT_NAME": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "tests",
        ]
        if !body.isEmpty { variables["CONTENT_LENGTH"] = String(body.count) }
        for (name, value) in headers {
            let name = name.uppercased().replacingOccurrences(of: "-", with: "_")
            variables[name == "CONTENT_TYPE" ? name : "HTTP_" + name] = value
        }
        return variables
    }

    /// The request as the variables of OpenFaaS's classic watchdog.
    var watchdogVariables: [String: String] {
        var variables = ["Http_Method": method, "Http_Path": path, "Http_Query": query]
        if !body.isEmpty { variables["Http_ContentLength"] = String(body.count) }
        for (name, value) in headers { variables["Http_" + name.replacingOccurrences(of: "-", with: "_")] = value }
        return variables
    }
}

/// The program under test, and its environment.
enum ProbeProgram {
    static let path = BuiltProducts.program("fixture-probe")

    /// The probe uses no database, but every endpoint requires the variable.
    static let environment = [
        "DATABASE_URL": "sqlite:/nonexistent/database", "CORS_ALLOWED_ORIGINS": "https://app.example.com",
    ]

    static func environment(_ more: [String: String]) -> [String: String] {
        environment.merging(more) { $1 }
    }

    /// Returns the body of `count` bytes that the probe sends for `do=bytes` and `do=stream`.
    static func filler(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try Filler.send(count) { bytes.append(contentsOf: $0) }
        return bytes
    }
}
