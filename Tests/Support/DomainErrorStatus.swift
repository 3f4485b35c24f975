import Base
import Function
import HTTP

extension DomainError {
    /// The status with which a request is answered that meets this error.
    public var status: Int { HTTPError(self).status }
}
