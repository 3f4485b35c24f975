import Function
import Integrations

/// Runs every minute: queues the automatic sync of each integration for which it is due.
@main struct DueSyncs: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        try context.access.queueDueSyncs(now: context.time, context.log)
        return .completed
    }
}
