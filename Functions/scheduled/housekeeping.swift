import Auth
import Function
import Jobs

/// Runs every minute: queues the hourly housekeeping of each workspace for which it is due, and deletes counts of
/// failed authentications and used confirmations that are more than an hour old.
@main struct Housekeeping: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        try context.access.pruneFailedAuthentications(now: context.time)
        try context.access.pruneUsedConfirmations(now: context.time)
        try context.access.queueDueHousekeeping(now: context.time, context.log)
        return .completed
    }
}
