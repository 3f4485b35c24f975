@_spi(System) import Auth
import Base
import Store

// Schedule for hourly work. Each integration and workspace has its own second of the hour, which is derived from its
// id. The second is the same on all machines, and remains the same after an outage. It is therefore always known how
// late a run is.
extension Identifier {
    /// Returns the next time after `moment` at which the hourly work for the object with this id is due.
    public func hourlyTime(after moment: Timestamp) -> Timestamp {
        let offset = Int(description.prefix(8), radix: 16).map { $0 % .hours(1) } ?? 0
        let sinceOffset = (moment.seconds - offset) % .hours(1)
        return moment + (.hours(1) - (sinceOffset < 0 ? sinceOffset + .hours(1) : sinceOffset))
    }
}

extension SystemAccess {
    /// The number of due rows that are read at once.
    private static let batch = 500

    /// Queues the syncs that are due in all workspaces, and schedules the next ones. Paused integrations are skipped.
    /// After an outage each sync is queued only once. Any number of processes may call this at the same time.
    public func queueDueSyncs(now: Timestamp, _ log: Log) throws {
        try queueInBatches(log) {
            let due = try database.rows(
                """
                SELECT workspace_id, id FROM integrations
                WHERE status IN ('connected', 'pending', 'error') AND next_auto_sync_at <= $1
                ORDER BY next_auto_sync_at LIMIT $2
                """, now, Self.batch
            ) { row in (workspaceID: try row[0] as Identifier, id: try row[1] as Identifier) }
            return Dictionary(grouping: due, by: \.workspaceID).mapValues { integrations in
                { workspace in
                    for integration in integrations { try workspace.queueDueSync(integration.id, now: now) }
                }
            }
        }
    }

    /// Queues the housekeeping of the workspaces in which it is due, and schedules the next.
    public func queueDueHousekeeping(now: Timestamp, _ log: Log) throws {
        try queueInBatches(log) {
            let due = try database.rows(
                "SELECT id FROM workspaces WHERE next_housekeeping_at <= $1 ORDER BY next_housekeeping_at LIMIT $2",
                now,
                Self.batch
            ) { try $0[0] as Identifier }
            return Dictionary(due.map { id in (id, { try $0.queueDueHousekeeping(now: now) }) }) { first, _ in first }
        }
    }

    /// Calls `due` and runs the work that it returns for each workspace, in a transaction of its own, until nothing is
    /// due. If one workspace's transaction fails, the others still run.
    private func queueInBatches(
        _ log: Log, _ due: () throws -> [Identifier: (Workspace) throws -> Void]
    ) throws {
        while true {
            let all = try due()
            var failures = 0
            for (id, queue) in all {
                do {
                    try database.transaction(.write) { if let workspace = try workspace(id) { try queue(workspace) } }
                } catch let error as StoreError {
                    if case .unreachable = error { throw error }
                    failures += 1
                    log.write(.error, "due jobs were not queued: \(error)", [("workspace_id", .string(id.description))])
                }
            }
            guard all.count > failures else { return }
        }
    }
}

extension Workspace {
    fileprivate func queueDueSync(_ integration: Identifier, now: Timestamp) throws {
        let hasCredentials = try first(
            """
            UPDATE integrations SET next_auto_sync_at = $4
            WHERE workspace_id = $1 AND id = $2 AND status IN ('connected', 'pending', 'error')
                AND next_auto_sync_at <= $3
            RETURNING CASE WHEN credentials IS NULL THEN 0 ELSE 1 END
            """, integration, now, integration.hourlyTime(after: now)
        ) { try $0[0] as Int }
        if hasCredentials == 1 { try queueSync(of: integration, urgency: .routine, now: now) }
    }

    fileprivate func queueDueHousekeeping(now: Timestamp) throws {
        let isDue = try execute(
            "UPDATE workspaces SET next_housekeeping_at = $3 WHERE workspaces.id = $1 AND next_housekeeping_at <= $2",
            now, id.hourlyTime(after: now))
        if isDue == 1 {
            try enqueue(.housekeeping, payload: [:], key: "housekeeping \(id)", urgency: .upkeep, now: now)
        }
    }
}
