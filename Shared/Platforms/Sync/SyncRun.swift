import Auth
import Base
import Integrations
import Store

/// A sync of an integration on which this process works. The row has this process's token, which another process that
/// continues the sync replaces. If the stored token is not this one's, another process has done so. The token has no
/// time limit of its own: the claim of the integration's job decides which process works.
struct SyncRun {
    let id: Identifier
    let integrationID: Identifier
    /// The token that tells this process's claim from a later one.
    let token: Identifier
    let startedAt: Timestamp
    var position: SyncPosition
}

/// The reasons why a sync does not continue in this process.
enum SyncInterruption: Error {
    /// Another process has taken the sync over or ended it.
    case lost
    /// The integration was paused or disconnected in the meantime.
    case unwanted
    /// Another sync of the workspace is being applied in steps.
    case occupied
    /// The time is up. Completed steps stay.
    case outOfTime
}

extension Workspace {
    /// The seconds after which an unfinished sync is ended and another one begins, since the pages that it has read are
    /// too old by then.
    static let longestSync = Int.hours(6)
    /// The seconds that the first sync's events reach back, from which rules learn people's habits.
    static let firstEvents = Int.days(14)

    /// Continues the integration's unfinished sync, or begins a new one. If another process still works on the
    /// unfinished sync, its token no longer counts. An unfinished sync that began longer than `longestSync` ago, or
    /// whose position can't be read, is ended.
    func beginSync(of integration: Integration, now: Timestamp) throws -> SyncRun {
        try withWriteLock {
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
                        UPDATE sync_runs SET status = 'in_progress', lease_token = $3
                        WHERE workspace_id = $1 AND id = $2
                        """, last.id, token)
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
                INSERT INTO sync_runs (workspace_id, id, integration_id, status, started_at, lease_token, position)
                VALUES ($1, $2, $3, 'in_progress', $4, $5, $6)
                """, run.id, integration.id, now, token, run.position.json)
            return run
        }
    }

    /// Returns the history of an integration's lists.
    func listHistory(of integrationID: Identifier) throws -> ListHistory {
        ListHistory(try listStates(of: integrationID))
    }

    /// Returns the time at which the last applied sync began to read. It may have missed later events, even if it was
    /// applied much later. If that run's row was deleted, assumes that it took the maximum time.
    private func lastPull(of integration: Integration) throws -> Timestamp? {
        try first(
            """
            SELECT started_at FROM sync_runs WHERE workspace_id = $1 AND integration_id = $2 AND status = 'completed'
            ORDER BY started_at DESC LIMIT 1
            """, integration.id
        ) { try $0[0] as Timestamp } ?? integration.lastSyncAt.map { $0 - Self.longestSync }
    }

    /// Saves the progress of a sync in the open transaction.
    /// - Throws: `SyncInterruption.lost` if another process has taken the sync over or ended it.
    func save(_ run: SyncRun) throws {
        let saved = try execute(
            """
            UPDATE sync_runs SET position = $4
            WHERE workspace_id = $1 AND id = $2 AND lease_token = $3 AND status = 'in_progress'
            """, run.id, run.token, run.position.json)
        guard saved == 1 else { throw SyncInterruption.lost }
    }

    /// Gives up the sync, which another process can continue.
    func release(_ run: SyncRun) throws {
        try execute(
            """
            UPDATE sync_runs SET lease_token = NULL
            WHERE workspace_id = $1 AND id = $2 AND lease_token = $3 AND status = 'in_progress'
            """, run.id, run.token)
    }

    /// Ends a sync without success. Its staged records stay until `forgetStagedRecords` deletes them.
    func endSync(_ runID: Identifier, error: (kind: String, sentence: String)?, at now: Timestamp) throws {
        try execute(
            """
            UPDATE sync_runs SET status = 'failed', finished_at = $3, lease_token = NULL, error_kind = $4, error = $5
            WHERE workspace_id = $1 AND id = $2
            """, runID, now, error?.kind, error?.sentence)
    }
}
