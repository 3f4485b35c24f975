@_spi(System) public import Auth
public import Base
public import Store

/// A job, in the form in which operators see it. Its values are as they are stored, so that damaged rows can be listed
/// too.
public struct JobEntry: Sendable {
    public let id: String
    public let workspaceID: String
    public let kind: String
    /// The kind, followed by a colon and the platform if the kind has a lane for each platform.
    public let lane: String
    public let status: String
    public let attempts: Int
    /// The time at which the job is or was due, or, if it is dead, the time at which it died.
    public let runAfter: String
    /// The reason why its last run did not finish the job, such as a failure or a provider's wish to wait. Nil if there
    /// is none.
    public let error: String?
}

/// The state of a job.
public enum JobStatus: String, SQLEnum, CaseIterable, Sendable {
    /// The job is not due yet, or no worker has looked at the queue since it became due.
    case waiting
    /// The job is due. It runs as soon as a worker is free and the workspace does not run too many jobs of this kind.
    case ready
    case running
    /// The job has failed for good.
    case dead
}

/// The state of the queue for one kind of job at one platform.
public struct JobLaneState: Sendable {
    /// The kind, followed by a colon and the platform if the kind has a lane for each platform.
    public let lane: String
    /// The number of jobs in each state.
    public fileprivate(set) var counts: [JobStatus: Int] = [:]
    /// The number of seconds since the oldest ready job became due. Nil if no job is ready, or if that is not known.
    public fileprivate(set) var oldest: Int?

    /// The state of the queue as fields of a log line.
    var fields: [(name: String, value: JSON)] {
        [("lane", .string(lane))] + JobStatus.allCases.map { ($0.rawValue, .integer(counts[$0] ?? 0)) }
            + (oldest.map { [("oldest_ready_seconds", .integer($0))] } ?? [])
    }
}

extension SystemAccess {
    /// Returns the state of the queue by kind and platform.
    public func jobLanes(now: Timestamp = .now) throws -> [JobLaneState] {
        var lanes: [String: JobLaneState] = [:]
        let rows = try database.rows(
            """
            SELECT lane, state, count(*), min(run_after) FROM jobs GROUP BY lane, state
            UNION ALL SELECT lane, 'dead', count(*), min(died_at) FROM dead_jobs GROUP BY lane
            """
        ) { row in
            // The time is nil if that of a damaged row comes first.
            (
                lane: try row[0] as String, status: try row[1] as JobStatus, count: try row[2] as Int,
                since: Timestamp(row: row, column: 3)
            )
        }
        for row in rows {
            lanes[row.lane, default: JobLaneState(lane: row.lane)].counts[row.status] = row.count
            if row.status == .ready, let since = row.since {
                lanes[row.lane]?.oldest = max(0, now.seconds - since.seconds)
            }
        }
        return lanes.values.sorted { $0.lane < $1.lane }
    }

    /// Returns jobs of all workspaces. `status` selects one state; nil selects all, one after the other. At most
    /// `limit` jobs of each state are returned, those that are due or died last first.
    public func jobs(_ status: JobStatus?, limit: Int) throws -> [JobEntry] {
        let statuses = status.map { [$0] } ?? JobStatus.allCases
        return try statuses.flatMap { status in
            try database.rows(
                status == .dead
                    ? """
                    SELECT id, workspace_id, kind, lane, 'dead', attempts, died_at, error FROM dead_jobs
                    WHERE $1 = 'dead' ORDER BY died_at DESC, id LIMIT $2
                    """
                    : """
                    SELECT id, workspace_id, kind, lane, state, attempts, run_after, error FROM jobs
                    WHERE state = $1 ORDER BY run_after DESC, id LIMIT $2
                    """, status, limit
            ) { row in
                JobEntry(
                    id: row.text(0), workspaceID: row.text(1), kind: row.text(2), lane: row.text(3),
                    status: row.text(4), attempts: row.integer(5), runAfter: row.text(6), error: try row[7])
            }
        }
    }

    /// Queues a dead job again, and writes an audit entry that names the caller. If the queue already has a job with
    /// the same key, the dead job is deleted and none is queued. Returns false if there is no dead job with this id, or
    /// if its workspace was erased.
    public func retryJob(_ id: Identifier, by caller: Caller? = nil, now: Timestamp = .now) throws -> Bool {
        let workspaceID = try database.first("SELECT workspace_id FROM dead_jobs WHERE id = $1", id) {
            try $0[0] as Identifier
        }
        guard let workspace = try workspaceID.flatMap({ try workspace($0, for: caller) }) else { return false }
        return try workspace.withWriteLock {
            try database.execute(
                """
                INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, unique_key, claim_no, payload,
                    run_after, created_at)
                SELECT workspace_id, id, kind, lane, 'ready', urgency, $2, unique_key, claim_no, payload, $3, $3
                FROM dead_jobs WHERE id = $1
                ON CONFLICT (unique_key) DO NOTHING
                """, id, now.seconds, now)
            guard try database.execute("DELETE FROM dead_jobs WHERE id = $1", id) == 1 else { return false }
            return try workspace.audited {
                let entry = AuditEntry(
                    action: "job.retried", targetType: "job", targetID: id.description, createdAt: now)
                return (true, entry)
            }
        }
    }
}
