import Auth
import Base
import Connectors
import Store

extension Platform {
    /// How many syncs may ask it for data at once, over all workspaces. Its limits are each customer's own; this keeps one
    /// platform's slowness from taking up all workers.
    var syncsAtOnce: Int {
        switch self {
        // One account asks for hundreds of small lists.
        case .aws, .googleWorkspace: 3
        default: 4
        }
    }
}

extension Workspace {
    /// Takes one of the platform's places for a sync; false when none is free. Each place is one row, which only one can
    /// take: a place whose holder has died is free when its lease has run out.
    func takeSlot(of platform: Platform, for run: SyncRun, until leaseEnd: Timestamp, now: Timestamp) throws -> Bool {
        for slot in 0..<platform.syncsAtOnce {
            let taken = try execute(
                """
                INSERT INTO sync_slots (workspace_id, platform, slot, sync_run_id, lease_expires_at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (platform, slot) DO UPDATE SET workspace_id = excluded.workspace_id,
                    sync_run_id = excluded.sync_run_id, lease_expires_at = excluded.lease_expires_at
                WHERE sync_slots.lease_expires_at <= $6 OR sync_slots.sync_run_id = excluded.sync_run_id
                """, platform.rawValue, slot, run.id, leaseEnd, now)
            if taken == 1 { return true }
        }
        return false
    }

    /// Gives the place back.
    func giveSlotBack(of run: SyncRun) throws {
        try execute("DELETE FROM sync_slots WHERE workspace_id = $1 AND sync_run_id = $2", run.id)
    }
}
