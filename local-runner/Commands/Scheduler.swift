import Base

/// Fires the cron triggers on the server's loop.
final class Scheduler {
    /// How long at most until the next look at the clock, which somebody may set meanwhile.
    private static let longestWait = 30

    private let server: Server
    private let log: RunnerLog
    private var schedules: [Schedule]
    /// The functions whose last firing has not ended.
    private var running: Set<String> = []

    init(_ crons: [CronTrigger], server: Server, log: RunnerLog) {
        self.server = server
        self.log = log
        schedules = crons.map { Schedule($0, now: .now) }
    }

    /// Waits for the next time that is due, and goes on from there.
    func start() {
        let now = Timestamp.now
        guard let due = schedules.map(\.due).min() else { return }
        let seconds = min(max(due.seconds - now.seconds, 1), Self.longestWait)
        server.loop.after(milliseconds: seconds * 1000) { [self] in
            look()
            start()
        }
    }

    private func look() {
        for index in schedules.indices {
            let trigger = schedules[index].trigger
            switch schedules[index].look(.now) {
            case .notDue: continue
            case .setBack:
                log.write(
                    "the clock was set back; cron \(trigger.cron) is next due at \(schedules[index].due)")
            case .due(let time, let missed):
                if missed > 0 {
                    log.write("cron \(trigger.cron) missed \(missed) of its times; it fires once for all")
                }
                fire(trigger, at: time)
            }
        }
    }

    private func fire(_ trigger: CronTrigger, at time: Timestamp) {
        guard running.insert(trigger.function).inserted else {
            return log.write(
                "cron \(trigger.cron) skipped: \(trigger.function) still runs from its last time")
        }
        server.fire(trigger, at: time) { [self] _ in running.remove(trigger.function) }
    }
}
