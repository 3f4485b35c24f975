import Auth
import Base
import HTTP
import Store

/// The result of disconnecting a platform.
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
    /// Disconnects a platform: deletes its credentials and cancels the actions that wait to be carried out there,
    /// including those that wait for another attempt or their next step. Synced data and findings stay.
    /// - Throws: `HTTPError` 404 if the platform is not connected.
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

    /// Returns the actions that can be cancelled because the platform is not being asked for them at this moment. An
    /// action with a step that was started is left to its job, which reports that the outcome is not known. An action
    /// whose steps have all ended is about to end.
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
