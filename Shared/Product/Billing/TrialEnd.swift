public import Auth
public import Base
import Integrations
import Store

extension Workspace {
    /// Moves the workspace to the free plan if its trial and the grace period are over. Of the active integrations, the
    /// newest three stay, and the others are paused; this deletes nothing. Returns true if the plan was changed.
    /// - Throws: `StoreError` if the plan has changed in the meantime.
    @discardableResult
    public func endExpiredTrial(now: Timestamp = .now) throws -> Bool {
        guard plan == .trial else { return false }
        guard let end = try trialEnd(), Trial.hasExpired(end: end, now: now) else { return false }
        return try audited {
            // The customer may have chosen a plan since the trial was read. Then that plan stays.
            guard try endTrial(of: end) else {
                throw StoreError.failed("the workspace's plan changed while its trial was ending")
            }
            let paused = try pauseIntegrationsBeyondFreePlan()
            let entry = AuditEntry(
                action: "plan.trial_ended", targetType: "workspace", targetID: id.description,
                details: ["plan": "free", "paused_integrations": .integer(paused)], createdAt: now)
            return (true, entry)
        }
    }
}
