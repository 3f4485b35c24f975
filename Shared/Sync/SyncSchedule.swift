import Auth
import Base
import Jobs
import Store

// Integrations are synced every hour. If a sync fails, the next one begins after one hour, then after two, four, eight
// and at last every twelve hours, for seven days. After that the integration waits for a person.
extension Workspace {
    /// The seconds for which a failing integration is retried.
    private static let failingTime = Int.days(7)
    /// The longest pause between two attempts, in seconds.
    private static let longestPause = Int.hours(12)

    /// Records, in the transaction that ends a sync without success, the reason and the time of the next one.
    func noteFailure(of integrationID: Identifier, kind: String, sentence: String, now: Timestamp) throws {
        let failing = try first(
            "SELECT failing_since, failed_syncs FROM integrations WHERE workspace_id = $1 AND id = $2", integrationID
        ) { row in (since: try row[0] as Timestamp?, count: try row[1] as Int) }
        let (since, count) = (failing?.since ?? now, failing?.count ?? 0)
        let pause = min(Self.longestPause, Int.hours(1) << min(count, 10))
        let mayRetry = now < since + Self.failingTime
        let next = mayRetry ? integrationID.hourlyTime(after: now + pause - .hours(1)) : nil
        try execute(
            """
            UPDATE integrations SET error_kind = $3, error = $4, next_auto_sync_at = $5, failing_since = $6,
                failed_syncs = $7,
                status = CASE WHEN $3 IN ('authentication_expired', 'configuration_invalid') OR $8 = 0 THEN 'error'
                    ELSE status END
            WHERE workspace_id = $1 AND id = $2 AND status IN ('connected', 'pending', 'error')
            """, integrationID, kind, sentence, next, since, count + 1, mayRetry ? 1 : 0)
    }
}
