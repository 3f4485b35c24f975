public import Auth
public import Base
import Store

extension Workspace {
    /// Analyzes the workspace if data was synced since the last analysis. Returns nil if no further analysis is needed.
    /// If another analysis began a moment ago, or has replaced this one, returns the time from which the next one may
    /// run.
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

    /// Returns true if a sync has been completed since the last run of the analysis began. Of the runs, only completed
    /// ones count, and a running one within its lease.
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
