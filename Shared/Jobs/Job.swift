import Auth
import Base
import Store

/// Work that must not be lost: it is a row in the store first, and whoever claims it runs it, until it is done or has
/// failed too often.
public struct Job: Sendable {
    /// The job.
    public let id: Identifier
    /// What it is about.
    public let kind: JobKind
    /// What its handler needs to know.
    public let payload: JSON
    /// How often it has been begun, this time included, other than times that did not count.
    public let attempt: Int
    /// The number of this claim. It only grows: a worker that has lost its job to another can't change it any more.
    let claim: Int
    /// The name of its lane.
    let lane: String
    /// How soon it is wanted (`JobUrgency`).
    let urgency: Int
    /// When it was queued.
    public let createdAt: Timestamp

    /// The columns that `init(row:)` reads.
    static let columns: SQL = "id, kind, payload, attempts, claim_no, lane, urgency, created_at"

    init(row: any Row) throws {
        id = try row[0]
        kind = try row[1]
        payload = try row[2]
        attempt = try row[3]
        claim = try row[4]
        lane = try row[5]
        urgency = try row[6]
        createdAt = try row[7]
    }
}

/// Another worker has the job: what this one does about it counts no more.
public struct LeaseLost: Error {}

extension Workspace {
    /// A job that a claim still holds; nil if it is finished, or another claim was made since.
    func runningJob(_ jobID: Identifier, claim: Int) throws -> Job? {
        try first(
            """
            SELECT \(Job.columns) FROM jobs WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND claim_no = $3
            """, jobID, claim, decode: Job.init)
    }

    /// Makes sure that a claim still holds. Throws `LeaseLost` if another worker has the job meanwhile.
    func confirm(_ job: Job) throws {
        guard try runningJob(job.id, claim: job.claim) != nil else { throw LeaseLost() }
    }

    /// Ends a claim for good. The job is forgotten, or ready once more if it was asked for again meanwhile.
    func finish(_ job: Job, now: Timestamp) throws {
        let finished = try execute(
            """
            DELETE FROM jobs WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND claim_no = $3 AND NOT again
            """, job.id, job.claim)
        if finished == 0, try !repeatIfAsked(job, now: now) { throw LeaseLost() }
    }

    /// Ends a claim for good, with a sentence that says why the job is dead. It is kept among the dead, unless it was asked
    /// for again meanwhile. Returns whether it is dead.
    @discardableResult
    func bury(_ job: Job, error: String, now: Timestamp) throws -> Bool {
        try exclusively {
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

    /// Ends a claim for now. An attempt that does not count is given back.
    func postpone(_ job: Job, until moment: Timestamp, counts: Bool, error: String, now: Timestamp) throws {
        try exclusively {
            let key = try nextKey(of: job.kind, urgency: job.urgency, now: now)
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
