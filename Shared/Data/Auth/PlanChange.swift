public import Base
import Store

// The plan is stored in the workspace's row. Billing calls these functions to change it.
extension Workspace {
    /// The time at which the trial ends or ended, without the grace period; nil if none is stored. A workspace that has
    /// left its trial keeps the time.
    public func trialEnd() throws -> Timestamp? {
        try first("SELECT trial_ends_at FROM workspaces WHERE workspaces.id = $1") { try $0[0] as Timestamp? } ?? nil
    }

    /// Changes a trial that ends at `end` to the free plan. Returns false if the plan or the end of the trial has
    /// changed since.
    public func endTrial(of end: Timestamp) throws -> Bool {
        try execute(
            "UPDATE workspaces SET plan = 'free' WHERE workspaces.id = $1 AND plan = 'trial' AND trial_ends_at = $2",
            end) == 1
    }

    /// Changes a free or trial workspace to the Pro plan. Returns true if the plan was changed.
    public func beginProPlan() throws -> Bool {
        try execute(
            "UPDATE workspaces SET plan = 'pro' WHERE workspaces.id = $1 AND plan IN ('free', 'trial')") == 1
    }

    /// Ends the Pro plan, and returns the new plan: the trial, if time is left of it, otherwise the free plan. Returns
    /// nil if the workspace did not have the Pro plan.
    public func endProPlan(now: Timestamp) throws -> Plan? {
        try first(
            """
            UPDATE workspaces SET plan = CASE WHEN trial_ends_at > $2 THEN 'trial' ELSE 'free' END
            WHERE workspaces.id = $1 AND plan = 'pro' RETURNING plan
            """, now
        ) { try $0[0] }
    }
}
