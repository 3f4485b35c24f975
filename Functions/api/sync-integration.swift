import Analysis
import Base
import Function
import HTTP
import Jobs
import Sync

/// POST /api/sync-integration: pulls what a platform has now. What does not fit into the time goes on as a job.
@main struct SyncIntegration: Function {
    static let onRequestPost = Handler(
        .session(.manageIntegrations), .required("integrationId", .uuid, "The integration to sync.")
    ) { context, integrationID in
        let start = ContinuousClock.now
        let (workspace, tools) = (context.workspace, SyncTools(context.env))
        let report: SyncReport
        do {
            report = try workspace.sync(integrationID, for: .person, with: tools, SyncTime(pull: 20, all: 60))
        } catch let failure as SyncFailure {
            // What may pass by itself is tried again by a job.
            if failure.error.isTransient { try workspace.queueSync(of: integrationID) }
            throw failure.answer
        }
        if report.status == .completed {
            // What was synced is there, whatever becomes of its analysis; the cron trigger tries that again.
            do { try workspace.analyzeWhatWasSynced() } catch {
                context.log.write(.error, "the analysis failed: \(error)")
            }
        } else {
            let job = try workspace.queueSync(of: integrationID)
            context.waitUntil {
                try JobRunner([.sync: .sync(tools)], seconds: 25, context.log).run(job, in: workspace)
            }
        }
        return .json { json in
            json.field("status", report.status.rawValue)
            json.field("platform", report.platform.rawValue)
            json.field("entities_synced", report.counts)
            json.field("duration_ms", Int((ContinuousClock.now - start) / .milliseconds(1)))
            json.field("next_auto_sync_at", report.nextAutoSyncAt)
        }
    }
}
