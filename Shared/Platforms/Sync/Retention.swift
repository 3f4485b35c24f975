public import Auth
public import Base
import Store

extension Workspace {
    /// The number of staged rows, events or log entries that one statement deletes, or more if several have the same
    /// time. Other processes can write between two statements.
    private static let batch = 500

    /// Deletes the staged records of syncs that have ended, and data that the plan no longer retains: platforms'
    /// events, the log of changes made by syncs, and the runs of these syncs. The inventory stays.
    public func pruneSyncedData(now: Timestamp = .now) throws {
        try forgetStagedRecords()
        guard let retention = plan.retention else { return }
        let start = now - retention
        for (table, time) in [("audit_events", "occurred_at"), ("sync_events", "occurred_at")] as [(SQL, SQL)] {
            while try prune(table, time, before: start) == Self.batch { letOthersWrite() }
        }
        try execute(
            """
            DELETE FROM sync_runs WHERE workspace_id = $1 AND finished_at < $2 AND NOT EXISTS (
                SELECT 1 FROM sync_events WHERE sync_events.sync_run_id = sync_runs.id)
            """, start)
    }

    /// The tables with the data that syncs stage, and the columns that identify a row of a sync.
    private static let staged: [(table: SQL, key: SQL)] = [
        ("sync_records", "kind, external_id"), ("sync_protected", "kind, scope, external_id"),
        ("sync_gone", "kind, entity_id"), ("sync_identities", "identity_id"),
    ]

    private static let endedWithRows: SQL = {
        let hasRows = staged.map { table, _ -> SQL in
            "EXISTS (SELECT 1 FROM \(table) WHERE workspace_id = $1 AND sync_run_id = sync_runs.id)"
        }
        return """
            SELECT id FROM sync_runs WHERE workspace_id = $1 AND status IN ('completed', 'failed')
                AND (\(.list(hasRows, separator: " OR ")))
            """
    }()

    /// Deletes the rows that ended syncs have staged: the syncs of one integration, or of all. A sync usually does this
    /// itself at its end.
    public func forgetStagedRecords(of integrationID: Identifier? = nil) throws {
        let runs =
            if let integrationID {
                try rows(Self.endedWithRows + " AND integration_id = $2", integrationID) { try $0[0] as Identifier }
            } else {
                try rows(Self.endedWithRows) { try $0[0] as Identifier }
            }
        for run in runs {
            for (table, key) in Self.staged {
                let all: SQL = "DELETE FROM \(table) WHERE workspace_id = $1 AND sync_run_id = $2"
                // A batch ends at the key of its last row. Without such a row, fewer are left, and the condition is not
                // true for any. A list of keys would be compared with every row while PostgreSQL has no statistics.
                let batch: SQL = """
                    \(all) AND (\(key)) <= (SELECT \(key) FROM \(table) WHERE workspace_id = $1 AND sync_run_id = $2
                        ORDER BY \(key) LIMIT 1 OFFSET $3)
                    """
                while try execute(batch, run, Self.batch - 1) > 0 { letOthersWrite() }
                try execute(all, run)
            }
        }
    }

    /// Deletes a batch of a table's old rows, and further rows with the same time as the last of them. Returns the size
    /// of the batch. While a sync of the workspace is being applied in steps, no row is deleted; a later hourly
    /// housekeeping does it.
    private func prune(_ table: SQL, _ time: SQL, before start: Timestamp) throws -> Int {
        try writingInventory {
            try withWriteLock {
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
