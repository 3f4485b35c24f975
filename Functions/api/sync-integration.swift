import Base
import Function
import HTTP
import Sync

/// POST /api/sync-integration: pulls what a platform has now. What does not fit into the time goes on as a job.
@main struct SyncIntegration: Function {
    static let onRequestPost = Handler(
        .session(.manageIntegrations), .required("integrationId", .uuid, "The integration to sync.")
    ) { context, integrationID in
        let start = ContinuousClock.now
        let report = try context.workspace.sync(
            integrationID, for: .person, with: SyncTools(context.env), SyncTime(pull: 20, all: 60))
        return .json { json in
            json.field("status", report.status.rawValue)
            json.field("platform", report.platform.rawValue)
            json.field("entities_synced", report.counts)
            json.field("duration_ms", Int((ContinuousClock.now - start) / .milliseconds(1)))
            json.field("next_auto_sync_at", report.nextAutoSyncAt)
        }
    }
}
