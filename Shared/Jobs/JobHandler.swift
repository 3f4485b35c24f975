import Auth
import Base

/// What runs the jobs of one kind.
public struct JobHandler {
    /// Runs a job. It may be run again after a crash at any point, and must find out how far it had come. What it throws
    /// goes to the log, and the job is tried again.
    let run: (JobContext) throws -> JobOutcome
    /// Writes down, in the transaction in which the job dies, that it was tried too often.
    let giveUp: (JobContext, String) throws -> Void
    /// The platforms that it knows, each with a lane of its own; empty if the kind has one lane.
    let platforms: [String]

    /// A handler out of these parts.
    public init(
        at platforms: [String] = [], run: @escaping (JobContext) throws -> JobOutcome,
        giveUp: @escaping (JobContext, String) throws -> Void = { _, _ in }
    ) {
        self.platforms = platforms
        self.run = run
        self.giveUp = giveUp
    }
}

/// How a run of a job came out. The sentences are safe to show.
public enum JobOutcome: Sendable, Equatable {
    /// It is done.
    case completed
    /// It failed for a reason that may pass: it is tried again, after a pause that doubles each time.
    case retry(String)
    /// It can't go on before a moment that a provider named, an hour from now at most. That is no failed attempt, for a
    /// day.
    case wait(until: Timestamp, String)
    /// It failed for good, and whom it concerns knows.
    case dead(String)
    /// Its payload is one of another build, which it waits for.
    case notUnderstood
}

/// What a handler works with.
public struct JobContext {
    /// The job.
    public let job: Job
    /// The workspace, as the product itself sees it.
    public let workspace: Workspace
    /// Where to log what people who run the product must know.
    public let log: Log
    let clock: () -> Timestamp
    let end: ContinuousClock.Instant

    /// The time.
    public var now: Timestamp { clock() }

    /// How many seconds are left for all of it: whatever does not fit into them belongs into another run.
    public var secondsLeft: Double { (end - .now) / .seconds(1) }

    /// Makes sure that the work is still this worker's. Throws `LeaseLost` if another worker has the job meanwhile.
    public func confirm() throws { try workspace.confirm(job) }
}
