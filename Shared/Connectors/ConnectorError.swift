/// Why a provider did not do what it was asked. The sentences are safe to show: they hold nothing that the provider sent.
public enum ConnectorError: Error, Equatable {
    /// The provider refuses the credentials.
    case credentials(String)
    /// The credentials hold, but something at the provider is set up otherwise than we need: a permission, a domain.
    case configuration(String)
    /// The provider wants us to come back later.
    case rateLimited(seconds: Int)
    /// The provider failed, or answers something that we can't read. Nothing was done.
    case provider(String)
    /// What an action acts on is not there.
    case missing(String)
    /// Nobody knows whether an action was carried out.
    case unknownOutcome(String)

    /// The kinds as integrations and sync runs keep them.
    public var kind: String {
        switch self {
        case .credentials: "authentication_expired"
        case .configuration: "configuration_invalid"
        case .rateLimited: "rate_limited"
        case .provider, .missing, .unknownOutcome: "provider_error"
        }
    }

    /// What happened and what to do.
    public var sentence: String {
        switch self {
        case .credentials(let sentence), .configuration(let sentence), .provider(let sentence),
            .missing(let sentence), .unknownOutcome(let sentence):
            sentence
        case .rateLimited(let seconds): "The provider's rate limit is reached; it asks to wait \(seconds) seconds."
        }
    }

    /// Whether trying again later may help without anybody doing anything.
    public var isTransient: Bool {
        switch self {
        case .rateLimited, .provider: true
        case .credentials, .configuration, .missing, .unknownOutcome: false
        }
    }
}
