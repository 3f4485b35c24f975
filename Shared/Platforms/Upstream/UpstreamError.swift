/// The reason why an upstream server gave no usable response.
public enum UpstreamError: Error, Equatable {
    /// The request is not allowed, for example because the URL is not https, an interpolated path component is unsafe,
    /// or the address is private. The request was not sent.
    case refused
    /// No connection could be made. The request was not sent.
    case unreachable
    /// The proxy of HTTPS_PROXY refused the connection with this status. The request was not sent.
    case proxyRefused(status: Int)
    /// The connection broke, the time ran out, or the response was not HTTP. The request may have been carried out.
    case broken
    /// The response's body is longer than the limit. The request may have been carried out.
    case tooLarge
    /// The provider still asks us to wait after the last retry, or for longer than there is time. The wait is in
    /// seconds, at most `RetryPolicy.longestWait`.
    case throttled(seconds: Int)
}

extension UpstreamError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refused: "connections to this address are not allowed"
        case .unreachable: "the provider can't be reached"
        case .proxyRefused(let status): "the proxy refused the connection with status \(status)"
        case .broken: "the connection broke, or the response did not arrive in time"
        case .tooLarge: "the response is too large"
        case .throttled(let seconds): "the provider asks to wait \(seconds) seconds"
        }
    }
}
