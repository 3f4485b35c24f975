import Auth
import Base
import Store

extension Workspace {
    /// Seconds for which an action waits for approval.
    public static let approvalTime = Int.days(7)

    /// Cancels the actions that have waited for approval too long, each with an audit entry of its own.
    public func cancelExpiredApprovals(now: Timestamp = .now) throws {
        let expired = try rows(
            """
            SELECT id FROM remediation_actions
            WHERE workspace_id = $1 AND status = 'pending_approval' AND created_at <= $2
            """, now - Self.approvalTime
        ) { try $0[0] as Identifier }
        for action in expired {
            try exclusively {
                let cancelled = try execute(
                    """
                    UPDATE remediation_actions SET status = 'cancelled', updated_at = $3,
                        error = 'Nobody approved it in time.'
                    WHERE workspace_id = $1 AND id = $2 AND status = 'pending_approval'
                    """, action, now)
                guard cancelled == 1 else { return }
                try change {
                    let entry = AuditEntry(
                        action: "remediation.cancelled", targetType: "remediation_action",
                        targetID: action.description, details: ["cause": "approval_expired"], createdAt: now)
                    return ((), entry)
                }
            }
        }
    }
}
