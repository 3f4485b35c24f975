import Auth
import Base
import Findings
import Function
import Jobs

/// Every hour: what becomes due by itself. Snoozed findings open again, trials end, actions that nobody has approved for a
/// week are cancelled, and what the plan keeps no longer, jobs that were completed a week ago and confirmations that have
/// expired are forgotten.
@main struct Housekeeping: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws {
        for workspace in try context.access.workspaces() {
            do {
                try workspace.reopenDueFindings(now: context.time)
                try workspace.endExpiredTrial(now: context.time)
                try workspace.cancelExpiredApprovals(now: context.time)
                try workspace.pruneJobs(now: context.time)
                try workspace.pruneConfirmations(now: context.time)
                try workspace.pruneSyncedData(now: context.time)
            } catch {
                // One workspace's trouble must not keep the others waiting.
                context.log.write(
                    .error, "housekeeping failed: \(error)", [("workspace_id", .string(workspace.id.description))])
            }
        }
    }
}
