import Auth
import Base
import Store

/// What a job is about, and so which handler runs it.
public enum JobKind: String, SQLEnum, CaseIterable, Sendable {
    /// Pulls what a platform has.
    case sync
    /// Carries out an action at a platform.
    case remediation
}

/// Work that must not be lost: it is a row in the store first, and whoever claims it runs it, until it is done or has
/// failed too often.
public struct Job: Sendable {
    /// Which one.
    public let id: Identifier
    /// What it is about.
    public let kind: JobKind
    /// What its handler needs to know.
    public let payload: JSON
    /// How often it has been claimed, this time included. It tells one claim from the next: a worker that has lost its
    /// job to another can't change it any more.
    public let attempt: Int
    /// When it was queued.
    public let createdAt: Timestamp
}

extension Workspace {
    /// Seconds for which a claim holds, from its last extension.
    static let jobLease = 60

    /// Queues a job, in the transaction of what it belongs to, whose id it may share; returns its id. It is not run before
    /// `runAfter`.
    public func enqueue(
        _ kind: JobKind, id job: Identifier = .random(), payload: JSON, runAfter: Timestamp? = nil,
        now: Timestamp = .now
    ) throws -> Identifier {
        try execute(
            """
            INSERT INTO jobs (workspace_id, id, kind, payload, status, run_after, created_at)
            VALUES ($1, $2, $3, $4, 'queued', $5, $6)
            """, job, kind, payload, runAfter ?? now, now)
        return job
    }

    /// Takes a job that is due, or whose worker has let its claim run out; nil when it is neither, or somebody else was
    /// faster.
    func claimJob(_ jobID: Identifier, now: Timestamp) throws -> Job? {
        try first(
            """
            UPDATE jobs SET status = 'running', attempts = attempts + 1, lease_expires_at = $3
            WHERE workspace_id = $1 AND id = $2 AND (
                status = 'queued' AND run_after <= $4 OR status = 'running' AND lease_expires_at <= $4)
            RETURNING kind, payload, attempts, created_at
            """, jobID, now + Self.jobLease, now
        ) { row in
            Job(
                id: jobID, kind: try row[0], payload: try row[1], attempt: try row[2], createdAt: try row[3])
        }
    }

    /// Prolongs a claim. Throws `LeaseLost` when another worker has the job meanwhile.
    func extendLease(of job: Job, now: Timestamp) throws {
        let extended = try execute(
            """
            UPDATE jobs SET lease_expires_at = $4
            WHERE workspace_id = $1 AND id = $2 AND status = 'running' AND attempts = $3
            """, job.id, job.attempt, now + Self.jobLease)
        guard extended == 1 else { throw LeaseLost() }
    }

    /// Ends a claim for good: completed, or dead with a sentence that says why.
    func finish(_ job: Job, isDead: Bool, error: String?, now: Timestamp) throws {
        let finished = try execute(
            """
            UPDATE jobs SET status = $4, error = $5, finished_at = $6, lease_expires_at = NULL
            WHERE workspace_id = $1 AND id = $2 AND status = 'running' AND attempts = $3
            """, job.id, job.attempt, isDead ? "dead" : "completed", error, now)
        guard finished == 1 else { throw LeaseLost() }
    }

    /// Ends a claim for now; an attempt that does not count is given back.
    func postpone(_ job: Job, until moment: Timestamp, counts: Bool, error: String) throws {
        let postponed = try execute(
            """
            UPDATE jobs SET status = 'queued', attempts = attempts - $4, run_after = $5, error = $6,
                lease_expires_at = NULL
            WHERE workspace_id = $1 AND id = $2 AND status = 'running' AND attempts = $3
            """, job.id, job.attempt, counts ? 0 : 1, moment, error)
        guard postponed == 1 else { throw LeaseLost() }
    }

    /// Removes jobs that were completed more than a week ago.
    public func pruneJobs(now: Timestamp = .now) throws {
        try execute(
            "DELETE FROM jobs WHERE workspace_id = $1 AND status = 'completed' AND finished_at < $2", now - .days(7))
    }
}

/// Another worker has the job: what this one does about it counts no more.
public struct LeaseLost: Error {}
