import Base
import HTTP

/// An error that the runner itself returns instead of a function's response: a status, and a sentence that reveals
/// nothing about the inside of the runner or the function.
enum RunnerError: Error, Equatable {
    case badRequest(StaticString)
    /// Has the sentence of the response. For a path of a function, the function itself would return the same.
    case unauthorized(StaticString)
    case forbidden
    /// Has the sentence of the response.
    case notFound(String)
    /// Has the request's method, and the methods of the path, for Allow.
    case methodNotAllowed(String, allow: [UInt8])
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

    /// The HTTP status (RFC 9110 §15).
    var status: Int {
        switch self {
        case .badRequest: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .stillRunning: 409
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .expectationFailed: 417
        case .fieldsTooLarge: 431
        case .transferCodingUnknown: 501
        case .functionFailed: 502
        case .overloaded: 503
        case .functionTimedOut: 504
        case .versionNotSupported: 505
        }
    }

    /// Returns the error for a path that the server does not have.
    static func noEndpoint(at path: UnsafeRawBufferPointer) -> RunnerError {
        let shown = String(decoding: path.prefix(100), as: UTF8.self).harmless
        return .notFound("There is no endpoint at \(shown). Check the path; upper and lower case differ.")
    }

    /// Returns the error for a method that a path does not have. `allow` is the value of Allow.
    static func noMethod(_ method: UnsafeRawBufferPointer, allow: [UInt8]) -> RunnerError {
        .methodNotAllowed(String(decoding: method.prefix(100), as: UTF8.self), allow: allow)
    }

    /// The value of "error" in the body.
    var sentence: String {
        switch self {
        case .badRequest(let sentence), .unauthorized(let sentence): sentence.description
        case .forbidden: "This path is only for this machine: without a proxy, and not for pages of other sites."
        case .notFound(let sentence): sentence
        case .methodNotAllowed(let method, let allow):
            HTTPError.methodNotAllowed(method, allowed: String(decoding: allow, as: UTF8.self)).sentence
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
