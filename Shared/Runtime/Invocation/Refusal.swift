import Base
import HTTP

extension HTTPError {
    /// Returns the response for an error that is found before the request reaches the function, with the headers that
    /// every response has.
    func refusal(requestID: String? = nil) -> Response {
        response.completed(requestID: requestID ?? Identifier.random().description)
    }
}
