public import Auth
public import Base
import Jobs
import Store

// Integrations are synced every hour. If a sync fails, the next one begins within one hour, then within two, four and
// eight hours, and from then on within twelve hours. After seven days of failures, the integration waits for a person.
extension Workspace {
    /// The seconds for which a failing integration is retried.
    private static let failingTime = Int.days(7)
    /// The longest pause before the next attempt, in seconds.
    private static let longestPause = Int.hours(12)

    /// Records, in the transaction in which a sync is applied, its success and the time of the next sync.
    ///
    /// - Parameters:
    ///   - lists: The states of the platform's lists.
    ///   - heldBack: The reason why deletions were held back. Nil if none were.
    public func noteSuccess(
        of integrationID: Identifier, lists: [String: ListState], heldBack: String?, now: Timestamp
    ) throws {
        try execute(
            """
            UPDATE integrations SET status = 'connected', last_sync_at = $3, next_auto_sync_at = $4, error_kind = $5,
                error = $6, failing_since = NULL, failed_syncs = 0, lists = $7
            WHERE workspace_id = $1 AND id = $2
            """, integrationID, now, integrationID.hourlyTime(after: now), heldBack.map { _ in "deletions_held_back" },
            heldBack, ListState.json(lists))
    }

    /// Records the reason why a sync does not continue now. The sync is continued automatically.
    public func noteDelay(of integrationID: Identifier, kind: String, sentence: String) throws {
        try execute(
            "UPDATE integrations SET error_kind = $3, error = $4 WHERE workspace_id = $1 AND id = $2", integrationID,
            kind, sentence)
    }

    /// Records, in the transaction that ends a sync without success, the reason and the time of the next one. The
    /// integration gets the status error if its credentials or its configuration are wrong, or if its syncs have failed
    /// for `failingTime`. In the latter case there is no next sync. The workspace's webhook gets an event when the
    /// first sync fails and when the status changes. Does nothing if the integration is paused or disconnected.
    public func noteFailure(of integrationID: Identifier, kind: String, sentence: String, now: Timestamp) throws {
        let failing = try first(
            "SELECT failing_since, failed_syncs, status FROM integrations WHERE workspace_id = $1 AND id = $2",
            integrationID
        ) { row in (since: try row[0] as Timestamp?, count: try row[1] as Int, status: try row[2] as String) }
        let (since, count) = (failing?.since ?? now, failing?.count ?? 0)
        let pause = min(Self.longestPause, Int.hours(1) << min(count, 10))
        let mayRetry = now < since + Self.failingTime
        let next = mayRetry ? integrationID.hourlyTime(after: now + pause - .hours(1)) : nil
        let stored = try first(
            """
            UPDATE integrations SET error_kind = $3, error = $4, next_auto_sync_at = $5, failing_since = $6,
                failed_syncs = $7,
                status = CASE WHEN $3 IN ('authentication_expired', 'configuration_invalid') OR $8 = 0 THEN 'error'
                    ELSE status END
            WHERE workspace_id = $1 AND id = $2 AND \(Integration.isActive)
            RETURNING platform, status
            """, integrationID, kind, sentence, next, since, count + 1, mayRetry ? 1 : 0
        ) { row in (platform: try row[0] as String, status: try row[1] as String) }
        guard let stored, count == 0 || stored.status != failing?.status else { return }
        let event: [String: JSON] = [
            "id": .string(integrationID.description), "platform": .string(stored.platform),
            "status": .string(stored.status), "error_kind": .string(kind), "error": .string(sentence),
            "failing_since": .string(since.description),
        ]
        try announce([OutboundEvent(.integrationFailing, event, at: now)])
    }

    /// Returns the states of an integration's lists after its last applied sync, by name.
    public func listStates(of integrationID: Identifier) throws -> [String: ListState] {
        ListState.all(
            in: try first("SELECT lists FROM integrations WHERE workspace_id = $1 AND id = $2", integrationID) {
                try $0[0] as JSON
            })
    }
}
