import Auth
import Base
import Store

/// Syncs that have been asked for all at once.
public struct SyncRequests: JSONWritable {
    /// The platforms, by name.
    let platforms: [String]

    public func write(to json: inout JSONWriter) {
        let count = platforms.count
        json.object { json in
            json.field("status", count == 0 ? "no_integrations" : "triggered")
            json.field("integrations_queued", count)
            json.field("platforms", platforms)
            json.field(
                "message",
                count == 0
                    ? "There are no connected integrations to sync."
                    : "Sync triggered for \(count) integration\(count == 1 ? "" : "s")")
        }
    }
}

extension Workspace {
    /// Queues a sync of every connected integration.
    public func requestSyncs(now: Timestamp = .now) throws -> SyncRequests {
        try change {
            let integrations = try rows(
                "SELECT id, platform FROM integrations WHERE workspace_id = $1 AND status = 'connected' ORDER BY platform"
            ) { row in (id: try row[0] as Identifier, platform: try row[1] as String) }
            for integration in integrations { try queueSync(of: integration.id, now: now) }
            let platforms = integrations.map(\.platform)
            let entry = AuditEntry(
                action: "integration.sync_requested", targetType: "workspace", targetID: id.description,
                details: ["platforms": .array(platforms.map(JSON.string))], createdAt: now)
            return (SyncRequests(platforms: platforms), entry)
        }
    }

    /// Queues the syncs whose hour has come, and sets their next. Those that are paused, or that somebody must mend first,
    /// wait. Returns how many.
    public func queueDueSyncs(now: Timestamp) throws -> Int {
        try exclusively {
            let due = try rows(
                """
                UPDATE integrations SET next_auto_sync_at = $3
                WHERE workspace_id = $1 AND status IN ('connected', 'pending') AND credentials IS NOT NULL
                    AND next_auto_sync_at <= $2
                RETURNING id
                """, now, now + .hours(1)
            ) { try $0[0] as Identifier }
            for integration in due { try queueSync(of: integration, now: now) }
            return due.count
        }
    }

    /// Queues a sync of an integration, unless one waits already; returns the job's id.
    @discardableResult
    public func queueSync(of integrationID: Identifier, now: Timestamp = .now) throws -> Identifier {
        let waiting = try first(
            """
            SELECT id FROM jobs WHERE workspace_id = $1 AND kind = $2 AND status IN ('queued', 'running')
                AND payload ->> 'integration_id' = $3 AND payload ->> 'stand_in' IS NULL LIMIT 1
            """, JobKind.sync, integrationID.description
        ) { try $0[0] as Identifier }
        return try waiting
            ?? enqueue(.sync, payload: ["integration_id": .string(integrationID.description)], now: now)
    }

    /// Queues a job that goes on with a sync which this process is about to begin, should the process end before the sync
    /// does: it is due `seconds` from now, and nobody else counts on it. False when there is one already, of a process that
    /// is at it or has died.
    public func queueStandIn(
        ofSyncOf integrationID: Identifier, after seconds: Int, now: Timestamp = .now
    ) throws -> Bool {
        try exclusively {
            let known = try first(
                """
                SELECT id FROM jobs WHERE workspace_id = $1 AND kind = $2 AND status = 'queued'
                    AND payload ->> 'integration_id' = $3 AND payload ->> 'stand_in' IS NOT NULL LIMIT 1
                """, JobKind.sync, integrationID.description
            ) { try $0[0] as Identifier }
            guard known == nil else { return false }
            _ = try enqueue(
                .sync, payload: ["integration_id": .string(integrationID.description), "stand_in": "yes"],
                runAfter: now + seconds, now: now)
            return true
        }
    }

    /// Removes the stand-in of a sync that has no need of it any more, unless it has been begun.
    public func dismissStandIn(ofSyncOf integrationID: Identifier) throws {
        try execute(
            """
            DELETE FROM jobs WHERE workspace_id = $1 AND kind = $2 AND status = 'queued'
                AND payload ->> 'integration_id' = $3 AND payload ->> 'stand_in' IS NOT NULL
            """, JobKind.sync, integrationID.description)
    }

    /// When the next sync of an integration begins by itself; nil when none does.
    public func nextSync(of integrationID: Identifier) throws -> Timestamp? {
        try first(
            "SELECT next_auto_sync_at FROM integrations WHERE workspace_id = $1 AND id = $2", integrationID
        ) { try $0[0] as Timestamp? } ?? nil
    }
}
