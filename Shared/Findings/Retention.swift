import Auth
import Base
import Store

extension Workspace {
    /// How many rows one statement removes: others write in between.
    private static let batch = 10_000

    /// Removes what the plan keeps no longer: platforms' events, and what syncs have changed. What there is now stays.
    public func pruneSyncedData(now: Timestamp = .now) throws {
        try forgetStagedRecords()
        guard let retention = plan.retention else { return }
        let start = now - retention
        for (table, time) in [("audit_events", "occurred_at"), ("sync_events", "occurred_at")] as [(SQL, SQL)] {
            while try prune(table, time, before: start) == Self.batch {}
        }
        try execute(
            """
            DELETE FROM sync_runs WHERE workspace_id = $1 AND finished_at < $2 AND NOT EXISTS (
                SELECT 1 FROM sync_events WHERE sync_events.sync_run_id = sync_runs.id)
            """, start)
    }

    /// Removes the tokens of confirmations that nobody can give any more.
    public func pruneConfirmations(now: Timestamp) throws {
        try execute("DELETE FROM confirmation_tokens WHERE workspace_id = $1 AND expires_at < $2", now - .days(1))
    }

    /// Forgets what syncs have pulled that have ended. Each does so itself, unless its process dies before it comes to that.
    public func forgetStagedRecords() throws {
        try execute(
            """
            DELETE FROM sync_staged WHERE workspace_id = $1 AND sync_run_id IN (
                SELECT id FROM sync_runs WHERE workspace_id = $1 AND status IN ('completed', 'failed'))
            """)
    }

    /// Without knowing how a table's rows are told apart: all up to the moment of the last of a batch.
    private func prune(_ table: SQL, _ time: SQL, before start: Timestamp) throws -> Int {
        let old = try rows(
            """
            SELECT \(time) FROM \(table) WHERE workspace_id = $1 AND \(time) < $2 ORDER BY \(time) LIMIT $3
            """, start, Self.batch
        ) { try $0[0] as Timestamp }
        guard let last = old.last else { return 0 }
        try execute("DELETE FROM \(table) WHERE workspace_id = $1 AND \(time) <= $2", last)
        return old.count
    }
}
