import Base
import HTTP

extension HTTPError {
    /// The error as a way in answers it itself, where no function can: with all that every response carries.
    func refusal(requestID: String? = nil) -> Response {
        response.completed(requestID: requestID ?? Identifier.random().description)
    }
}
