@_spi(System) import Auth
import Base

/// Runs jobs: one by its id at once, after the response that queued it, or all that are due, by cron.
public struct JobRunner {
    /// How often a job is tried.
    public static let attempts = 8
    /// Seconds that a job waits at most before it is run again, whatever a provider asks for.
    static let longestWait = Int.hours(1)

    private let handlers: [JobKind: JobHandler]
    private let end: ContinuousClock.Instant
    private let log: Log
    private let clock: () -> Timestamp

    /// A runner that knows the kinds of jobs that have a handler.
    ///
    /// - Parameters:
    ///   - seconds: how long all of it may take; with less than a third of it left no job is begun.
    ///   - clock: what tells the time.
    public init(
        _ handlers: [JobKind: JobHandler], seconds: Double, _ log: Log, clock: @escaping () -> Timestamp = { .now }
    ) {
        self.handlers = handlers
        self.log = log
        self.clock = clock
        end = .now + .seconds(seconds)
        lastStart = .now + .seconds(seconds * 2 / 3)
    }

    private let lastStart: ContinuousClock.Instant

    /// Runs a job of a workspace, unless it is not due or somebody else has it. Returns whether it did.
    @discardableResult
    public func run(_ jobID: Identifier, in workspace: Workspace) throws -> Bool {
        let workspace = workspace.byItself
        guard let job = try workspace.claimJob(jobID, now: clock()) else { return false }
        let log = log.with("job_id", job.id.description)
        let context = JobContext(job: job, workspace: workspace, log: log, clock: clock, end: end)
        do {
            guard let handler = handlers[job.kind] else {
                try workspace.postpone(job, until: job.createdAt, counts: false, error: "No handler for it here.")
                return false
            }
            guard job.attempt <= Self.attempts else {
                try bury(context, handler, "Its worker ended before it was done, each of \(Self.attempts) times.")
                return true
            }
            try finish(context, handler, outcome(context, handler))
        } catch is LeaseLost {
            log.write(.warning, "another worker has taken the job over")
        }
        return true
    }

    /// Runs what is due in all workspaces, the longest due first, until nothing is left or the time is up. Returns how
    /// many jobs it has run.
    @discardableResult
    public func runDue(_ access: SystemAccess) throws -> Int {
        var count = 0
        var hasRun = true
        while hasRun {
            hasRun = false
            for (workspace, job) in try access.dueJobs(of: Array(handlers.keys), now: clock()) {
                guard ContinuousClock.now < lastStart else { return count }
                if try run(job, in: workspace) {
                    count += 1
                    hasRun = true
                }
            }
        }
        return count
    }

    private func outcome(_ context: JobContext, _ handler: JobHandler) throws -> JobOutcome {
        do {
            return try handler.run(context)
        } catch let error as LeaseLost {
            throw error
        } catch {
            context.log.write(.error, "the job failed: \(error)")
            return .retry("It failed for a reason that the log tells.")
        }
    }

    private func finish(_ context: JobContext, _ handler: JobHandler, _ outcome: JobOutcome) throws {
        let (workspace, job, now) = (context.workspace, context.job, clock())
        switch outcome {
        case .completed: try workspace.finish(job, isDead: false, error: nil, now: now)
        case .dead(let sentence): try workspace.finish(job, isDead: true, error: sentence, now: now)
        case .wait(let moment, let sentence) where now < job.createdAt + .days(1):
            let next = min(max(moment, now + 1), now + Self.longestWait)
            try workspace.postpone(job, until: next, counts: false, error: sentence)
        case .retry(let sentence) where job.attempt < Self.attempts:
            try workspace.postpone(job, until: now + Self.pause(after: job.attempt), counts: true, error: sentence)
        case .retry(let sentence), .wait(_, let sentence): try bury(context, handler, sentence)
        }
    }

    private func bury(_ context: JobContext, _ handler: JobHandler, _ sentence: String) throws {
        try context.workspace.exclusively {
            try handler.giveUp(context, sentence)
            try context.workspace.finish(context.job, isDead: true, error: sentence, now: clock())
        }
        context.log.write(.error, "the job is dead: \(sentence)")
    }

    /// Seconds before the next attempt: half a minute, doubling, up to half an hour.
    static func pause(after attempt: Int) -> Int { min(1_800, 30 << min(attempt - 1, 10)) }
}
