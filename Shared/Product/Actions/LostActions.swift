public import Auth
public import Base
import Integrations
import Store

extension Workspace {
    /// Ends the queued and running actions whose job no longer exists, each with its own audit entry and an unknown
    /// outcome. Normally, a job that dies ends its action. If this fails, for example because the process crashes at
    /// it, the action would otherwise never end, and keep its secrets.
    public func endLostActions(now: Timestamp = .now) throws {
        let hasNoJob: SQL = """
            status IN ('queued', 'running')
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.workspace_id = $1 AND jobs.id = remediation_actions.id)
            """
        let lost = try rows(
            "SELECT id, target_platform, extra_params FROM remediation_actions WHERE workspace_id = $1 AND \(hasNoJob)"
        ) { row in (id: try row[0] as Identifier, platform: try row[1] as String, parameters: try row[2] as JSON) }
        for (id, platform, parameters) in lost {
            let status = RemediationAction.Status.unknownOutcome
            let name = Platform(rawValue: platform)?.name ?? platform
            try withWriteLock {
                let ended = try execute(
                    """
                    UPDATE remediation_actions SET status = $3, error = $4, updated_at = $5, extra_params = $6
                    WHERE workspace_id = $1 AND id = $2 AND \(hasNoJob)
                    """, id, status,
                    "Its job ended before it was finished. Check \(name) before you request it again.", now,
                    JSON.object(StoredParameters.withoutSecrets(parameters.object ?? [:])))
                guard ended == 1 else { return }
                try announceEnd(of: id, at: now)
                try audited {
                    let entry = AuditEntry(
                        action: "remediation.failed", targetType: "remediation_action", targetID: id.description,
                        details: ["status": .string(status.rawValue), "cause": "job_lost"], createdAt: now)
                    return ((), entry)
                }
            }
        }
    }
}
