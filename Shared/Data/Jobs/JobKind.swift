public import Store

/// The kind of a job, which decides the handler that runs it. Each library declares the kinds that it queues.
public struct JobKind: SQLEnum, Hashable, Sendable {
    /// The name in the store.
    public let rawValue: String
    /// The expected duration of a job in seconds. The workspace's next job is placed that much later in the queue, up
    /// to one hour from now.
    let expectedSeconds: Int

    /// Creates a kind that a library declares.
    public init(_ name: String, expectedSeconds: Int) {
        rawValue = name
        self.expectedSeconds = expectedSeconds
    }

    /// The kind of a stored job, which may be one that this build does not declare.
    public init(rawValue: String) { self.init(rawValue, expectedSeconds: 2) }

    public static func == (left: JobKind, right: JobKind) -> Bool { left.rawValue == right.rawValue }

    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// Does the work that becomes due in a workspace with time.
    public static let housekeeping = JobKind("housekeeping", expectedSeconds: 2)
}

/// The urgency of a job: the number of seconds by which it is placed earlier (negative) or later (positive) than others
/// that were queued at the same time. The place also depends on the time of queueing (JobQueue.swift), so no job waits
/// forever.
public enum JobUrgency: Int, Sendable {
    /// A person is waiting for the result.
    case person = -600
    /// An action that should be carried out soon.
    case action = -300
    /// Hourly work.
    case routine = 0
    /// Work that may be done at any time.
    case upkeep = 600
}

/// The queue for jobs of the same kind and platform. A worker looks only at lanes for which it has a handler. Jobs of
/// kinds and platforms that only another build knows wait for that build, without blocking other jobs.
public struct JobLane: Hashable, Sendable {
    /// The lane's name in the store.
    let name: String

    /// Creates the lane of a kind that does not depend on the platform.
    public init(_ kind: JobKind) { name = kind.rawValue }

    /// Creates the lane of a kind at one platform.
    public init(_ kind: JobKind, at platform: String) { name = kind.rawValue + ":" + platform }
}
