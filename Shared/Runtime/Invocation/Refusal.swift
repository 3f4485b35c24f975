import Base
import HTTP

extension HTTPError {
    /// Returns the response for an error that the function itself can't answer: one found before the request reaches
    /// it, or one of a streamed body. It has the headers that every response has, and the request's id or a new one.
    func refusal(requestID: String? = nil) -> Response {
        response.completed(requestID: requestID ?? Identifier.random().description)
    }
}
