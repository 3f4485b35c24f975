/// An error that a library of the product throws because of a rule of its own, for example because a finding does not
/// exist. It knows nothing of HTTP: the pipeline answers a request with the status of its kind.
public protocol DomainError: Error {
    /// A stable name of the error, such as `finding.unknown`. The log states it, except for the kinds `unauthenticated`
    /// and `limited`, and so do audit entries about failed actions.
    var code: String { get }
    /// The kind, which decides the status of an answer.
    var kind: ErrorKind { get }
    /// A sentence that is safe to show: the problem and, where possible, the remedy. It reveals no internals.
    var sentence: String { get }
    /// Seconds after which another try may succeed; nil if waiting does not help or the time is not known.
    var retryAfter: Int? { get }
}

extension DomainError {
    public var retryAfter: Int? { nil }
}

/// The kinds of errors that callers can tell apart.
public enum ErrorKind: String, Sendable {
    /// The request itself is malformed or incomplete.
    case invalid
    /// The caller has no valid credentials.
    case unauthenticated
    /// The caller may not do this, or the workspace's plan does not include it.
    case refused
    /// The object does not exist in the workspace. Another workspace's object gives the same error as one that does not
    /// exist.
    case notFound
    /// The current state of the workspace does not permit the request.
    case conflict
    /// The request, or the object that it is about, is larger than allowed.
    case tooLarge
    /// The request is well-formed, but it can't be carried out with these values, such as credentials that a provider
    /// refuses.
    case unprocessable
    /// The caller has sent too many requests, or a limit for the use of the product is reached.
    case limited
    /// A defect, or an unexpected answer of another system.
    case `internal`
    /// The request can't be carried out at the moment, but may succeed later.
    case unavailable
}
