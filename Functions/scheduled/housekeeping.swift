import Function
import Jobs

/// Every minute: the workspaces whose hourly housekeeping is due are queued, and old counts of failed authentications are
/// forgotten.
@main struct Housekeeping: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        try context.access.pruneFailedAuthentications(now: context.time)
        try context.access.queueDueHousekeeping(now: context.time, context.log)
        return .completed
    }
}
