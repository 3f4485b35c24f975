import Base

/// An error that a caller sees: a status, and a sentence that is safe to show.
public struct HTTPError: Error {
    /// The status code.
    public let status: Int
    /// What is wrong, and where possible what to do; it says nothing of the inside.
    public let sentence: String
    /// Fields that go with the status, such as Allow or Retry-After.
    public var headers: Headers = [:]

    /// An error with these parts.
    public init(_ status: Int, _ sentence: String, headers: Headers = [:]) {
        self.status = status
        self.sentence = sentence
        self.headers = headers
    }

    /// The error as every endpoint answers it: `{"error": "…"}`.
    public var response: Response {
        var response = Response.json(status: status) { $0.field("error", sentence) }
        for field in headers.fields { response.headers.add(field.name, field.value) }
        return response
    }

    /// 400: the request is malformed.
    public static func badRequest(_ sentence: String) -> HTTPError { HTTPError(400, sentence) }
    /// 401: no credentials, or none that hold.
    public static func unauthorized(_ sentence: String) -> HTTPError {
        HTTPError(401, sentence, headers: ["WWW-Authenticate": "Bearer"])
    }
    /// 403: the caller may not.
    public static func forbidden(_ sentence: String) -> HTTPError { HTTPError(403, sentence) }
    /// 404: not there, or not the caller's; the two don't differ.
    public static func notFound(_ sentence: String) -> HTTPError { HTTPError(404, sentence) }
    /// 408: the request, or the rest of it, did not come in time.
    public static let requestTimeout = HTTPError(408, "The request took too long to arrive.")
    /// 409: something else is in the way.
    public static func conflict(_ sentence: String) -> HTTPError { HTTPError(409, sentence) }
    /// 411: a body of unknown length, by a way in that can't take one.
    public static let lengthRequired = HTTPError(411, "The request needs a Content-Length.")
    /// 500: a defect or a wrong configuration; the log says which.
    public static let `internal` = HTTPError(500, "Something went wrong on our side. Try again later.")
    /// 503: the database can be read, but not written.
    public static let unwritable = HTTPError(
        503, "Nothing can be changed at the moment, and nothing was. Reading works. Try again later.",
        headers: ["Retry-After": "60"])
    /// 503: the database can't be reached.
    public static let unavailable = HTTPError(
        503, "The service is temporarily unavailable. Try again in a few seconds.", headers: ["Retry-After": "5"])
}
