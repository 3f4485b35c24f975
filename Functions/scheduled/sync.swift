import Analysis
import Base
import Function
import Jobs

/// Every five minutes: the integrations whose hourly sync is due are queued, and what was synced since the last analysis
/// is analysed, where that could not be done at once.
@main struct DueSyncs: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws {
        for workspace in try context.access.workspaces() {
            do {
                _ = try workspace.queueDueSyncs(now: context.time)
                try workspace.analyzeWhatWasSynced()
            } catch {
                // One workspace's trouble must not keep the others waiting.
                context.log.write(
                    .error, "queueing syncs failed: \(error)", [("workspace_id", .string(workspace.id.description))])
            }
        }
    }
}
