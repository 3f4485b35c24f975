import Base
import Store

/// What a workspace has subscribed to.
public enum Plan: String, SQLEnum, CaseIterable, Sendable {
    case free, trial, pro, enterprise

    /// How many people it covers; nil is any number.
    public var identityLimit: Int? {
        switch self {
        case .free: 25
        case .trial, .pro: 500
        case .enterprise: nil
        }
    }

    /// How many integrations may be connected; nil is any number.
    public var integrationLimit: Int? { self == .free ? 3 : nil }

    /// Whether actions are carried out without a person's word, where a workspace's tiers allow it.
    public var hasAutomaticRemediation: Bool { self != .free }

    /// Whether reviews of who has access may be started.
    public var hasAccessReviews: Bool { self != .free }

    /// For how long synced data is kept, in seconds; nil is forever.
    public var retention: Int? {
        switch self {
        case .free: .days(7)
        case .trial, .pro: .days(365)
        case .enterprise: nil
        }
    }
}

/// A trial's course: 30 days, then 7 days of grace, then it has expired.
public enum Trial {
    /// Seconds that a trial goes on after its end.
    public static let grace = Int.days(7)

    /// Whether a trial that ends at `end` has expired, its grace included.
    public static func hasExpired(end: Timestamp?, now: Timestamp) -> Bool {
        end.map { now >= $0 + grace } ?? true
    }
}
