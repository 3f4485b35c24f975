public import Auth
public import Base

/// The code that runs the jobs of one kind.
public struct JobHandler {
    /// Runs a job. After a crash at any point it is run again, so it must find out how far the earlier run came. If it
    /// throws an error other than `LeaseLost`, the log gets the error, and the outcome is `retry`.
    let run: (JobContext) throws -> JobOutcome
    /// Records that the job was tried too often or has waited too long, in the transaction that moves it to the dead
    /// jobs, or that makes it ready again if it was requested again while it ran.
    let giveUp: (JobContext, String) throws -> Void
    /// The platforms that the handler supports, each of which has a lane of its own. Empty if all jobs of the kind
    /// share one lane.
    let platforms: [String]

    public init(
        at platforms: [String] = [], run: @escaping (JobContext) throws -> JobOutcome,
        giveUp: @escaping (JobContext, String) throws -> Void = { _, _ in }
    ) {
        self.platforms = platforms
        self.run = run
        self.giveUp = giveUp
    }
}

/// The outcome of one run of a job. The sentences are safe to show.
public enum JobOutcome: Sendable, Equatable {
    /// The job is done.
    case completed
    /// The job failed for a reason that may be temporary. It is tried again after a pause that doubles each time, up to
    /// half an hour. After its eighth attempt it is dead.
    case retry(String)
    /// The job can't continue before a time that a provider named. It waits until then, at most an hour. This does not
    /// count as a failed attempt. If the job was queued more than a day ago, it is dead instead.
    case wait(until: Timestamp, String)
    /// The job has failed for good, and its `run` has already reported that where it matters.
    case dead(String)
    /// The payload was written by another build. The job is tried again after ten minutes, until a worker of that build
    /// takes it.
    case notUnderstood
}

/// The context of a handler's run.
public struct JobContext {
    public let job: Job
    /// The workspace, without a caller.
    public let workspace: Workspace
    /// The log, for messages to the operators of the product.
    public let log: Log
    let clock: () -> Timestamp
    let end: ContinuousClock.Instant

    /// The current time.
    public var now: Timestamp { clock() }

    /// The number of seconds left for this run, negative if the time is up. Work that needs more time must be left to
    /// another run.
    public var secondsLeft: Double { (end - .now) / .seconds(1) }

    /// Checks that this worker still holds the job.
    ///
    /// - Throws: `LeaseLost` if it does not.
    public func confirm() throws { try workspace.confirm(job) }
}
