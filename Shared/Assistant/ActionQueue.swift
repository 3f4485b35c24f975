import Auth
import Base
import Findings
import HTTP
import Jobs
import Store

/// Puts actions into the workspace's queue of remediation actions.
public struct ActionQueue: ActionExecutor {
    /// The queue.
    public init() {}

    /// Queues an action. An agent's on what a high or critical finding is about waits for approval. Throws 409 when the
    /// same action waits for the same thing already.
    public func request(_ action: ProposedAction, in workspace: Workspace, now: Timestamp) throws -> RequestedAction {
        try workspace.change {
            let isWaiting = try workspace.first(
                """
                SELECT 1 FROM remediation_actions
                WHERE workspace_id = $1 AND action_type = $2 AND target_platform = $3 AND target_entity_id = $4
                    AND status IN ('pending_approval', 'queued', 'running')
                """, action.actionType, action.platform, action.entityID
            ) { _ in true }
            guard isWaiting == nil else {
                throw HTTPError.conflict("The same action waits for \(action.entityLabel) already.")
            }
            let needsApproval = try needsApproval(action, in: workspace)
            let requested = RequestedAction(id: .random(), status: needsApproval ? "pending_approval" : "queued")
            try workspace.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, finding_id, action_type, target_platform,
                    target_entity_id, target_entity_label, extra_params, reason, status, requested_by, created_at,
                    updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
                """, requested.id, action.findingID, action.actionType, action.platform, action.entityID,
                action.entityLabel, JSON.object(action.parameters), action.reason, requested.status, workspace.actor,
                now)
            if !needsApproval { _ = try workspace.enqueue(.remediation, id: requested.id, payload: [:], now: now) }
            var entry = AuditEntry(
                action: "remediation.requested", targetType: "remediation_action", targetID: requested.id.description,
                details: [
                    "action_type": .string(action.actionType.rawValue), "target_platform": .string(action.platform),
                    "target_entity_id": .string(action.entityID), "target_entity_label": .string(action.entityLabel),
                    "status": .string(requested.status), "source": "ai_chat",
                ], createdAt: now)
            entry.details["finding_id"] = action.findingID.map { .string($0.description) }
            entry.details["reason"] = action.reason.map(JSON.string)
            return (requested, entry)
        }
    }

    /// Leaving the finding out does not help: any that is about the same thing counts.
    private func needsApproval(_ action: ProposedAction, in workspace: Workspace) throws -> Bool {
        guard case .member(_, _, .agent) = workspace.caller else { return false }
        let worst = try workspace.first(
            """
            SELECT min(severity_rank) FROM findings
            WHERE workspace_id = $1 AND (id = $2 OR (status IN ('open', 'in_progress') AND (
                CAST(affected_identity_id AS text) = $3 OR CAST(affected_application_id AS text) = $3
                OR CAST(affected_device_id AS text) = $3)))
            """, action.findingID, action.entityID
        ) { try $0[0] as Int? }
        return ((worst ?? nil) ?? .max) <= Severity.high.rank
    }
}
