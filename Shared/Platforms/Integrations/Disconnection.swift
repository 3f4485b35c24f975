public import Auth
public import Base
import Store

/// The result of disconnecting a platform.
public struct Disconnection: Described {
    let platform: String
    let disconnectedAt: Timestamp
    let cancelledActions: Int

    public static var schema: JSONSchema {
        .object(
            .field("success", .boolean, "True."),
            .field("platform", .string, "The platform."),
            .field("disconnected_at", .timestamp, "The time at which the credentials were deleted."),
            .field("pending_actions_cancelled", .count, "The number of actions that were cancelled."))
    }

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
    /// Disconnects a platform: deletes its credentials, and cancels the actions that wait to be carried out there,
    /// whether for the first time or for their next attempt or step. The synced data and its findings stay.
    ///
    /// - Parameter cancelActions: Cancels the actions that wait for a platform, in the same transaction. Returns their
    ///   number.
    /// - Throws: `IntegrationError.unknown` if there is no such integration, or if it is disconnected already.
    public func disconnect(
        _ integrationID: Identifier, now: Timestamp = .now, cancelActions: (_ platform: String) throws -> Int
    ) throws -> Disconnection {
        try audited {
            let platform = try first(
                """
                UPDATE integrations SET status = 'disconnected', credentials = NULL, disconnected_at = $3,
                    next_auto_sync_at = NULL, error_kind = NULL, error = NULL
                WHERE workspace_id = $1 AND id = $2 AND status <> 'disconnected' RETURNING platform
                """, integrationID, now
            ) { try $0[0] as String }
            guard let platform else { throw IntegrationError.unknown }
            let cancelled = try cancelActions(platform)
            let entry = AuditEntry(
                action: "integration.disconnected", targetType: "integration", targetID: integrationID.description,
                details: ["platform": .string(platform), "pending_actions_cancelled": .integer(cancelled)],
                createdAt: now)
            return (Disconnection(platform: platform, disconnectedAt: now, cancelledActions: cancelled), entry)
        }
    }
}
