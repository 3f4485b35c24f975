import Integrations
import Upstream

/// The reason why a provider did not do what we asked. Sentences are safe to show: they contain no text from the
/// provider.
public enum ConnectorError: Error, Equatable {
    /// The provider rejects the credentials.
    case credentials(String)
    /// A setting at the provider or in the request is not as needed, such as a permission, a domain or a parameter.
    case configuration(String)
    /// The provider asks us to come back later.
    case rateLimited(seconds: Int)
    /// The provider failed, can't be reached, or gave an answer that can't be read. An idempotent request may have been
    /// carried out all the same.
    case provider(String)
    /// The provider refuses this request, which has changed nothing. Repeating the request would give the same answer.
    case refused(String)
    /// The requested object does not exist, or the provider hides it.
    case missing(String)
    /// It is not known whether an action was carried out.
    case unknownOutcome(String)
    /// The provider did not answer within this process's time limit. A process that continues the work has more time.
    case outOfTime

    /// The name of the error's kind, as integrations and sync runs store it.
    public var kind: String {
        switch self {
        case .credentials: "authentication_expired"
        case .configuration: "configuration_invalid"
        case .rateLimited: "rate_limited"
        case .provider, .refused, .missing, .unknownOutcome, .outOfTime: "provider_error"
        }
    }

    /// The message: the problem and, if possible, the remedy.
    public var sentence: String {
        switch self {
        case .credentials(let sentence), .configuration(let sentence), .provider(let sentence),
            .refused(let sentence), .missing(let sentence), .unknownOutcome(let sentence):
            sentence
        case .rateLimited(let seconds): "The provider's rate limit is reached; it asks to wait \(seconds) seconds."
        case .outOfTime: "The provider did not answer in time."
        }
    }

    /// True if a sync that is retried later may succeed without anyone changing anything. A retry sends new requests,
    /// so it may succeed even though this request was refused.
    public var isTransient: Bool {
        switch self {
        case .rateLimited, .provider, .refused, .outOfTime: true
        case .credentials, .configuration, .missing, .unknownOutcome: false
        }
    }

    /// True if the error may concern only this request, so that other requests may succeed. A rate limit and the end of
    /// our own time concern all requests, and an unknown outcome ends the work.
    public var isAboutOneRequest: Bool {
        switch self {
        case .credentials, .configuration, .provider, .refused, .missing: true
        case .rateLimited, .unknownOutcome, .outOfTime: false
        }
    }
}

extension ConnectorError {
    /// Returns the error for a status to which the provider's documents give no special meaning: a refusal for 4xx
    /// other than 408 and 425, otherwise a failure.
    static func unexplained(_ response: UpstreamResponse, by provider: String) -> ConnectorError {
        switch response.status {
        // 408 Request Timeout and 425 Too Early say that the request came too slowly or too early; repeating it may
        // succeed.
        case 408, 425: .provider("\(provider) answered with status \(response.status).")
        case 400..<500: .refused("\(provider) refused the request with status \(response.status).")
        default: .provider("\(provider) answered with status \(response.status).")
        }
    }
}

extension ConnectorError {
    /// The stored credentials can't be decrypted. An operator may correct this on the server, so the
    /// work is tried again automatically.
    public static let unopenedCredentials = ConnectorError.provider(IntegrationError.unopenedCredentials.sentence)
}
