/// An error that the runner itself returns instead of a function: a status, and a sentence that reveals nothing about
/// the inside.
enum RunnerError: Error, Equatable {
    case badRequest(StaticString)
    /// Has the sentence that the function itself would return.
    case unauthorized(StaticString)
    case forbidden
    case notFound
    /// Has the methods of the path, for Allow.
    case methodNotAllowed(allow: [UInt8])
    case requestTimeout
    case stillRunning
    case bodyTooLarge
    case targetTooLong
    case expectationFailed
    case fieldsTooLarge
    case transferCodingUnknown
    case functionFailed
    case overloaded
    case functionTimedOut
    case versionNotSupported

    static func == (left: RunnerError, right: RunnerError) -> Bool { left.status == right.status }

    /// The HTTP status and its reason phrase (RFC 9110 §15).
    var statusLine: (code: Int, reason: StaticString) {
        switch self {
        case .badRequest: (400, "Bad Request")
        case .unauthorized: (401, "Unauthorized")
        case .forbidden: (403, "Forbidden")
        case .notFound: (404, "Not Found")
        case .methodNotAllowed: (405, "Method Not Allowed")
        case .requestTimeout: (408, "Request Timeout")
        case .stillRunning: (409, "Conflict")
        case .bodyTooLarge: (413, "Content Too Large")
        case .targetTooLong: (414, "URI Too Long")
        case .expectationFailed: (417, "Expectation Failed")
        case .fieldsTooLarge: (431, "Request Header Fields Too Large")
        case .transferCodingUnknown: (501, "Not Implemented")
        case .functionFailed: (502, "Bad Gateway")
        case .overloaded: (503, "Service Unavailable")
        case .functionTimedOut: (504, "Gateway Timeout")
        case .versionNotSupported: (505, "HTTP Version Not Supported")
        }
    }

    var status: Int { statusLine.code }

    /// The value of "error" in the body. It needs no escaping.
    var sentence: StaticString {
        switch self {
        case .badRequest(let sentence), .unauthorized(let sentence): sentence
        case .forbidden: "Forbidden"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .requestTimeout: "The request took too long to arrive."
        case .stillRunning: "The previous run of this trigger has not ended."
        case .bodyTooLarge: "The body is too large."
        case .targetTooLong: "The request line is too long."
        case .expectationFailed: "The only supported expectation is 100-continue."
        case .fieldsTooLarge: "The header fields are too large or too many."
        case .transferCodingUnknown: "The only supported transfer coding is chunked."
        case .functionFailed: "The function failed."
        case .overloaded: "Too many requests at once. Try again in a moment."
        case .functionTimedOut: "The function took too long."
        case .versionNotSupported: "Only HTTP/1.1 and HTTP/1.0 are supported."
        }
    }
}
