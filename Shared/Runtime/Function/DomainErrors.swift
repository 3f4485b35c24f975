import Auth
public import Base
public import HTTP

extension HTTPError {
    /// Creates the response to a domain error: the status of its kind, its sentence, and the header fields that belong
    /// to it, such as Retry-After. No other code turns kinds into statuses.
    public init(_ error: any DomainError) {
        self.init(Self.status(of: error.kind), error.sentence)
        if error.kind == .unauthenticated { headers.add("WWW-Authenticate", "Bearer") }
        if let limit = error as? LimitExceeded { headers = limit.rateLimit.headers }
        if let seconds = error.retryAfter { headers.add("Retry-After", String(seconds)) }
    }

    /// Returns the status of the response to an error of a kind.
    static func status(of kind: ErrorKind) -> Int {
        switch kind {
        case .invalid: 400
        case .unauthenticated: 401
        case .refused: 403
        case .notFound: 404
        case .conflict: 409
        case .tooLarge: 413
        case .unprocessable: 422
        case .limited: 429
        case .internal: 500
        case .unavailable: 503
        }
    }
}
