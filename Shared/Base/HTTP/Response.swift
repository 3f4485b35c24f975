public import Base

/// One HTTP response, independent of the way of invocation.
public struct Response {
    /// The status code (RFC 9110 §15).
    public var status: Int
    public var headers: Headers
    public var body: Body
    /// Work that runs, in this order, after the response has been sent. It may not run if sending fails.
    public var background: [() -> Void] = []

    /// A function that accepts the next part of a streamed body.
    public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    public enum Body {
        /// The complete body.
        case bytes([UInt8])
        /// A body that is produced while it is sent: the function calls the sink for one part after the other. If the
        /// function throws after a part has been sent, the response is cut off.
        case stream((Sink) throws -> Void)
    }

    public init(status: Int, headers: Headers, body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Returns a response with a JSON value.
    public static func json(status: Int = 200, _ value: some JSONWritable) -> Response {
        json(status: status, writing: { $0.value(value) })
    }

    /// Returns a response with the JSON value that `body` writes.
    private static func json(status: Int = 200, writing body: (inout JSONWriter) throws -> Void) rethrows -> Response {
        // Most answers fit in this. A buffer that grows from nothing is copied ten times, and touches twice the memory.
        var json = JSONWriter(capacity: 16_384)
        try body(&json)
        return Response(status: status, headers: ["Content-Type": "application/json"], body: .bytes(json.bytes))
    }

    /// Returns a response with a JSON object. `body` writes its members.
    public static func json(status: Int = 200, _ body: (inout JSONWriter) throws -> Void) rethrows -> Response {
        try json(status: status, writing: { try $0.object(body) })
    }

    /// Returns a response whose body is produced by `body` while it is sent.
    public static func stream(
        contentType: String, _ body: @escaping (Sink) throws -> Void
    ) -> Response {
        Response(status: 200, headers: ["Content-Type": contentType], body: .stream(body))
    }

    /// Returns a response with a file that is produced while it is sent. A browser saves it under the name `name`, if
    /// that is not nil.
    public static func file(
        contentType: String, named name: String?, _ body: @escaping (Sink) throws -> Void
    ) -> Response {
        var response = stream(contentType: contentType, body)
        if let name { response.headers.add("Content-Disposition", "attachment; filename=\"\(name)\"") }
        return response
    }

    /// Returns a response with a JSON object whose members `body` writes while it is sent. `body` should flush the
    /// writer to `sink` from time to time, so that memory does not grow with the response.
    public static func streamedJSON(
        _ body: @escaping (inout JSONWriter, _ sink: Sink) throws -> Void
    ) -> Response {
        .stream(contentType: "application/json") { sink in
            var json = JSONWriter()
            try json.object { try body(&$0, sink) }
            try json.flush(ifLongerThan: 0, to: sink)
        }
    }

    /// Returns the reason phrase of a status (RFC 9110 §15), or `Unknown` for a status that the product does not use.
    public static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}

extension Response {
    /// The security headers that every response carries, including the runner's own, and the header that forbids
    /// caching.
    public static let everyResponse: [(name: String, value: String)] = [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
        ("Cache-Control", "no-store"),
    ]

    /// Returns the response in the form in which it is sent: with its length, if that is known, with the headers that
    /// every response carries, and with the request's id.
    public func completed(requestID: String) -> Response {
        var response = self
        // A 204 must not have a length (RFC 9110 §8.6).
        if case .bytes(let bytes) = body, status != 204 { response.headers.add("Content-Length", String(bytes.count)) }
        for field in Self.everyResponse { response.headers.add(field.name, field.value) }
        response.headers.add("X-Request-Id", requestID)
        return response
    }
}
