@_spi(System) public import Auth
public import Base
import Jobs
import Store

extension SystemAccess {
    /// Queues the syncs that are due in all workspaces, and schedules the next ones. Paused and disconnected
    /// integrations are skipped. After an outage each sync is queued only once. Any number of processes may call this
    /// at the same time.
    public func queueDueSyncs(now: Timestamp, _ log: Log) throws {
        try queueInBatches(log) { limit in
            let due = try database.rows(
                """
                SELECT workspace_id, id FROM integrations
                WHERE \(Integration.isActive) AND next_auto_sync_at <= $1
                ORDER BY next_auto_sync_at LIMIT $2
                """, now, limit
            ) { row in (workspaceID: try row[0] as Identifier, id: try row[1] as Identifier) }
            return Dictionary(grouping: due, by: \.workspaceID).mapValues { integrations in
                { workspace in
                    for integration in integrations { try workspace.queueDueSync(integration.id, now: now) }
                }
            }
        }
    }
}

extension Workspace {
    fileprivate func queueDueSync(_ integration: Identifier, now: Timestamp) throws {
        let hasCredentials = try first(
            """
            UPDATE integrations SET next_auto_sync_at = $4
            WHERE workspace_id = $1 AND id = $2 AND \(Integration.isActive)
                AND next_auto_sync_at <= $3
            RETURNING CASE WHEN credentials IS NULL THEN 0 ELSE 1 END
            """, integration, now, integration.hourlyTime(after: now)
        ) { try $0[0] as Int }
        if hasCredentials == 1 { try queueSync(of: integration, urgency: .routine, now: now) }
    }
}
