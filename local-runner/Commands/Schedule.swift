import Base

/// Decides when a cron trigger fires, by a wall clock that can be changed while the runner runs.
///
/// - Clock set forward, or machine suspended: the trigger fires once and reports the number of times that it missed.
/// - Clock set back by at most three hours: the trigger keeps its next time and waits for it, so that it never fires
///   twice for the same time.
/// - Clock set back further: the old time was wrong, so the trigger follows the new time at once.
struct Schedule {
    /// The result of a look at the clock.
    enum Finding: Equatable {
        case notDue
        /// Fire now, for this time. `missed` earlier times were skipped.
        case due(Timestamp, missed: Int)
        /// The clock was set back by more than three hours. The next firing is at the new `due`.
        case setBack
    }

    private static let correction = Int.hours(3)
    /// The highest number of missed firings that is counted.
    private static let mostMissed = 1000

    let trigger: CronTrigger
    /// The time of the next firing.
    private(set) var due: Timestamp
    private var lastLook: Timestamp

    init(_ trigger: CronTrigger, now: Timestamp) {
        self.trigger = trigger
        due = trigger.cron.next(after: now)
        lastLook = now
    }

    /// Looks at the clock. A firing is reported once: the next look finds the following one.
    mutating func look(_ now: Timestamp) -> Finding {
        let isCorrected = now.seconds < lastLook.seconds - Self.correction
        lastLook = isCorrected ? now : max(now, lastLook)
        if isCorrected {
            due = trigger.cron.next(after: now)
            return .setBack
        }
        guard now >= due else { return .notDue }
        var missed = 0
        var fired = due
        due = trigger.cron.next(after: fired)
        while due <= now, missed < Self.mostMissed {
            missed += 1
            fired = due
            due = trigger.cron.next(after: fired)
        }
        if due <= now { due = trigger.cron.next(after: now) }
        return .due(fired, missed: missed)
    }
}
