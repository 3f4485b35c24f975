public import Auth
public import Base
public import Integrations
import Store

extension Workspace {
    /// The longest time for which an action waits for approval, in seconds. The next housekeeping then cancels the
    /// action.
    public static let approvalTime = Int.days(7)

    /// Cancels the actions that have waited for approval for `approvalTime`, each with its own audit entry.
    public func cancelExpiredApprovals(now: Timestamp = .now) throws {
        let expired = try rows(
            """
            SELECT id FROM remediation_actions
            WHERE workspace_id = $1 AND status = 'pending_approval' AND created_at <= $2
            """, now - Self.approvalTime
        ) { try $0[0] as Identifier }
        for action in expired {
            try withWriteLock {
                let status = try first(
                    "SELECT status FROM remediation_actions WHERE workspace_id = $1 AND id = $2", action
                ) { try $0[0] as String }
                guard status == "pending_approval" else { return }
                try audited {
                    try cancelAction(action, because: "It was not approved in time.", now: now)
                    let entry = AuditEntry(
                        action: "remediation.cancelled", targetType: "remediation_action",
                        targetID: action.description, details: ["cause": "approval_expired"], createdAt: now)
                    return ((), entry)
                }
            }
        }
    }

    /// Disconnects a platform, and cancels the actions that wait to be approved or carried out there, in one
    /// transaction.
    ///
    /// - Throws: `IntegrationError.unknown` if the platform is not connected.
    public func disconnect(_ integrationID: Identifier, now: Timestamp = .now) throws -> Disconnection {
        try disconnect(integrationID, now: now) { platform in
            try cancelActions(on: platform, because: "The platform was disconnected.", now: now)
        }
    }

    /// Cancels the actions on a platform that wait for approval, for their first run, or for their next attempt or
    /// step. Returns their number. The caller writes the audit entry.
    private func cancelActions(on platform: String, because sentence: String, now: Timestamp) throws -> Int {
        let open = try rows(
            """
            SELECT id, result FROM remediation_actions
            WHERE workspace_id = $1 AND target_platform = $2 AND status IN ('pending_approval', 'queued', 'running')
            ORDER BY created_at, id
            """, platform
        ) { row in (id: try row[0] as Identifier, progress: (try row[1] as JSON?).map(ActionProgress.init)) }
        let waiting = open.filter { $0.progress?.isWaiting ?? true }
        for action in waiting { try cancelAction(action.id, because: sentence, now: now) }
        return waiting.count
    }

    /// Cancels an action that has not ended, and erases its secrets. The caller must have checked in the same
    /// transaction that the action has not ended, and writes the audit entry.
    private func cancelAction(_ action: Identifier, because sentence: String, now: Timestamp) throws {
        let parameters = try first(
            "SELECT extra_params FROM remediation_actions WHERE workspace_id = $1 AND id = $2", action
        ) { try $0[0] as JSON }
        try execute(
            """
            UPDATE remediation_actions SET status = 'cancelled', error = $3, updated_at = $4, extra_params = $5
            WHERE workspace_id = $1 AND id = $2
            """, action, sentence, now, JSON.object(StoredParameters.withoutSecrets(parameters?.object ?? [:])))
        try announceEnd(of: action, at: now)
    }
}
