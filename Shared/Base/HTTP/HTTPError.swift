import Base

/// An error that is reported to the caller: a status code, and a sentence that is safe to show.
public struct HTTPError: Error {
    public let status: Int
    /// The error message: what is wrong and, if possible, what to do. It reveals nothing about the service's internals.
    public let sentence: String
    /// Header fields that belong to the status, such as Allow or Retry-After.
    public var headers: Headers = [:]

    public init(_ status: Int, _ sentence: String, headers: Headers = [:]) {
        self.status = status
        self.sentence = sentence
        self.headers = headers
    }

    /// The response with this error: `{"error": "…"}`, as in every endpoint.
    public var response: Response {
        var response = Response.json(status: status) { $0.field("error", sentence) }
        for field in headers.fields { response.headers.add(field.name, field.value) }
        return response
    }

    /// 400: the request is malformed.
    public static func badRequest(_ sentence: String) -> HTTPError { HTTPError(400, sentence) }
    /// 401: credentials are missing or not valid.
    public static func unauthorized(_ sentence: String) -> HTTPError {
        HTTPError(401, sentence, headers: ["WWW-Authenticate": "Bearer"])
    }
    /// 403: the caller is not allowed to do this.
    public static func forbidden(_ sentence: String) -> HTTPError { HTTPError(403, sentence) }
    /// 404: the path or the object does not exist, or the object does not belong to the caller. Callers can't tell the
    /// last two cases apart.
    public static func notFound(_ sentence: String) -> HTTPError { HTTPError(404, sentence) }
    /// 405: the path does not have this method. `allowed` is the value of Allow, such as `GET, HEAD`.
    public static func methodNotAllowed(_ method: String, allowed: String) -> HTTPError {
        HTTPError(
            405, "The method \(method.harmless(atMost: 20)) is not allowed here; allowed: \(allowed).",
            headers: ["Allow": allowed])
    }
    /// 408: the request did not arrive completely in time.
    public static let requestTimeout = HTTPError(408, "The request took too long to arrive.")
    /// 409: the current state does not allow the request.
    public static func conflict(_ sentence: String) -> HTTPError { HTTPError(409, sentence) }
    /// 411: the request has a body of unknown length, and this way of invocation can't accept one.
    public static let lengthRequired = HTTPError(411, "The request needs a Content-Length.")
    /// 500: a defect in the code or an error in the configuration. The log has the cause.
    public static let `internal` = HTTPError(500, "Something went wrong on our side. Try again later.")
    /// 503: the database can be read, but not written.
    public static let unwritable = HTTPError(
        503, "Changes are not possible now; nothing was changed. Reading still works. Try again later.",
        headers: ["Retry-After": "60"])
    /// 503: the database can't be reached, is damaged, or has a schema that this build can't serve.
    public static let unavailable = HTTPError(
        503, "The service is temporarily unavailable. Try again in a few seconds.", headers: ["Retry-After": "5"])
}
