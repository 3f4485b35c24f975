@_spi(System) import Auth
import Base
import Function
import Glibc
import Integrations
import Jobs

/// A scheduled function that runs jobs with any fault that a test needs: `do` in a job's payload names it. The variable
/// FIXTURE_JOB names a workspace and a job that is run alone, as after a response. In place of scheduled-jobs it is a
/// worker like that one (JOB_PROCESSES, JOB_WORKER_SECONDS).
///
///     complete    ends well
///     trap        fails a precondition
///     abort       calls abort(3)
///     exit        ends the process with status 3
///     allocate    takes memory without end
///     loop        uses the processor without end
///     hold        reports it in the log, and waits for ever
///     give-up     fails; giving it up traps
@main struct Jobs: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        let seconds = context.env["FIXTURE_SECONDS"].flatMap { Double($0) } ?? 60
        let runner = JobRunner(
            [.sync: JobHandler(run: run, giveUp: giveUp)],
            seconds: context.env["FIXTURE_TIME"].flatMap { Double($0) } ?? 60, jobSeconds: seconds,
            atOnce: context.env["JOB_PROCESSES"].flatMap { Int($0) } ?? 2, context.log)
        let named = context.env["FIXTURE_JOB"]?.split(separator: " ").compactMap { Identifier(String($0)) } ?? []
        if named.count == 2, let workspace = try context.access.workspace(named[0]) {
            try runner.run(named[1], in: workspace)
            // The connection is open again.
            context.log.write(.info, "workspaces: \(try context.access.workspaces().count)")
        } else {
            let stays = context.env["FIXTURE_STAYS"] != nil || context.env["JOB_WORKER_SECONDS"] != nil
            func keepQueue(now: Timestamp) throws {
                try context.access.queueDueSyncs(now: now, context.log)
                try context.access.queueDueHousekeeping(now: now, context.log)
            }
            try runner.runDue(context.access, upkeep: stays ? keepQueue : nil)
        }
        return try runner.hasMore(context.access) ? .more : .completed
    }

    private static func run(_ context: JobContext) throws -> JobOutcome {
        switch context.job.payload["do"]?.string {
        case "trap": preconditionFailure("asked for")
        case "abort": abort()
        case "exit": exit(3)
        case "allocate":
            var taken: [[UInt8]] = []
            while true { taken.append([UInt8](repeating: 1, count: 16 << 20)) }
        case "loop": while true {}
        case "hold":
            context.log.write(.info, "holding as \(getpid())")
            while true { pause() }
        case "give-up": return .retry("It failed.")
        default: return .completed
        }
    }

    private static func giveUp(_ context: JobContext, _ sentence: String) throws {
        if context.job.payload["do"]?.string == "give-up" { fatalError("asked for") }
        context.log.write(.info, "gave up: \(sentence)")
    }
}
