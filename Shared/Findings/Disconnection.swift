import Auth
import Base
import HTTP
import Store

/// What was done to disconnect a platform.
public struct Disconnection: JSONWritable {
    let platform: String
    let disconnectedAt: Timestamp
    let cancelledActions: Int

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("success", true)
            json.field("platform", platform)
            json.field("disconnected_at", disconnectedAt)
            json.field("pending_actions_cancelled", cancelledActions)
        }
    }
}

extension Workspace {
    /// Disconnects a platform: its credentials are wiped, and actions that wait to be carried out there are cancelled, be
    /// it for the first time or for their next attempt or step. What it has brought, and the findings about it, stay.
    /// Throws 404 when it is not connected.
    public func disconnect(_ integrationID: Identifier, now: Timestamp = .now) throws -> Disconnection {
        try change {
            let platform = try first(
                """
                UPDATE integrations SET status = 'disconnected', credentials = NULL, disconnected_at = $3,
                    next_auto_sync_at = NULL, error_kind = NULL, error = NULL
                WHERE workspace_id = $1 AND id = $2 AND status <> 'disconnected' RETURNING platform
                """, integrationID, now
            ) { try $0[0] as String }
            guard let platform else { throw HTTPError.notFound("This workspace has no such integration.") }
            let waiting = try waitingActions(on: platform)
            for action in waiting {
                try cancelAction(action, because: "The platform was disconnected.", now: now)
            }
            let entry = AuditEntry(
                action: "integration.disconnected", targetType: "integration", targetID: integrationID.description,
                details: ["platform": .string(platform), "pending_actions_cancelled": .integer(waiting.count)],
                createdAt: now)
            return (
                Disconnection(platform: platform, disconnectedAt: now, cancelledActions: waiting.count), entry
            )
        }
    }

    /// The actions that the platform is not asked for at this moment. One of which a step was begun is left to its job,
    /// which says that nobody knows what became of it; one whose steps have all ended is as good as ended.
    private func waitingActions(on platform: String) throws -> [Identifier] {
        let open = try rows(
            """
            SELECT id, result FROM remediation_actions
            WHERE workspace_id = $1 AND target_platform = $2 AND status IN ('pending_approval', 'queued', 'running')
            ORDER BY created_at, id
            """, platform
        ) { row in (id: try row[0] as Identifier, result: try row[1] as JSON?) }
        return open.compactMap { action in
            guard let steps = action.result?["steps"]?.array, !steps.isEmpty else { return action.id }
            let statuses = steps.map { $0["status"]?.string }
            return statuses.contains("pending") && !statuses.contains("running") ? action.id : nil
        }
    }
}
