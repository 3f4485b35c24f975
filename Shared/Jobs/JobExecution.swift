@_spi(System) import Auth
import Base

// Running a claimed job, in its own process, and recording the outcome.
extension JobRunner {
    /// Seconds after which a job that this build does not understand is looked at again.
    static let patience = Int.minutes(10)
    /// Seconds that a job waits at most before it is run again, whatever a provider asks for.
    static let longestWait = Int.hours(1)

    /// Runs a claimed job and writes down what came of it.
    func perform(_ job: Job, in workspace: Workspace, until end: ContinuousClock.Instant) throws {
        guard let handler = handlers[job.kind] else { return }
        try perform(job, by: handler, in: workspace, until: end)
    }

    /// Runs a job that the caller has claimed, in the calling process, and writes down what came of it. What `run` does
    /// must not be what a provider can bring to a crash, unless the process serves nobody else.
    public func runHere(
        _ job: Job, in workspace: Workspace, _ run: @escaping (JobContext) throws -> JobOutcome
    ) throws {
        let handler = JobHandler(run: run, giveUp: handlers[job.kind]?.giveUp ?? { _, _ in })
        try perform(job, by: handler, in: workspace.byItself, until: end)
    }

    private func perform(
        _ job: Job, by handler: JobHandler, in workspace: Workspace, until end: ContinuousClock.Instant
    ) throws {
        let context = context(job, workspace, until: end)
        do {
            guard job.attempt <= Self.attempts else {
                return try bury(
                    context, "Its worker ended before it was done, each of \(Self.attempts) times.",
                    giveUp: handler.giveUp)
            }
            try finish(context, handler, outcome(context, handler))
        } catch is LeaseLost {
            context.log.write(.warning, "another worker has taken the job over")
        }
    }

    /// Writes down that the process of a claimed job has ended without doing so.
    func settle(_ loss: JobLoss, in workspace: Workspace) throws {
        guard let job = try workspace.runningJob(loss.claim.jobID, claim: loss.claim.number),
            let handler = handlers[job.kind]
        else { return }
        let context = context(job, workspace, until: end)
        do {
            if loss.reason == .stopped {
                let now = clock()
                try workspace.postpone(job, until: now, counts: false, error: loss.sentence, now: now)
            } else if job.attempt > Self.attempts {
                // It was giving up that failed.
                try bury(context, loss.sentence)
            } else {
                try finish(context, handler, .retry(loss.sentence))
            }
        } catch is LeaseLost {
            context.log.write(.warning, "another worker has taken the job over")
        }
    }

    private func context(_ job: Job, _ workspace: Workspace, until end: ContinuousClock.Instant) -> JobContext {
        let log = log.with("job_id", job.id.description).with("workspace_id", workspace.id.description)
        return JobContext(job: job, workspace: workspace, log: log, clock: clock, end: end)
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
        case .completed: try workspace.finish(job, now: now)
        case .dead(let sentence): try bury(context, sentence)
        case .notUnderstood:
            try workspace.postpone(
                job, until: now + Self.patience, counts: false, error: "It waits for a newer version of the product.",
                now: now)
        case .wait(let moment, let sentence) where now < job.createdAt + .days(1):
            let next = min(max(moment, now + 1), now + Self.longestWait)
            try workspace.postpone(job, until: next, counts: false, error: sentence, now: now)
        case .retry(let sentence) where job.attempt < Self.attempts:
            try workspace.postpone(
                job, until: now + Self.pause(after: job.attempt), counts: true, error: sentence, now: now)
        case .retry(let sentence), .wait(_, let sentence):
            try bury(context, sentence, giveUp: handler.giveUp)
        }
    }

    private func bury(
        _ context: JobContext, _ sentence: String, giveUp: (JobContext, String) throws -> Void = { _, _ in }
    ) throws {
        let isDead = try context.workspace.exclusively {
            try giveUp(context, sentence)
            return try context.workspace.bury(context.job, error: sentence, now: clock())
        }
        if isDead {
            context.log.write(.error, "the job is dead: \(sentence)", [("kind", .string(context.job.kind.rawValue))])
        }
    }

    /// Seconds before the next attempt: half a minute, doubling, up to half an hour.
    static func pause(after attempt: Int) -> Int { min(1_800, 30 << (min(max(attempt, 1), 11) - 1)) }
}
