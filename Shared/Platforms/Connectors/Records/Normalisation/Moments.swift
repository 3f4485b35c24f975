import Base
import Upstream

extension Timestamp {
    /// Creates a time from text in a provider's record; nil for text in another form and for "never".
    init?(inRecord text: String) {
        guard let moment = Timestamp(provider: text)?.unlessNever else { return nil }
        self = moment
    }

    /// Creates a time from seconds since 1970; nil for "never".
    init?(inRecord seconds: Int) {
        guard let moment = Timestamp(seconds: seconds).unlessNever else { return nil }
        self = moment
    }

    /// The time itself; nil for times that programs write for "never" or "not known": the years 1, 1601, 1753 and 1900,
    /// the beginning of 1970 in any time zone, and 9999. So all times before 1971 or after 2199 count as "never".
    var unlessNever: Timestamp? { (Self.earliest..<Self.latest).contains(seconds) ? self : nil }

    /// 1971-01-01T00:00:00Z.
    private static let earliest = 31_536_000
    /// 2200-01-01T00:00:00Z.
    private static let latest = 7_258_118_400
}
