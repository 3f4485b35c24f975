import Function
import Jobs
import Sync

/// Every minute: jobs that are due, and those that a crash has left behind.
@main struct DueJobs: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws {
        try JobRunner([.sync: .sync(SyncTools(context.env))], seconds: 240, context.log).runDue(context.access)
    }
}
