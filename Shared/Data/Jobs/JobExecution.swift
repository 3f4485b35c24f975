@_spi(System) public import Auth
import Base

// Runs a claimed job in this process, and records the outcome.
extension JobRunner {
    /// The time, in seconds, after which a job that this build does not understand is tried again.
    static let patience = Int.minutes(10)
    /// The longest time, in seconds, that a job whose outcome is `wait` waits for its next run, even if a provider asks
    /// for more.
    static let longestWait = Int.hours(1)

    /// Runs a claimed job and records its outcome. Does nothing if the job's kind has no handler.
    func perform(_ job: Job, in workspace: Workspace, until end: ContinuousClock.Instant) throws {
        guard let handler = handlers[job.kind] else { return }
        try perform(job, by: handler, in: workspace, until: end)
    }

    /// Runs a job that the caller has claimed, in the calling process, and records its outcome. A provider's answer
    /// could make `run` crash, so the calling process must not serve other requests at the same time.
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
                    context, "All of its \(Self.attempts) attempts ended early because the worker ended.",
                    giveUp: handler.giveUp)
            }
            try finish(context, handler, outcome(context, handler))
        } catch is LeaseLost {
            context.log.write(.warning, "another worker has taken the job over")
        }
    }

    /// Records the outcome of a claimed job whose process ended without recording it.
    func record(_ loss: JobLoss, in workspace: Workspace) throws {
        guard let job = try workspace.runningJob(loss.claim.jobID, claim: loss.claim.number),
            let handler = handlers[job.kind]
        else { return }
        let context = context(job, workspace, until: end)
        do {
            if loss.reason == .stopped {
                let now = clock()
                try workspace.postpone(
                    job, as: declared(job.kind), until: now, counts: false, error: loss.sentence, now: now)
            } else if job.attempt > Self.attempts {
                // The crash happened while the job was being given up.
                try bury(context, loss.sentence)
            } else {
                try finish(context, handler, .retry(loss.sentence))
            }
        } catch is LeaseLost {
            context.log.write(.warning, "another worker has taken the job over")
        }
    }

    /// Returns the kind of a stored job as it was declared with its handler; the kind itself if it has no handler.
    private func declared(_ kind: JobKind) -> JobKind { handlers.keys.first { $0 == kind } ?? kind }

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
            return .retry("It failed. The log has the reason.")
        }
    }

    private func finish(_ context: JobContext, _ handler: JobHandler, _ outcome: JobOutcome) throws {
        let (workspace, job, now) = (context.workspace, context.job, clock())
        switch outcome {
        case .completed: try workspace.finish(job, now: now)
        case .dead(let sentence): try bury(context, sentence)
        case .notUnderstood:
            try workspace.postpone(
                job, as: declared(job.kind), until: now + Self.patience, counts: false,
                error: "It waits for a newer version of the product.", now: now)
        case .wait(let moment, let sentence) where now < job.createdAt + .days(1):
            let next = min(max(moment, now + 1), now + Self.longestWait)
            try workspace.postpone(
                job, as: declared(job.kind), until: next, counts: false, error: sentence, now: now)
        case .retry(let sentence) where job.attempt < Self.attempts:
            try workspace.postpone(
                job, as: declared(job.kind), until: now + Self.pause(after: job.attempt), counts: true, error: sentence,
                now: now)
        case .retry(let sentence), .wait(_, let sentence):
            try bury(context, sentence, giveUp: handler.giveUp)
        }
    }

    private func bury(
        _ context: JobContext, _ sentence: String, giveUp: (JobContext, String) throws -> Void = { _, _ in }
    ) throws {
        let isDead = try context.workspace.withWriteLock {
            try giveUp(context, sentence)
            return try context.workspace.bury(context.job, error: sentence, now: clock())
        }
        if isDead {
            context.log.write(.error, "the job is dead: \(sentence)", [("kind", .string(context.job.kind.rawValue))])
        }
    }

    /// Returns the pause before the next attempt in seconds: 30 after the first attempt, doubling each time, at most
    /// 1,800.
    static func pause(after attempt: Int) -> Int { min(1_800, 30 << (min(max(attempt, 1), 11) - 1)) }
}
