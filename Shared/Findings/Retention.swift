import Auth
import Base
import Store

extension Workspace {
    /// The number of rows that one statement deletes. Others write between two of them.
    private static let batch = 2_000

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

    /// Forgets the staged records of syncs that have ended. Each sync does so itself, unless its process dies before
    /// that.
    public func forgetStagedRecords() throws {
        let runs = try rows(
            """
            SELECT id FROM sync_runs WHERE workspace_id = $1 AND status IN ('completed', 'failed') AND EXISTS (
                SELECT 1 FROM sync_staged WHERE sync_staged.workspace_id = $1 AND sync_staged.sync_run_id = sync_runs.id)
            """
        ) { try $0[0] as Identifier }
        for run in runs {
            while let kind = try first(
                "SELECT kind FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 LIMIT 1", run,
                decode: { try $0[0] as String })
            {
                try execute(
                    """
                    DELETE FROM sync_staged
                    WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = $3 AND external_id IN (
                        SELECT external_id FROM sync_staged
                        WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = $3 LIMIT $4)
                    """, run, kind, Self.batch)
            }
        }
    }

    /// Deletes one batch of a table's old rows, and rows of the same moment as its last; returns the size of the batch.
    /// While a sync of the workspace is being applied in steps, nothing is deleted: the next hour's housekeeping does
    /// it.
    private func prune(_ table: SQL, _ time: SQL, before start: Timestamp) throws -> Int {
        try writingInventory {
            try exclusively {
                guard try unfinishedChange() == nil else { return 0 }
                return try pruneBatch(table, time, before: start)
            }
        }
    }

    private func pruneBatch(_ table: SQL, _ time: SQL, before start: Timestamp) throws -> Int {
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
