public import Base
import Store

// The plan stands in the workspace's row. Billing decides when it changes.
extension Workspace {
    /// The time at which the trial ends, without the grace period; nil if there is no trial.
    public func trialEnd() throws -> Timestamp? {
        try first("SELECT trial_ends_at FROM workspaces WHERE workspaces.id = $1") { try $0[0] as Timestamp? } ?? nil
    }

    /// Makes a workspace whose trial ends at `end` a free one. Returns false if a plan was chosen since, or the end moved.
    public func endTrial(of end: Timestamp) throws -> Bool {
        try execute(
            "UPDATE workspaces SET plan = 'free' WHERE workspaces.id = $1 AND plan = 'trial' AND trial_ends_at = $2",
            end) == 1
    }

    /// Gives the Pro plan to a workspace that has a lesser one. Returns true if it did.
    public func beginProPlan() throws -> Bool {
        try execute(
            "UPDATE workspaces SET plan = 'pro' WHERE workspaces.id = $1 AND plan IN ('free', 'trial')") == 1
    }

    /// Takes the Pro plan away. Returns the new plan: what is left of a trial can be used up. Nil if the workspace did not
    /// have the Pro plan.
    public func endProPlan(now: Timestamp) throws -> Plan? {
        try first(
            """
            UPDATE workspaces SET plan = CASE WHEN trial_ends_at > $2 THEN 'trial' ELSE 'free' END
            WHERE workspaces.id = $1 AND plan = 'pro' RETURNING plan
            """, now
        ) { try $0[0] }
    }
}
