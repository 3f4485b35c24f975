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
    public let runAfter: Timestamp
    /// Why it failed last; nil when it has not.
    public let error: String?
}

/// The state of a job.
public enum JobStatus: String, SQLEnum, CaseIterable, Sendable {
    case queued, running, completed, dead
}

extension SystemAccess {
    /// The jobs of all workspaces, of one status or of all, the newest first, `limit` at most.
    public func jobs(_ status: JobStatus?, limit: Int) throws -> [JobEntry] {
        let statuses = status.map { [$0] } ?? JobStatus.allCases
        return try statuses.flatMap { status in
            try database.rows(
                """
                SELECT id, workspace_id, kind, status, attempts, run_after, error FROM jobs
                WHERE status = $1 ORDER BY run_after DESC, id LIMIT $2
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
        try database.execute(
            """
            UPDATE jobs SET status = 'queued', attempts = 0, run_after = $2, finished_at = NULL, created_at = $2
            WHERE id = $1 AND status = 'dead'
            """, id, now) == 1
    }

    /// Some of the jobs that are due or whose worker has let its claim run out, the longest due first.
    func dueJobs(of kinds: [JobKind], now: Timestamp) throws -> [(Workspace, Identifier)] {
        let due = try database.rows(
            """
            SELECT workspace_id, id, kind FROM jobs
            WHERE status = 'queued' AND run_after <= $1 OR status = 'running' AND lease_expires_at <= $1
            ORDER BY run_after, id LIMIT 100
            """, now
        ) { row in (workspace: try row[0] as Identifier, id: try row[1] as Identifier, kind: try row[2] as String) }
        return try due.compactMap { job in
            guard kinds.contains(where: { $0.rawValue == job.kind }) else { return nil }
            return try workspace(job.workspace).map { ($0, job.id) }
        }
    }
}
