import Analysis
import Auth
import Base
import Function
import HTTP
import Integrations
import Jobs
import Operation
import Sync

/// POST /api/sync-integration: fetches a platform's current data. The request claims the integration's job and runs it.
/// If the workspace already runs the largest allowed number of syncs, the time is too short, or this process is killed,
/// a worker runs or continues that job.
@main struct SyncIntegration: Function {
    /// The time limit of the sync in the request, in seconds.
    private static let seconds = 60.0

    static let onRequestPost = Handler(
        "sync_integration", .session(.manageIntegrations), "Pulls a platform's current data.",
        .required("integrationId", .uuid, "The integration to sync."),
        returns: .json(
            .field("status", .oneOf(SyncReport.Status.self), "The state of the sync."),
            .field("platform", .string, "The platform."),
            .field("entities_synced", SyncCounts.schema, "The numbers of records that have come so far."),
            .field("duration_ms", .count, "The duration of the request, in milliseconds."),
            .field("next_auto_sync_at", .timestamp, "The time at which the next sync begins by itself."),
            .optional("last_error", .string, "The reason why the deletions of this sync were held back.")),
        errors: [
            SyncError.unknownIntegration, SyncError.inProgress, IntegrationError.nothingToSync,
            IntegrationError.noCredentials, IntegrationError.unopenedCredentials, SyncFailure.refusedCredentials,
        ]
    ) { context, integrationID in
        let start = ContinuousClock.now
        let (workspace, tools) = (context.workspace, SyncTools(context.env))
        let platform = try workspace.integrationToSync(integrationID).platform
        let handlers: [JobKind: JobHandler] = [.sync: .sync(tools), .analysis: .analysis]
        var report: SyncReport?
        var job: Identifier?
        switch try workspace.claimSync(of: integrationID, seconds: Int(clamping: seconds) + 15) {
        case .missing, .notDue: throw SyncError.unknownIntegration
        case .running: throw SyncError.inProgress
        case .full: break
        case .claimed(let claimed):
            report = try run(
                claimed, of: integrationID, in: context, JobRunner(handlers, seconds: seconds, context.log))
            job = report?.status == .completed ? try workspace.queuedAnalysis() : claimed.id
        }
        if let job {
            context.waitUntil {
                try JobRunner(handlers, seconds: 25, context.log).run(job, in: workspace)
            }
        }
        let (next, error) = try workspace.nextSync(of: integrationID)
        return .json { json in
            json.field("status", (report?.status ?? .queued).rawValue)
            json.field("platform", platform.rawValue)
            json.field("entities_synced", report?.counts ?? SyncCounts())
            json.field("duration_ms", (ContinuousClock.now - start).milliseconds)
            json.field("next_auto_sync_at", next ?? integrationID.hourlyTime(after: context.now))
            json.field("last_error", ifPresent: error)
        }
    }

    /// Syncs in this process, which serves no other request at the same time.
    private static func run(
        _ job: Job, of integrationID: Identifier, in context: Context, _ runner: JobRunner
    ) throws -> SyncReport {
        var result: Result<SyncReport, any Error>?
        try runner.runHere(job, in: context.workspace) { jobContext in
            let (came, outcome) = JobHandler.sync(
                integrationID, in: jobContext, with: SyncTools(context.env), SyncTime(pull: 20, all: seconds))
            result = came
            return outcome
        }
        do {
            guard let report = try result?.get() else { throw SyncError.inProgress }
            return report
        } catch is LeaseLost {
            throw SyncError.overtaken
        }
    }
}
