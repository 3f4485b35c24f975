import Actions
import Analysis
import Assistant
import Auth
import Base
import Billing
import Findings
import Function
import Integrations
import Jobs
import Outbound
import Remediation
import Sync

/// Runs every minute: runs jobs that are due, and jobs whose claim has expired, for example because their worker
/// crashed. Any number of these functions may run at the same time.
///
/// JOB_PROCESSES is the largest number of jobs that run at once, 1 to 256; the default is 4. With JOB_WORKER_SECONDS
/// the function is a worker: it looks for jobs for that time, and also queues due syncs and housekeeping.
@main struct DueJobs: ScheduledFunction {
    private static let seconds = 240.0
    /// The seconds that are reserved before the platform's deadline: to kill the processes of jobs that don't end in
    /// time, to record this, and to answer.
    private static let reserve = 15.0

    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        let handlers: [JobKind: JobHandler] = [
            .remediation: Remediation(context.env).handler, .sync: .sync(SyncTools(context.env)), .analysis: .analysis,
            .outbound: .outbound(context.env),
            .housekeeping: JobHandler { context in
                try context.workspace.keepHouse(now: context.now)
                return .completed
            },
        ]
        let atOnce = context.env["JOB_PROCESSES"].flatMap { Int($0) }.map { max(1, min(256, $0)) } ?? 4
        let seconds = context.env["JOB_WORKER_SECONDS"].flatMap { Int($0) }.map { Double(max(1, min(86_400, $0))) }
        let left = context.secondsLeft.map { max(0, $0 - Self.reserve) } ?? .infinity
        let runner = JobRunner(handlers, seconds: min(seconds ?? Self.seconds, left), atOnce: atOnce, context.log)
        func keepQueue(now: Timestamp) throws {
            try context.access.queueDueSyncs(now: now, context.log)
            try context.access.queueDueHousekeeping(now: now, context.log)
        }
        try runner.runDue(context.access, upkeep: seconds == nil ? nil : keepQueue)
        return try runner.hasMore(context.access) ? .more : .completed
    }
}

extension Workspace {
    /// Does the hourly upkeep of a workspace:
    ///
    /// - opens snoozed findings that are due, and ends the trial if its grace period is over;
    /// - cancels actions that have waited for approval for a week, and ends actions whose job no longer exists;
    /// - undoes a partly applied sync that no process will continue;
    /// - deletes rows that ended syncs have staged, platforms' events and the history of syncs that are older than the
    ///   plan keeps them, jobs that died more than 30 days ago, and confirmations that expired more than a day ago.
    func keepHouse(now: Timestamp) throws {
        try undoAbandonedSync(now: now)
        try reopenDueFindings(now: now)
        try endExpiredTrial(now: now)
        try cancelExpiredApprovals(now: now)
        try endLostActions(now: now)
        try pruneJobs(now: now)
        try pruneConfirmations(now: now)
        try pruneSyncedData(now: now)
    }
}
