public import Base

/// The reason why an operation on an integration is refused.
public struct IntegrationError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "integration." + name
        self.sentence = sentence
    }

    public static let unknown = IntegrationError(.notFound, "unknown", "This workspace has no such integration.")
    static let platformNotConnected = IntegrationError(
        .notFound, "platform_not_connected", "No such platform is connected.")
    static let paused = IntegrationError(.conflict, "paused", "This integration is paused.")
    public static let nothingToSync = IntegrationError(
        .conflict, "nothing_to_sync", "This integration has no data to sync. It receives events.")
    public static let noCredentials = IntegrationError(
        .unprocessable, "no_credentials",
        "This integration has no credentials. Connect the platform again.")

    /// The stored credentials can't be decrypted, probably because the keys of the server are wrong. The customer's
    /// credentials may be right.
    public static let unopenedCredentials = IntegrationError(
        .unavailable, "credentials_unopened",
        "The stored credentials can't be opened with this server's keys. Its operator must check CREDENTIALS_KEY.")

    public static func notConnected(_ platform: Platform) -> IntegrationError {
        IntegrationError(.conflict, "not_connected", "\(platform.name) is not connected to this workspace.")
    }

    static func reconnected(_ platform: Platform) -> IntegrationError {
        IntegrationError(
            .conflict, "reconnected",
            "\(platform.name) was reconnected after this was requested. Request it again.")
    }

    public static func limitReached(_ limit: Int) -> IntegrationError {
        IntegrationError(
            .refused, "limit_reached", "Integration limit reached for your plan: it covers \(limit).")
    }
}
