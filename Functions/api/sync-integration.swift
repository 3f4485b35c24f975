import Analysis
import Base
import Function
import HTTP
import Jobs
import Sync

/// POST /api/sync-integration: pulls what a platform has now. What does not fit into the time goes on as a job, and so does
/// what is left when this process is killed.
@main struct SyncIntegration: Function {
    /// Seconds within which all of it has ended.
    private static let seconds = 60.0

    static let onRequestPost = Handler(
        .session(.manageIntegrations), .required("integrationId", .uuid, "The integration to sync.")
    ) { context, integrationID in
        let start = ContinuousClock.now
        let (workspace, tools) = (context.workspace, SyncTools(context.env))
        let hasStandIn = try workspace.queueStandIn(ofSyncOf: integrationID, after: Int(seconds) + 15)
        let report: SyncReport
        do {
            report = try workspace.sync(integrationID, for: .person, with: tools, SyncTime(pull: 20, all: seconds))
        } catch let failure as SyncFailure {
            // What may pass by itself is tried again by a job.
            if failure.error.isTransient { try workspace.queueSync(of: integrationID) }
            try workspace.dismissStandIn(ofSyncOf: integrationID)
            throw failure.answer
        } catch let error as HTTPError {
            if hasStandIn { try workspace.dismissStandIn(ofSyncOf: integrationID) }
            throw error
        }
        if report.status == .completed {
            try workspace.dismissStandIn(ofSyncOf: integrationID)
            // What was synced is there, whatever becomes of its analysis; the cron trigger tries that again.
            do { try workspace.analyzeWhatWasSynced() } catch {
                context.log.write(.error, "the analysis failed: \(error)")
            }
        } else {
            let job = try workspace.queueSync(of: integrationID)
            try workspace.dismissStandIn(ofSyncOf: integrationID)
            context.waitUntil {
                try JobRunner([.sync: .sync(tools)], seconds: 25, context.log).run(job, in: workspace)
            }
        }
        let next = try workspace.nextSync(of: integrationID)
        return .json { json in
            json.field("status", report.status.rawValue)
            json.field("platform", report.platform.rawValue)
            json.field("entities_synced", report.counts)
            json.field("duration_ms", Int((ContinuousClock.now - start) / .milliseconds(1)))
            json.field("next_auto_sync_at", next ?? report.nextAutoSyncAt)
        }
    }
}
