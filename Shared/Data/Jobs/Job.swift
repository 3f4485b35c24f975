import Auth
public import Base
import Store

/// Work that must not be lost. A job is a row in the store, and a worker that claims it runs it. It is retried until it
/// is done, fails for good, or has failed too often.
public struct Job: Sendable {
    /// The job's id.
    public let id: Identifier
    /// The kind of work.
    public let kind: JobKind
    /// The input of the job's handler.
    public let payload: JSON
    /// The number of the current attempt, counted from 1. Attempts that don't count, such as those that a provider
    /// asked to delay, are left out.
    public let attempt: Int
    /// The number of the claim. It grows with each claim of the job: with an older number, a worker that has lost the
    /// job to another one can no longer change it.
    let claim: Int
    /// The name of the job's lane.
    let lane: String
    /// The urgency of the job, in seconds (`JobUrgency`).
    let urgency: Int
    /// The time at which the job was queued, or, if it was requested again while it ran, the end of that run.
    public let createdAt: Timestamp

    /// The platform of the job's lane. Nil if its kind has no lane for each platform.
    public var platform: String? { lane.cut(at: ":").map { String($0.behind) } }

    /// The columns that `init(row:)` reads.
    static let columns: SQL = "id, kind, payload, attempts, claim_no, lane, urgency, created_at"

    init(row: any Row) throws {
        id = try row.exactIdentifier(0)
        kind = try row[1]
        payload = try row[2]
        attempt = try row[3]
        claim = try row[4]
        lane = try row[5]
        urgency = try row[6]
        createdAt = try row[7]
        // A row whose lane is that of another kind is damaged.
        guard lane == kind.rawValue || lane.hasPrefix(kind.rawValue + ":") else {
            throw StoreError.unexpectedValue(column: 1)
        }
    }
}

extension Row {
    /// Returns the id in a column. Throws `StoreError.unexpectedValue` if it is not a UUID in lower case, since no
    /// query would find a row by an id that is stored in another form.
    func exactIdentifier(_ column: Int) throws -> Identifier {
        let id: Identifier = try self[column]
        guard id.description == text(column) else { throw StoreError.unexpectedValue(column: column) }
        return id
    }
}

/// The worker's claim no longer holds the job. Normally the claim has expired, and the job was made ready again or
/// claimed by another worker. The work of this worker on the job no longer counts.
public struct LeaseLost: Error {}

extension Workspace {
    /// Returns the job if the claim still holds it. Returns nil if the job is finished, was made ready again, or was
    /// claimed again since.
    func runningJob(_ jobID: Identifier, claim: Int) throws -> Job? {
        try first(
            """
            SELECT \(Job.columns) FROM jobs WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND claim_no = $3
            """, jobID, claim, decode: Job.init)
    }

    /// Checks that the claim still holds the job.
    ///
    /// - Throws: `LeaseLost` if it does not.
    func confirm(_ job: Job) throws {
        guard try runningJob(job.id, claim: job.claim) != nil else { throw LeaseLost() }
    }

    /// Ends a claim whose job is done. Deletes the job, or makes it ready again if it was requested again while it ran.
    /// Throws `LeaseLost` if the claim no longer holds the job.
    func finish(_ job: Job, now: Timestamp) throws {
        let finished = try execute(
            """
            DELETE FROM jobs WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND claim_no = $3 AND NOT again
            """, job.id, job.claim)
        if finished == 0, try !repeatIfAsked(job, now: now) { throw LeaseLost() }
    }

    /// Ends a claim whose job has failed for good: moves it to the dead jobs, with a sentence that says why. A job that
    /// was requested again while it ran is made ready instead. Returns true if the job is now dead. Throws `LeaseLost`
    /// if the claim no longer holds the job.
    @discardableResult
    func bury(_ job: Job, error: String, now: Timestamp) throws -> Bool {
        try withWriteLock {
            if try repeatIfAsked(job, now: now) { return false }
            let kept = try execute(
                """
                INSERT INTO dead_jobs (workspace_id, id, kind, lane, urgency, unique_key, attempts, claim_no, payload, error,
                    created_at, died_at)
                SELECT workspace_id, id, kind, lane, urgency, unique_key, attempts, claim_no, payload, $4, created_at, $5
                FROM jobs WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND claim_no = $3
                """, job.id, job.claim, error, now)
            guard kept == 1 else { throw LeaseLost() }
            try execute("DELETE FROM jobs WHERE workspace_id = $1 AND id = $2", job.id)
            return true
        }
    }

    /// Ends a claim, and queues the job to run again at `moment`. If `counts` is false, the attempt does not count.
    /// Throws `LeaseLost` if the claim no longer holds the job.
    ///
    /// - Parameter kind: The job's kind, with the expected duration that its library declares if that is known.
    func postpone(
        _ job: Job, as kind: JobKind, until moment: Timestamp, counts: Bool, error: String, now: Timestamp
    ) throws {
        try withWriteLock {
            let key = try nextKey(of: kind, urgency: job.urgency, now: now)
            let postponed = try execute(
                """
                UPDATE jobs SET state = 'waiting', attempts = attempts - $4, run_after = $5, order_key = $6, error = $7,
                    lease_expires_at = NULL
                WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND claim_no = $3
                """, job.id, job.claim, counts ? 0 : 1, moment, key, error)
            guard postponed == 1 else { throw LeaseLost() }
        }
    }

    private func repeatIfAsked(_ job: Job, now: Timestamp) throws -> Bool {
        try execute(
            """
            UPDATE jobs SET state = 'ready', again = false, attempts = 0, run_after = $4, created_at = $4, error = NULL,
                lease_expires_at = NULL
            WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND claim_no = $3 AND again
            """, job.id, job.claim, now) == 1
    }
}
