import Auth
import Base
import Store

// Who comes first is decided when a job is queued. Each workspace has a clock (job_shares): a job's key is the later of the
// workspace's clock and now, and then the clock goes on by what the job is expected to take, an hour ahead of now at most. A
// workspace that queues many jobs at once so spreads them out, and those of others come in between; one that was idle has
// saved nothing up. Workers take what is ready in the order of the keys (start-time fair queueing; Goyal, Vin and Cheng,
// SIGCOMM 1996).
extension Workspace {
    /// Queues a job, in the transaction of what it belongs to, whose id it may share; returns its id.
    ///
    /// - Parameters:
    ///   - lane: what it stands in line for; that of its kind, if not given.
    ///   - key: what no two jobs in the queue may have in common. If there is a job of that key, it is the one that counts:
    ///     one that waits for another try is ready at once if a person asks for it.
    ///   - again: if the job of that key is running, it runs once more afterwards.
    ///   - runAfter: when it is run at the earliest.
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

    /// The place in the order for one more job, in seconds since 1970.
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

    /// Queues an analysis of what was synced, unless one waits already; returns the job's id. One that is running sees
    /// only a part of it, and runs once more.
    @discardableResult
    public func queueAnalysis(now: Timestamp = .now) throws -> Identifier {
        try enqueue(.analysis, payload: [:], key: analysisKey, again: true, now: now)
    }

    /// The job of the analysis that waits; nil if there is none.
    public func queuedAnalysis() throws -> Identifier? {
        try first("SELECT id FROM jobs WHERE workspace_id = $1 AND unique_key = $2", analysisKey) { try $0[0] }
    }

    private var analysisKey: String { "analysis \(id)" }

    /// Forgets jobs that died more than a month ago.
    public func pruneJobs(now: Timestamp = .now) throws {
        try execute("DELETE FROM dead_jobs WHERE workspace_id = $1 AND died_at < $2", now - .days(30))
    }
}
