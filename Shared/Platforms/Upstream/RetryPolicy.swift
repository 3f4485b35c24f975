public import Base
import HTTP

/// A decision on whether to send a request again, derived from its response.
public enum RetryDecision: Sendable, Equatable {
    /// The response is final, and the request is not sent again.
    case final
    /// The provider did nothing, and the request should be sent again, after this number of seconds if the provider
    /// named one.
    case throttled(seconds: Double?)
    /// The provider failed. It may have carried the request out, so only idempotent requests are sent again.
    case failed(seconds: Double?)
}

/// Decides when requests to a provider are sent again.
public struct RetryPolicy: Sendable {
    /// The longest wait in seconds that a provider can impose. A longer one is treated like this one.
    public static let longestWait = 3_600

    /// The largest number of retries of one request.
    public var retries: Int
    /// The shortest pause in seconds. The pauses that the provider does not set grow from it with each retry.
    public var firstPause: Double
    /// Reads the provider's own signals in a response.
    public var decision: @Sendable (UpstreamResponse) -> RetryDecision

    /// Creates a policy. `decision` is needed only if the provider has signals of its own.
    public init(
        retries: Int = 4, firstPause: Double = 0.5,
        decision: @escaping @Sendable (UpstreamResponse) -> RetryDecision = RetryPolicy.standardDecision
    ) {
        self.retries = retries
        self.firstPause = firstPause
        self.decision = decision
    }

    /// Returns throttled for 429 and failed for 5xx, with the wait of Retry-After (RFC 9110 §10.2.3). Any other
    /// response is final.
    @Sendable public static func standardDecision(_ response: UpstreamResponse) -> RetryDecision {
        switch response.status {
        case 429: .throttled(seconds: response.retryAfter)
        case 500...599: .failed(seconds: response.retryAfter)
        default: .final
        }
    }

    /// Returns a provider's wait, limited to `longestWait`. Returns nil if it is negative.
    static func granted(_ seconds: Double) -> Double? { seconds >= 0 ? min(seconds, Double(longestWait)) : nil }

    /// Returns the pause in seconds before a retry. If the provider named a positive wait, that is the pause, limited
    /// to `longestWait`. Otherwise our own pause is used. Both are at least `firstPause`.
    func wait(_ seconds: Double?, before retry: Int) -> Double {
        max(firstPause, seconds.flatMap(Self.granted).flatMap { $0 > 0 ? $0 : nil } ?? pause(before: retry))
    }

    /// Returns our own pause in seconds before a retry: exponential, with jitter, at most half a minute.
    private func pause(before retry: Int) -> Double {
        min(30, firstPause * Double(1 << min(retry, 16))) * Double.random(in: 0.5...1)
    }
}

extension UpstreamResponse {
    /// The wait of Retry-After in seconds from now. Nil if the field is missing or malformed.
    public var retryAfter: Double? {
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = Double(text) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
        guard let date = Timestamp(httpDate: text) else { return nil }
        return seconds(until: date)
    }

    /// Returns the number of seconds from the time in the response's Date field, which shows the provider's clock,
    /// until `moment`. Uses our own clock if that field is missing or malformed. Returns 0 if `moment` has passed.
    public func seconds(until moment: Timestamp) -> Double {
        let now = headers["Date"].flatMap { Timestamp(httpDate: $0) } ?? .now
        return Double(max(0, moment.seconds - now.seconds))
    }

    /// The last second that a date with four digits for the year can have: 9999-12-31T23:59:59Z.
    private static let lastSecond = 253_402_300_799.0

    /// Returns the number of seconds until the time in a field that contains seconds since 1970, as many providers
    /// write the reset times of their limits. Returns nil if the field is missing or malformed.
    public func seconds(untilEpochIn field: String) -> Double? {
        headers[field].flatMap { Double($0) }.flatMap { (0...Self.lastSecond).contains($0) ? $0.rounded(.up) : nil }
            .map { seconds(until: Timestamp(seconds: Int(clamping: $0))) }
    }
}
