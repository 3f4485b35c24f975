public import Base
import Store

// Each workspace has an hourly housekeeping. The time of the next one is stored in the workspace's row.
extension SystemAccess {
    /// Returns the ids of the workspaces whose housekeeping is due, longest overdue first, at most `limit`.
    @_spi(System) public func workspacesDueForHousekeeping(now: Timestamp, limit: Int) throws -> [Identifier] {
        try database.rows(
            "SELECT id FROM workspaces WHERE next_housekeeping_at <= $1 ORDER BY next_housekeeping_at LIMIT $2", now,
            limit
        ) { try $0[0] }
    }
}

extension Workspace {
    /// Sets the time of the next housekeeping to `next`. Returns false, and sets nothing, if none is due at `now`,
    /// since another process has begun it.
    @_spi(System) public func beginHousekeeping(now: Timestamp, next: Timestamp) throws -> Bool {
        try execute(
            "UPDATE workspaces SET next_housekeeping_at = $3 WHERE workspaces.id = $1 AND next_housekeeping_at <= $2",
            now, next) == 1
    }
}
