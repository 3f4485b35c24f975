public import Base
public import Connectors
import Integrations

/// Why an integration is not synced, for reasons other than the provider's.
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
    static let unknownPlatform = SyncError(.notFound, "unknown_platform", "This platform is not supported.")

    /// The credentials that a caller gave are incomplete or malformed.
    static func malformedCredentials(_ errors: CredentialErrors) -> SyncError {
        SyncError(.invalid, "credentials_malformed", errors.sentences.joined(separator: " "))
    }
}

/// The error for a sync that the provider did not let finish.
public struct SyncFailure: DomainError {
    /// Why.
    public let error: ConnectorError

    /// The answer to a waiting caller says whether a person must fix something or the sync is tried again by itself.
    public var kind: ErrorKind { error.isTransient ? .unavailable : .unprocessable }
    public var code: String { "sync." + error.kind }
    public var sentence: String { error.sentence }
    public var retryAfter: Int? { error.retryAfter }
}

/// The provider does not take the credentials that a caller gave, or can't be asked. Nothing was saved.
///
/// A domain that leads nowhere looks like a provider that is down, so both are the caller's to mend.
struct ConnectionRefused: DomainError {
    let error: ConnectorError

    var kind: ErrorKind { error.retryAfter == nil ? .unprocessable : .unavailable }
    var code: String { "connection." + error.kind }
    var sentence: String { error.sentence }
    var retryAfter: Int? { error.retryAfter }
}

extension ConnectorError {
    /// Seconds that the provider asks to wait; nil if it does not.
    fileprivate var retryAfter: Int? { if case .rateLimited(let seconds) = self { max(1, seconds) } else { nil } }
}
