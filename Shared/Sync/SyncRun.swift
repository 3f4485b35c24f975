import Auth
import Base
import HTTP
import Store

/// One sync of an integration that this process works on. Others keep off until its lease has run out; whoever finds
/// another's token in it has lost it.
struct SyncRun {
    let id: Identifier
    let integrationID: Identifier
    /// Tells this claim from the one that another process may have made since.
    let token: Identifier
    let startedAt: Timestamp
    var position: SyncPosition
}

/// Why a sync does not go on here.
enum SyncInterruption: Error {
    /// Another process has taken it over.
    case lost
    /// The integration was paused or disconnected meanwhile.
    case unwanted
    /// Another sync of the workspace is being applied in steps.
    case occupied
    /// The time is up. The steps that were made stay.
    case outOfTime
}

extension Workspace {
    /// How long a sync may be under way before it is begun anew: what it has pulled is too old by then.
    static let longestSync = Int.hours(6)
    /// How far the first sync reaches back, which rules take a person's habits from.
    static let firstEvents = Int.days(14)

    /// Goes on with the integration's sync that is under way, or else begins a new one. Another process that still works on
    /// it has lost it.
    func beginSync(
        of integration: SyncedIntegration, until leaseEnd: Timestamp, now: Timestamp
    ) throws -> SyncRun {
        try exclusively {
            let token = Identifier.random()
            let last = try first(
                """
                SELECT id, started_at, position FROM sync_runs
                WHERE workspace_id = $1 AND integration_id = $2 AND status IN ('queued', 'in_progress')
                ORDER BY started_at DESC, id LIMIT 1
                """, integration.id
            ) { row in
                (id: try row[0] as Identifier, startedAt: try row[1] as Timestamp, position: try row[2] as JSON?)
            }
            if let last {
                if let position = last.position.flatMap(SyncPosition.init), last.startedAt + Self.longestSync > now {
                    try execute(
                        """
                        UPDATE sync_runs SET status = 'in_progress', lease_token = $3, lease_expires_at = $4
                        WHERE workspace_id = $1 AND id = $2
                        """, last.id, token, leaseEnd)
                    return SyncRun(
                        id: last.id, integrationID: integration.id, token: token, startedAt: last.startedAt,
                        position: position)
                }
                try endSync(last.id, error: nil, at: now)
            }
            let pulledAt = try lastPull(of: integration)
            let since = pulledAt.map { $0 - integration.platform.eventDelay } ?? now - Self.firstEvents
            let older = try listHistory(of: integration.id).olderEvents.mapValues { max($0, now - Self.firstEvents) }
            let run = SyncRun(
                id: .random(), integrationID: integration.id, token: token, startedAt: now,
                position: SyncPosition(eventsSince: since, olderEvents: older.filter { $0.value < since }))
            try execute(
                """
                INSERT INTO sync_runs (workspace_id, id, integration_id, status, started_at, lease_token,
                    lease_expires_at, position)
                VALUES ($1, $2, $3, 'in_progress', $4, $5, $6, $7)
                """, run.id, integration.id, now, token, leaseEnd, run.position.json)
            return run
        }
    }

    /// The history of an integration's lists.
    func listHistory(of integrationID: Identifier) throws -> ListHistory {
        ListHistory(
            try first("SELECT lists FROM integrations WHERE workspace_id = $1 AND id = $2", integrationID) {
                try $0[0] as JSON
            })
    }

    /// When the last sync that was applied began to pull: what has happened since then it may not have seen, however late
    /// it was applied. Of a run that is no longer kept only that it took no longer than any may is known.
    private func lastPull(of integration: SyncedIntegration) throws -> Timestamp? {
        try first(
            """
            SELECT started_at FROM sync_runs WHERE workspace_id = $1 AND integration_id = $2 AND status = 'completed'
            ORDER BY started_at DESC LIMIT 1
            """, integration.id
        ) { try $0[0] as Timestamp } ?? integration.lastSyncAt.map { $0 - Self.longestSync }
    }

    /// Saves how far a sync has come, in the transaction of what it has staged. Throws when it is no longer this
    /// process's.
    func save(_ run: SyncRun) throws {
        let saved = try execute(
            """
            UPDATE sync_runs SET position = $4
            WHERE workspace_id = $1 AND id = $2 AND lease_token = $3 AND status = 'in_progress'
            """, run.id, run.token, run.position.json)
        guard saved == 1 else { throw SyncInterruption.lost }
    }

    /// Leaves a sync to whoever goes on with it.
    func release(_ run: SyncRun, now: Timestamp) throws {
        try execute(
            """
            UPDATE sync_runs SET lease_token = NULL, lease_expires_at = $4
            WHERE workspace_id = $1 AND id = $2 AND lease_token = $3 AND status = 'in_progress'
            """, run.id, run.token, now)
    }

    /// Ends a sync that has not come to its end. The caller then forgets its staged records (`forgetStagedRecords`).
    func endSync(_ runID: Identifier, error: (kind: String, sentence: String)?, at now: Timestamp) throws {
        try execute(
            """
            UPDATE sync_runs SET status = 'failed', finished_at = $3, lease_token = NULL, error_kind = $4, error = $5
            WHERE workspace_id = $1 AND id = $2
            """, runID, now, error?.kind, error?.sentence)
    }
}
