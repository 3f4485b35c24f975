@_spi(System) import Auth
import Base
import Store

/// A job as people who run the product see it.
public struct JobEntry: Sendable {
    public let id: Identifier
    public let workspaceID: Identifier
    public let kind: String
    public let status: String
    public let attempts: Int
    /// When it is due; when it died, if it is dead.
    public let runAfter: Timestamp
    /// Why it failed last; nil when it has not.
    public let error: String?
}

/// The state of a job.
public enum JobStatus: String, SQLEnum, CaseIterable, Sendable {
    /// Its time has not come.
    case waiting
    /// It runs as soon as a worker has a hand free.
    case ready
    case running
    /// It has failed for good.
    case dead
}

/// How the queue stands for one kind of jobs at one platform.
public struct JobLaneState: Sendable {
    /// The kind, and the platform behind a colon.
    public let lane: String
    /// How many there are of each state.
    public fileprivate(set) var counts: [JobStatus: Int] = [:]
    /// Seconds since the oldest that is ready was due; nil if none is.
    public fileprivate(set) var oldest: Int?

    /// The same for a log.
    var fields: [(name: String, value: JSON)] {
        [("lane", .string(lane))] + JobStatus.allCases.map { ($0.rawValue, .integer(counts[$0] ?? 0)) }
            + (oldest.map { [("oldest_ready_seconds", .integer($0))] } ?? [])
    }
}

extension SystemAccess {
    /// How the queue stands, by kind and platform.
    public func jobLanes(now: Timestamp = .now) throws -> [JobLaneState] {
        var lanes: [String: JobLaneState] = [:]
        let rows = try database.rows(
            """
            SELECT lane, state, count(*), min(run_after) FROM jobs GROUP BY lane, state
            UNION ALL SELECT lane, 'dead', count(*), min(died_at) FROM dead_jobs GROUP BY lane
            """
        ) { row in
            (
                lane: try row[0] as String, status: try row[1] as JobStatus, count: try row[2] as Int,
                since: try row[3] as Timestamp
            )
        }
        for row in rows {
            lanes[row.lane, default: JobLaneState(lane: row.lane)].counts[row.status] = row.count
            if row.status == .ready { lanes[row.lane]?.oldest = max(0, now.seconds - row.since.seconds) }
        }
        return lanes.values.sorted { $0.lane < $1.lane }
    }

    /// The jobs of all workspaces, of one status or of all, the newest first, `limit` at most.
    public func jobs(_ status: JobStatus?, limit: Int) throws -> [JobEntry] {
        let statuses = status.map { [$0] } ?? JobStatus.allCases
        return try statuses.flatMap { status in
            try database.rows(
                status == .dead
                    ? """
                    SELECT id, workspace_id, kind, 'dead', attempts, died_at, error FROM dead_jobs
                    WHERE $1 = 'dead' ORDER BY died_at DESC, id LIMIT $2
                    """
                    : """
                    SELECT id, workspace_id, kind, state, attempts, run_after, error FROM jobs
                    WHERE state = $1 ORDER BY run_after DESC, id LIMIT $2
                    """, status, limit
            ) { row in
                JobEntry(
                    id: try row[0], workspaceID: try row[1], kind: try row[2], status: try row[3],
                    attempts: try row[4], runAfter: try row[5], error: try row[6])
            }
        }
    }

    /// Queues a dead job anew; false when there is no dead job of that id.
    public func retryJob(_ id: Identifier, now: Timestamp = .now) throws -> Bool {
        try database.transaction(.write) {
            try database.execute(
                """
                INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, unique_key, claim_no, payload,
                    run_after, created_at)
                SELECT workspace_id, id, kind, lane, 'ready', urgency, $2, unique_key, claim_no, payload, $3, $3
                FROM dead_jobs WHERE id = $1
                ON CONFLICT (unique_key) DO NOTHING
                """, id, now.seconds, now)
            return try database.execute("DELETE FROM dead_jobs WHERE id = $1", id) == 1
        }
    }
}
