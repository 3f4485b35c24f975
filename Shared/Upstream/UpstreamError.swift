/// Why there is no response of an upstream.
public enum UpstreamError: Error, Equatable {
    /// The URL is not one that we connect to: not https, a path that reaches out of its place, or a private address.
    case refused
    /// No connection came about; the request was not sent.
    case unreachable
    /// The connection broke, or the time was over, or the response was none; the request may have been carried out.
    case broken
    /// The response is longer than we take.
    case tooLarge
    /// The provider wants us to wait longer than we have time: so many seconds, `RetryPolicy.longestWait` at most.
    case throttled(seconds: Int)
}

extension UpstreamError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refused: "the address is not one that may be connected to"
        case .unreachable: "it can't be reached"
        case .broken: "the connection broke off"
        case .tooLarge: "the response is too large"
        case .throttled(let seconds): "it asks to wait \(seconds) seconds"
        }
    }
}
