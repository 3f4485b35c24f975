import Auth
import Base
import HTTP
import Store

extension Workspace {
    /// Runs the analysis if something was synced since the last run. Returns false if it is too early after the last
    /// analysis.
    @discardableResult
    public func analyzeWhatWasSynced(now: Timestamp = .now) throws -> Bool {
        guard try hasUnseenSync(now: now) else { return true }
        do {
            _ = try analyze(now: now)
            return true
        } catch let error as HTTPError where error.status == 409 {
            return false
        }
    }

    /// Returns true if a sync has ended since the last run began. A run that did not end within its lease does not
    /// count.
    private func hasUnseenSync(now: Timestamp) throws -> Bool {
        try first(
            """
            SELECT 1 FROM sync_runs WHERE workspace_id = $1 AND status = 'completed' AND finished_at >= COALESCE(
                (SELECT max(started_at) FROM analysis_runs WHERE workspace_id = $1
                    AND (status = 'completed' OR status = 'running' AND lease_expires_at > $2)), started_at)
            LIMIT 1
            """, now
        ) { _ in true } ?? false
    }
}
