import Base

/// When one cron trigger is due, by a wall clock that somebody may set.
///
/// - Set forward, or asleep for a while: the trigger fires once, and says how many times it missed.
/// - Set back by less than three hours: it waits until the clock has passed the time of its last firing, so
///   that no firing comes twice.
/// - Set back further, that is corrected: it goes by the new time at once.
struct Schedule {
    /// What a look at the clock found.
    enum Finding: Equatable {
        case notDue
        /// Fire now, for the time `due`; `missed` earlier times have passed unnoticed.
        case due(Timestamp, missed: Int)
        /// The clock was set back; the next firing is at the new `due`.
        case setBack
    }

    private static let correction = Int.hours(3)
    /// How many missed firings are worth counting.
    private static let mostMissed = 1000

    let trigger: CronTrigger
    /// The next firing.
    private(set) var due: Timestamp
    private var lastLook: Timestamp

    init(_ trigger: CronTrigger, now: Timestamp) {
        self.trigger = trigger
        due = trigger.cron.next(after: now)
        lastLook = now
    }

    /// Looks at the clock. A firing that is found is done with: the next look finds the one after it.
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
