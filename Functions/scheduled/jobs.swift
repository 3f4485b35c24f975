import Function
import Jobs
import Remediation
import Sync

/// Every minute: jobs that are due, and those that a crash has left behind.
@main struct DueJobs: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws {
        let handlers: [JobKind: JobHandler] = [
            .remediation: Remediation(context.env).handler, .sync: .sync(SyncTools(context.env)),
        ]
        try JobRunner(handlers, seconds: 240, context.log).runDue(context.access)
    }
}
