import Auth
import Base
import HTTP
import Store

extension Workspace {
    /// Looks for what is wrong when something has been synced since the last time; false when it is too early after the
    /// last analysis.
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

    /// A run that has not come to its end within its lease has seen nothing.
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
