public import Base
public import Connectors
import Integrations

/// The reason why an integration is not synced, if it is not the provider's error.
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
    /// Another process has taken the sync over.
    public static let overtaken = SyncError(.conflict, "overtaken", "Another sync of this integration has begun.")
    /// Another process syncs the integration.
    public static let inProgress = SyncError(.conflict, "in_progress", "A sync of this integration is in progress.")
    /// The integration does not exist, or is not to be synced.
    public static let unknownIntegration = SyncError(
        .notFound, "unknown_integration", "This workspace has no such integration.")
    public static let unknownPlatform = SyncError(.notFound, "unknown_platform", "This platform is not supported.")

    /// The credentials that a caller gave are incomplete or malformed.
    static func malformedCredentials(_ errors: CredentialErrors) -> SyncError {
        SyncError(.invalid, "credentials_malformed", errors.sentences.joined(separator: " "))
    }
}

/// The error for a sync that failed because of the provider.
public struct SyncFailure: DomainError {
    /// The provider's error.
    public let error: ConnectorError

    /// `unavailable` if the sync is retried automatically, `unprocessable` if a person must correct something first.
    public var kind: ErrorKind { error.isTransient ? .unavailable : .unprocessable }
    public var code: String { "sync." + error.kind }
    public var sentence: String { error.sentence }
    public var retryAfter: Int? { error.retryAfter }
}

extension SyncFailure {
    /// An example for declarations: the provider no longer accepts the credentials.
    public static let refusedCredentials = SyncFailure(error: .credentials("Okta does not accept the API token."))
}

/// The provider does not accept the credentials that a caller gave, or can't be reached. Nothing was saved.
///
/// A wrong domain can't be told from a provider that is down, so both count as errors in the request.
struct ConnectionRefused: DomainError {
    let error: ConnectorError

    var kind: ErrorKind { error.retryAfter == nil ? .unprocessable : .unavailable }
    var code: String { "connection." + error.kind }
    var sentence: String { error.sentence }
    var retryAfter: Int? { error.retryAfter }
}

extension ConnectorError {
    /// The number of seconds that the provider asks us to wait. Nil if it does not.
    fileprivate var retryAfter: Int? { if case .rateLimited(let seconds) = self { max(1, seconds) } else { nil } }
}
