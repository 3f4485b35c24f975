public import Base
public import Store

/// The plan of a workspace.
public enum Plan: String, SQLEnum, CaseIterable, Sendable {
    case free, trial, pro, enterprise

    /// The largest number of active people known to identity providers that the plan covers. Nil if there is no limit.
    /// A sync beyond it only states this in its audit entry.
    public var identityLimit: Int? {
        switch self {
        case .free: 25
        case .trial, .pro: 500
        case .enterprise: nil
        }
    }

    /// The largest number of integrations that may be connected. Nil if there is no limit.
    public var integrationLimit: Int? { self == .free ? 3 : nil }

    /// True if actions that API keys request may be carried out without a person's approval, as far as the workspace's
    /// tiers allow it.
    public var hasAutomaticRemediation: Bool { self != .free }

    /// True if reviews of people's access may be started.
    public var hasAccessReviews: Bool { self != .free }

    /// The time for which platforms' events and the history of syncs are kept, in seconds. Nil if they are kept
    /// forever.
    public var retention: Int? {
        switch self {
        case .free: .days(7)
        case .trial, .pro: .days(365)
        case .enterprise: nil
        }
    }
}

/// The course of a trial: 30 days, unless an operator sets another end, then a grace period of 7 days, after which it
/// has expired.
public enum Trial {
    /// The usual length of a trial in seconds.
    public static let length = Int.days(30)

    /// The length of the grace period in seconds.
    public static let grace = Int.days(7)

    /// Returns true if a trial that ends at `end` has expired, including its grace period. A trial without an end
    /// counts as expired.
    public static func hasExpired(end: Timestamp?, now: Timestamp) -> Bool {
        end.map { now >= $0 + grace } ?? true
    }
}
