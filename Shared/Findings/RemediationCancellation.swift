import Auth
import Base
import Store

extension Workspace {
    /// The time for which an action waits for approval, in seconds.
    public static let approvalTime = Int.days(7)

    /// Cancels the actions that have waited for approval too long, each with its own audit entry.
    public func cancelExpiredApprovals(now: Timestamp = .now) throws {
        let expired = try rows(
            """
            SELECT id FROM remediation_actions
            WHERE workspace_id = $1 AND status = 'pending_approval' AND created_at <= $2
            """, now - Self.approvalTime
        ) { try $0[0] as Identifier }
        for action in expired {
            try exclusively {
                let status = try first(
                    "SELECT status FROM remediation_actions WHERE workspace_id = $1 AND id = $2", action
                ) { try $0[0] as String }
                guard status == "pending_approval" else { return }
                try change {
                    try cancelAction(action, because: "It was not approved in time.", now: now)
                    let entry = AuditEntry(
                        action: "remediation.cancelled", targetType: "remediation_action",
                        targetID: action.description, details: ["cause": "approval_expired"], createdAt: now)
                    return ((), entry)
                }
            }
        }
    }

    /// Cancels an action that has not ended, and erases its secrets. The caller must have checked in the same
    /// transaction that the action has not ended, and writes the audit entry.
    func cancelAction(_ action: Identifier, because sentence: String, now: Timestamp) throws {
        let parameters = try first(
            "SELECT extra_params FROM remediation_actions WHERE workspace_id = $1 AND id = $2", action
        ) { try $0[0] as JSON }
        try execute(
            """
            UPDATE remediation_actions SET status = 'cancelled', error = $3, updated_at = $4, extra_params = $5
            WHERE workspace_id = $1 AND id = $2
            """, action, sentence, now, JSON.object(StoredParameters.withoutSecrets(parameters?.object ?? [:])))
    }
}
