import Auth
import Function
import Jobs

/// Runs every minute: queues the hourly housekeeping of workspaces for which it is due, and deletes old counts of
/// failed authentications.
@main struct Housekeeping: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        try context.access.pruneFailedAuthentications(now: context.time)
        try context.access.queueDueHousekeeping(now: context.time, context.log)
        return .completed
    }
}
