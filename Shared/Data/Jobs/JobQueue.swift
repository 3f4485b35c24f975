public import Auth
public import Base
import Store

// Problem. A workspace that queues many jobs at once must not make all other workspaces wait.
//
// Approach. A job's place in the queue is decided when it is queued (start-time fair queueing; Goyal, Vin and Cheng,
// SIGCOMM 1996). Each workspace has a clock in the table job_shares. A job's order key is its urgency plus the later
// of the workspace's clock and the current time; the clock then advances by the expected duration of the job, but to at
// most one hour from now. The jobs of a workspace that queues many are thus spread out over time, with other
// workspaces' jobs in between. A workspace that was idle gains no advantage, because its clock is set to the current
// time if it is behind. Workers take ready jobs in the order of their keys.
extension Workspace {
    /// Queues a job. Call it in the transaction that makes the job necessary. Returns the job's id.
    ///
    /// - Parameters:
    ///   - lane: The lane of the job. By default it is the lane of its kind.
    ///   - job: The id of the new job, for example the id of the object that it belongs to.
    ///   - key: A name that only one job in the queue, of all workspaces, may have. If there is a job with this name
    ///     already, no other is added. The existing one gets the higher urgency and the earlier place; if it is waiting
    ///     and `urgency` is `.person`, it becomes ready at once.
    ///   - again: If true and the job with this key is running, it runs once more afterwards.
    ///   - runAfter: The earliest time at which the job may run. By default it is now.
    @discardableResult
    public func enqueue(
        _ kind: JobKind, in lane: JobLane? = nil, id job: Identifier = .random(), payload: JSON, key: String? = nil,
        urgency: JobUrgency = .routine, again: Bool = false, runAfter: Timestamp? = nil, now: Timestamp = .now
    ) throws -> Identifier {
        let runAfter = runAfter ?? now
        let order = try nextKey(of: kind, urgency: urgency.rawValue, now: now)
        let hastens = urgency == .person ? 1 : 0
        let id = try first(
            """
            INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, unique_key, payload, run_after,
                created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (unique_key) DO UPDATE SET
                again = CASE WHEN jobs.state = 'running' AND $12 = 1 THEN true ELSE jobs.again END,
                state = CASE WHEN jobs.state = 'waiting' AND $13 = 1 THEN 'ready' ELSE jobs.state END,
                urgency = CASE WHEN excluded.urgency < jobs.urgency THEN excluded.urgency ELSE jobs.urgency END,
                run_after = CASE WHEN jobs.state = 'waiting' AND $13 = 1 THEN excluded.run_after ELSE jobs.run_after END,
                order_key = CASE WHEN excluded.order_key < jobs.order_key THEN excluded.order_key ELSE jobs.order_key END
            RETURNING id
            """, job, kind, (lane ?? JobLane(kind)).name, runAfter > now ? "waiting" : "ready", urgency.rawValue, order,
            key, payload, runAfter, now, again ? 1 : 0, hastens
        ) { try $0[0] as Identifier }
        return id ?? job
    }

    /// Returns the order key of a job that is being queued or postponed, in seconds since 1970, and advances the
    /// workspace's clock by the expected duration of the job, but to at most one hour from now.
    func nextKey(of kind: JobKind, urgency: Int, now: Timestamp) throws -> Int {
        let cost = kind.expectedSeconds
        let clock = try first(
            """
            INSERT INTO job_shares (workspace_id, clock) VALUES ($1, $2)
            ON CONFLICT (workspace_id) DO UPDATE SET clock = CASE
                WHEN job_shares.clock < $3 THEN $2
                WHEN job_shares.clock + $4 > $5 THEN $5
                ELSE job_shares.clock + $4 END
            RETURNING clock
            """, now.seconds + cost, now.seconds, cost, now.seconds + .hours(1)
        ) { try $0[0] as Int }
        return (clock ?? now.seconds + cost) - cost + urgency
    }

    /// Returns the id of the waiting, ready or running job with this key. Returns nil if there is none.
    public func queuedJob(ofKey key: String) throws -> Identifier? {
        try first("SELECT id FROM jobs WHERE workspace_id = $1 AND unique_key = $2", key) { try $0[0] }
    }

    /// Deletes dead jobs that died more than 30 days ago.
    public func pruneJobs(now: Timestamp = .now) throws {
        try execute("DELETE FROM dead_jobs WHERE workspace_id = $1 AND died_at < $2", now - .days(30))
    }
}
