import Upstream

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
    /// The provider does not do what it was asked, as it is: nothing was done, and asked again it says the same.
    case refused(String)
    /// What an action acts on is not there.
    case missing(String)
    /// Nobody knows whether an action was carried out.
    case unknownOutcome(String)
    /// The answer did not come in the time that this process has. A process that goes on has more.
    case outOfTime

    /// The kinds as integrations and sync runs keep them.
    public var kind: String {
        switch self {
        case .credentials: "authentication_expired"
        case .configuration: "configuration_invalid"
        case .rateLimited: "rate_limited"
        case .provider, .refused, .missing, .unknownOutcome, .outOfTime: "provider_error"
        }
    }

    /// What happened and what to do.
    public var sentence: String {
        switch self {
        case .credentials(let sentence), .configuration(let sentence), .provider(let sentence),
            .refused(let sentence), .missing(let sentence), .unknownOutcome(let sentence):
            sentence
        case .rateLimited(let seconds): "The provider's rate limit is reached; it asks to wait \(seconds) seconds."
        case .outOfTime: "The provider did not answer in time."
        }
    }

    /// Whether trying again later may help a sync without anybody doing anything. It asks anew then: what refused one
    /// question may take the next.
    public var isTransient: Bool {
        switch self {
        case .rateLimited, .provider, .refused, .outOfTime: true
        case .credentials, .configuration, .missing, .unknownOutcome: false
        }
    }

    /// Returns true if the error is about this request alone, so that other requests may succeed. A rate limit and the end of
    /// our own time are about all requests.
    public var isAboutOneRequest: Bool {
        switch self {
        case .credentials, .configuration, .provider, .refused, .missing: true
        case .rateLimited, .unknownOutcome, .outOfTime: false
        }
    }
}

extension ConnectorError {
    /// What a response means whose status the provider gives no meaning of its own: it does not take the request, or it
    /// failed.
    static func unexplained(_ response: UpstreamResponse, by provider: String) -> ConnectorError {
        switch response.status {
        // The request came too slowly, or too early.
        case 408, 425: .provider("\(provider) answered with status \(response.status).")
        case 400..<500: .refused("\(provider) does not do this: it answered with status \(response.status).")
        default: .provider("\(provider) answered with status \(response.status).")
        }
    }
}
