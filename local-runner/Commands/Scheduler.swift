import Base

/// Fires the cron triggers on the server's loop.
final class Scheduler {
    /// How long at most until the next look at the clock, which somebody may set meanwhile.
    private static let longestWait = 30

    private let server: Server
    private let log: RunnerLog
    private var schedules: Schedules

    init(_ crons: [CronTrigger], server: Server, log: RunnerLog) {
        self.server = server
        self.log = log
        schedules = Schedules(crons, now: .now)
    }

    /// Waits for the next time that is due, and goes on from there.
    func start() {
        guard let due = schedules.due else { return }
        let seconds = min(max(due.seconds - Timestamp.now.seconds, 1), Self.longestWait)
        server.loop.after(milliseconds: seconds * 1000) { [self] in
            for firing in schedules.look(.now, report: { log.write($0) }) { fire(firing.trigger, at: firing.time) }
            start()
        }
    }

    private func fire(_ trigger: CronTrigger, at time: Timestamp) {
        guard !server.isDraining else { return }
        guard !server.isRunning(trigger) else {
            return log.write(
                "cron \(trigger.cron) skipped: \(trigger.function) still runs from its last time",
                function: trigger.function)
        }
        server.fire(trigger, at: time) { _ in }
    }
}

/// The schedules of all triggers.
struct Schedules {
    private var schedules: [Schedule]

    init(_ crons: [CronTrigger], now: Timestamp) { schedules = crons.map { Schedule($0, now: now) } }

    /// When the next of them is due; nil if there is none.
    var due: Timestamp? { schedules.map(\.due).min() }

    /// The triggers that are due, each with the time for which it fires. `report` gets what else the clock shows.
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
                if missed > 0 { report("cron \(trigger.cron) missed \(missed) of its times; it fires once for all") }
                firings.append((trigger, time))
            }
        }
        return firings
    }
}
