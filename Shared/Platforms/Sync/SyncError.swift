public import Base
public import Connectors
import Integrations

/// A reason why an integration can't be synced or connected, if it is not the provider's error.
public struct SyncError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "sync." + name
        self.sentence = sentence
    }

    /// The integration was disconnected or paused while it was synced.
    static let unwanted = SyncError(.notFound, "unwanted", "This workspace has no such integration.")
    /// Another process has taken the sync over or ended it.
    public static let overtaken = SyncError(.conflict, "overtaken", "Another sync of this integration has begun.")
    /// Another process syncs the integration.
    public static let inProgress = SyncError(.conflict, "in_progress", "A sync of this integration is in progress.")
    /// The integration, or the job of its sync, no longer exists.
    public static let unknownIntegration = SyncError(
        .notFound, "unknown_integration", "This workspace has no such integration.")
    public static let unknownPlatform = SyncError(
        .notFound, "unknown_platform", "This platform is not supported. GET /api/platforms lists the platforms.")

    /// Returns the error for credentials that are incomplete or malformed, or have unknown fields.
    static func malformedCredentials(_ errors: CredentialErrors) -> SyncError {
        SyncError(.invalid, "credentials_malformed", errors.sentences.joined(separator: " "))
    }
}

/// The error for a sync that failed with a `ConnectorError`: because of the provider, of the stored credentials, or of
/// the plan's quota.
public struct SyncFailure: DomainError {
    /// The connector's error.
    public let error: ConnectorError

    /// `unavailable` if this sync continues later by itself, otherwise `unprocessable`.
    public var kind: ErrorKind { error.isTransient ? .unavailable : .unprocessable }
    public var code: String { "sync." + error.kind }
    public var sentence: String { error.sentence }
    public var retryAfter: Int? { error.retryAfter }
}

extension SyncFailure {
    /// An example for declarations: the provider no longer accepts the credentials.
    public static let refusedCredentials = SyncFailure(error: .credentials("Okta does not accept the API token."))
}

/// The provider does not accept the credentials that a caller gave, or can't be reached. No change was saved.
///
/// A wrong domain can't be told from a provider that is down, so all errors but a rate limit count as errors in the
/// request.
struct ConnectionRefused: DomainError {
    let error: ConnectorError

    var kind: ErrorKind { error.retryAfter == nil ? .unprocessable : .unavailable }
    var code: String { "connection." + error.kind }
    var sentence: String { error.sentence }
    var retryAfter: Int? { error.retryAfter }
}

extension ConnectorError {
    /// The number of seconds, at least 1, that the provider asks us to wait. Nil if it does not.
    fileprivate var retryAfter: Int? { if case .rateLimited(let seconds) = self { max(1, seconds) } else { nil } }
}
