import Base
import Store

extension Workspace {
    /// Moves the workspace to the free plan if its trial and the grace period are over. Nothing is deleted; of the
    /// integrations, the newest three stay, and the others are paused. Returns true if the plan was changed.
    @discardableResult
    public func endExpiredTrial(now: Timestamp = .now) throws -> Bool {
        guard plan == .trial else { return false }
        let end = try first("SELECT trial_ends_at FROM workspaces WHERE workspaces.id = $1") {
            try $0[0] as Timestamp?
        }
        guard let end, Trial.hasExpired(end: end, now: now) else { return false }
        return try change {
            // The customer may have chosen a plan since the trial was read. Then that plan stays.
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

    /// Pauses all integrations except the newest three, which the free plan allows. Returns the number of paused
    /// integrations.
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
