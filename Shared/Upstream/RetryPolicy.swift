import Base

/// What a response says about sending the request again.
public enum Verdict: Sendable, Equatable {
    /// The response stands.
    case final
    /// The provider did nothing and wants us to come back, after so many seconds if it says when.
    case throttled(seconds: Double?)
    /// The provider failed. It may have done what was asked, so only what is repeatable is sent again.
    case failed(seconds: Double?)
}

/// When requests to a provider are sent again.
public struct RetryPolicy: Sendable {
    /// The longest that a provider can have us wait, in seconds; one that names more is asked again then.
    public static let longestWait = 3_600

    /// How often at most.
    public var retries: Int
    /// The first pause in seconds, which doubles with each.
    public var firstPause: Double
    /// What a response says, in the provider's own signals.
    public var verdict: @Sendable (UpstreamResponse) -> Verdict

    /// A policy; `verdict` is for what a provider says in its own way.
    public init(
        retries: Int = 4, firstPause: Double = 0.5,
        verdict: @escaping @Sendable (UpstreamResponse) -> Verdict = RetryPolicy.standardVerdict
    ) {
        self.retries = retries
        self.firstPause = firstPause
        self.verdict = verdict
    }

    /// 429 means throttled, 5xx failed; both with Retry-After (RFC 9110 §10.2.3).
    @Sendable public static func standardVerdict(_ response: UpstreamResponse) -> Verdict {
        switch response.status {
        case 429: .throttled(seconds: response.retryAfter)
        case 500...599: .failed(seconds: response.retryAfter)
        default: .final
        }
    }

    /// The wait that a provider names, as far as we grant it; nil when it is none.
    static func granted(_ seconds: Double) -> Double? { seconds >= 0 ? min(seconds, Double(longestWait)) : nil }

    /// The pause before a retry, when the provider names so many seconds: these, as far as we grant them, and the first
    /// pause at least. A time that is over, or none, is our own pause.
    func wait(_ seconds: Double?, before retry: Int) -> Double {
        max(firstPause, seconds.flatMap(Self.granted).flatMap { $0 > 0 ? $0 : nil } ?? pause(before: retry))
    }

    /// The pause before a retry when the provider names none: exponential, with jitter, half a minute at most.
    private func pause(before retry: Int) -> Double {
        min(30, firstPause * Double(1 << min(retry, 16))) * Double.random(in: 0.5...1)
    }
}

extension UpstreamResponse {
    /// Retry-After in seconds from now; nil when it is missing or malformed.
    public var retryAfter: Double? {
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = Double(text) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
        guard let date = Timestamp(httpDate: text) else { return nil }
        return seconds(until: date)
    }

    /// The seconds until a moment on the provider's clock, which its Date field shows.
    public func seconds(until moment: Timestamp) -> Double {
        let now = headers["Date"].flatMap { Timestamp(httpDate: $0) } ?? .now
        return Double(max(0, moment.seconds - now.seconds))
    }

    /// The last second that a date can name: 9999-12-31T23:59:59Z.
    private static let lastSecond = 253_402_300_799.0

    /// The seconds until the moment in a field that holds seconds since 1970, as many providers write their limits.
    public func seconds(untilEpochIn field: String) -> Double? {
        headers[field].flatMap { Double($0) }.flatMap { (0...Self.lastSecond).contains($0) ? $0.rounded(.up) : nil }
            .map { seconds(until: Timestamp(seconds: Int(clamping: $0))) }
    }
}
