import Function
import Jobs

/// Every minute: the integrations whose hourly sync is due are queued.
@main struct DueSyncs: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        try context.access.queueDueSyncs(now: context.time, context.log)
        return .completed
    }
}
