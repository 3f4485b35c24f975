public import Auth
public import Base
import Store

extension Workspace {
    /// Looks for what is wrong if something has been synced since the last time. Returns nil if that is done, and the time
    /// from which on it may be tried if it is too early after the last analysis.
    @discardableResult
    public func analyzeWhatWasSynced(now: Timestamp = .now) throws -> Timestamp? {
        guard try hasUnseenSync(now: now) else { return nil }
        do {
            _ = try analyze(now: now)
            return nil
        } catch let error as AnalysisError where error.kind == .conflict {
            return now + (error.retryAfter ?? Self.analysisInterval)
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
