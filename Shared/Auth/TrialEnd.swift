import Base
import Store

extension Workspace {
    /// Makes a workspace whose trial and its grace have passed a free one: the oldest integrations beyond three are
    /// paused, nothing is deleted. Returns whether it did.
    @discardableResult
    public func endExpiredTrial(now: Timestamp = .now) throws -> Bool {
        guard plan == .trial else { return false }
        let end = try first("SELECT trial_ends_at FROM workspaces WHERE workspaces.id = $1") {
            try $0[0] as Timestamp?
        }
        guard let end, Trial.hasExpired(end: end, now: now) else { return false }
        return try change {
            // A plan may have been chosen since the trial was read; it stays.
            let ended = try execute(
                "UPDATE workspaces SET plan = 'free' WHERE workspaces.id = $1 AND plan = 'trial' AND trial_ends_at = $2",
                end)
            guard ended == 1 else { throw StoreError.failed("the workspace's plan changed while its trial was ending") }
            let paused = try pauseIntegrationsBeyondFreePlan()
            let entry = AuditEntry(
                action: "plan.trial_ended", targetType: "workspace", targetID: id.description,
                details: ["plan": "free", "paused_integrations": .integer(paused)], createdAt: now)
            return (true, entry)
        }
    }

    /// Pauses the oldest integrations beyond the three that the free plan has; returns how many.
    @discardableResult
    public func pauseIntegrationsBeyondFreePlan() throws -> Int {
        try execute(
            """
            UPDATE integrations SET status = 'paused', next_auto_sync_at = NULL
            WHERE workspace_id = $1 AND status IN ('connected', 'error', 'pending') AND id NOT IN (
                SELECT id FROM integrations
                WHERE workspace_id = $1 AND status IN ('connected', 'error', 'pending')
                ORDER BY created_at DESC, id LIMIT 3)
            """)
    }
}
