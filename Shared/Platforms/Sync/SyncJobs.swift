import Auth
public import Base
import Connectors
import Integrations
public import Jobs

extension JobHandler {
    /// The handler of jobs of kind sync. Their payload names the integration.
    public static func sync(_ tools: SyncTools) -> JobHandler {
        JobHandler(
            at: Platform.synced.map(\.rawValue),
            run: { context in
                guard let id = integration(of: context.job) else { return .notUnderstood }
                return sync(id, in: context, with: tools, SyncTime(all: context.secondsLeft)).outcome
            },
            giveUp: { context, sentence in
                guard let id = integration(of: context.job) else { return }
                try context.workspace.noteFailure(
                    of: id, kind: "provider_error", sentence: sentence, now: context.now)
                for run in try context.workspace.unfinishedSyncs(of: id) {
                    try context.workspace.endSync(run, error: ("provider_error", sentence), at: context.now)
                }
            })
    }

    /// Syncs an integration for its job. Returns the result, and the outcome for the job.
    public static func sync(
        _ id: Identifier, in context: JobContext, with tools: SyncTools, _ time: SyncTime
    ) -> (result: Result<SyncReport, any Error>, outcome: JobOutcome) {
        let result = Result {
            try context.workspace.sync(id, with: tools, time, confirm: context.confirm, now: { context.now })
        }
        if let word = word(for: result) {
            context.log.write(
                .info, "a sync ended",
                [
                    ("counter", "syncs"), ("platform", .string(context.job.platform ?? "unknown")),
                    ("result", .string(word)),
                ])
        }
        switch result {
        case .success(let report):
            guard report.status != .completed else { return (result, .completed) }
            return (result, .wait(until: context.now + report.pause, "There is more to pull or to apply."))
        case .failure(let failure as SyncFailure):
            return (result, outcome(of: failure.error, now: context.now))
        case .failure(let error as any DomainError):
            // For not found and conflict: the integration was disconnected or paused in the meantime, or another
            // process has taken the sync over or ended it.
            return (result, [.notFound, .conflict].contains(error.kind) ? .completed : .dead(error.sentence))
        case .failure(let error as LeaseLost):
            // The other worker decides the outcome of the job.
            return (.failure(error), .completed)
        case .failure(let error):
            context.log.write(.error, "the sync failed: \(error)")
            return (result, .retry("It failed. The log has the reason."))
        }
    }

    /// Returns a word for the log about a sync that has ended or is delayed; nil if it only needs more time, if another
    /// process has taken it over, or if the integration can't be synced.
    private static func word(for result: Result<SyncReport, any Error>) -> String? {
        switch result {
        case .success(let report): report.status == .completed ? "completed" : nil
        case .failure(let failure as SyncFailure): failure.error.isTransient ? "delayed" : failure.error.kind
        case .failure(is any DomainError), .failure(is LeaseLost): nil
        case .failure: "failed"
        }
    }

    private static func outcome(of error: ConnectorError, now: Timestamp) -> JobOutcome {
        switch error {
        case .rateLimited(let seconds): .wait(until: now + seconds, error.sentence)
        default: error.isTransient ? .retry(error.sentence) : .dead(error.sentence)
        }
    }

    private static func integration(of job: Job) -> Identifier? {
        job.payload["integration_id"]?.string.flatMap { Identifier($0) }
    }
}
