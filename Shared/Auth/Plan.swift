import Base
import Store

/// What a workspace has subscribed to.
public enum Plan: String, SQLEnum, CaseIterable, Sendable {
    case free, trial, pro, enterprise
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
