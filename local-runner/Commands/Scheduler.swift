import Base

/// Fires the cron triggers on the server's loop.
final class Scheduler {
    /// The longest time between two looks at the clock, in seconds, because the clock may be changed in between.
    private static let longestWait = 30

    private let server: Server
    private let log: RunnerLog
    private var schedules: Schedules
    /// True while a timer waits for the next look.
    private var isWaiting = false

    init(_ crons: [CronTrigger], server: Server, log: RunnerLog) {
        self.server = server
        self.log = log
        schedules = Schedules(crons, now: .now)
    }

    /// Fires these triggers, and no others, from now on.
    func replace(_ crons: [CronTrigger]) {
        schedules = Schedules(crons, now: .now)
        start()
    }

    /// Waits until the next firing is due, fires, and repeats. Leaves out a trigger whose function still runs.
    func start() {
        guard !isWaiting, let due = schedules.due else { return }
        isWaiting = true
        let seconds = min(max(due.seconds - Timestamp.now.seconds, 1), Self.longestWait)
        server.loop.after(milliseconds: seconds * 1000) { [self] in
            isWaiting = false
            for firing in schedules.look(.now, report: { log.write($0) }) { fire(firing.trigger, at: firing.time) }
            start()
        }
    }

    private func fire(_ trigger: CronTrigger, at time: Timestamp) {
        guard !server.isDraining else { return }
        guard !server.isRunning(trigger) else {
            return log.write(
                "cron \(trigger.cron) skipped: \(trigger.function) is still running from the last time",
                function: trigger.function)
        }
        server.fire(trigger, at: time) { _ in }
    }
}

/// The schedules of all triggers.
struct Schedules {
    private var schedules: [Schedule]

    init(_ crons: [CronTrigger], now: Timestamp) { schedules = crons.map { Schedule($0, now: now) } }

    /// The time of the next firing of any trigger; nil if there are no triggers.
    var due: Timestamp? { schedules.map(\.due).min() }

    /// Returns the triggers that are due, each with the time for which it fires. Calls `report` with messages about
    /// missed firings and about a clock that was set back.
    mutating func look(
        _ now: Timestamp, report: (String) -> Void
    ) -> [(trigger: CronTrigger, time: Timestamp)] {
        var firings: [(trigger: CronTrigger, time: Timestamp)] = []
        for index in schedules.indices {
            let trigger = schedules[index].trigger
            switch schedules[index].look(now) {
            case .notDue: continue
            case .setBack:
                report("the clock was set back; cron \(trigger.cron) is next due at \(schedules[index].due)")
            case .due(let time, let missed):
                if missed > 0 { report("cron \(trigger.cron) missed \(missed) of its times; it fires once") }
                firings.append((trigger, time))
            }
        }
        return firings
    }
}
