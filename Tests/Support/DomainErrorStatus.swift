import Base
import Function
import HTTP

extension DomainError {
    /// The HTTP status of the response to a request that fails with this error.
    public var status: Int { HTTPError(self).status }
}
