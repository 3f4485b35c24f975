import Base

extension Timestamp {
    /// A moment as a record of a provider's has it; nil for any other text, and for "never".
    init?(inRecord text: String) {
        guard let moment = Timestamp(provider: text)?.unlessNever else { return nil }
        self = moment
    }

    /// A moment as seconds since 1970; nil for "never".
    init?(inRecord seconds: Int) {
        guard let moment = Timestamp(seconds: seconds).unlessNever else { return nil }
        self = moment
    }

    /// The moment itself; nil when it is one that programs write for "never" or "not known": the years 1, 1601, 1753
    /// and 1900, the beginning of 1970 in any time zone, and 9999. Nothing that is read here happened before 1971, and
    /// nothing ends after 2199.
    var unlessNever: Timestamp? { (Self.earliest..<Self.latest).contains(seconds) ? self : nil }

    /// 1971-01-01T00:00:00Z.
    private static let earliest = 31_536_000
    /// 2200-01-01T00:00:00Z.
    private static let latest = 7_258_118_400
}
