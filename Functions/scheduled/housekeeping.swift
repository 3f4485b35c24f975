import Auth
import Base
import Findings
import Function

/// Every hour: what becomes due by itself. Snoozed findings open again, and trials end.
@main struct Housekeeping: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws {
        for workspace in try context.access.workspaces() {
            do {
                try workspace.reopenDueFindings(now: context.time)
                try workspace.endExpiredTrial(now: context.time)
            } catch {
                // One workspace's trouble must not keep the others waiting.
                context.log.write(
                    .error, "housekeeping failed: \(error)", [("workspace_id", .string(workspace.id.description))])
            }
        }
    }
}
