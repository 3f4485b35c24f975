import Analysis
import Auth
import Base
import HTTP
import Jobs
import Store

extension JobHandler {
    /// What runs jobs of kind sync: their payload names the integration.
    public static func sync(_ tools: SyncTools) -> JobHandler {
        JobHandler(
            run: { context in
                guard let id = context.job.payload["integration_id"]?.string.flatMap({ Identifier($0) }) else {
                    return .dead("The job names no integration.")
                }
                return try run(context, id, tools)
            },
            giveUp: { context, sentence in
                guard let id = context.job.payload["integration_id"]?.string.flatMap({ Identifier($0) }) else { return }
                for run in try context.workspace.unfinishedSyncs(of: id) {
                    try context.workspace.endSync(run, error: ("provider_error", sentence), at: context.now)
                }
            })
    }

    private static func run(_ context: JobContext, _ id: Identifier, _ tools: SyncTools) throws -> JobOutcome {
        do {
            let report = try context.workspace.sync(
                id, for: .job, with: tools, SyncTime(all: context.secondsLeft), keepAlive: context.keepAlive,
                now: { context.now })
            switch report.status {
            case .queued: return .wait(until: context.now + 20, "All places for this platform's syncs are taken.")
            case .inProgress: return .wait(until: context.now, "There is more to pull.")
            case .completed:
                do {
                    try context.workspace.analyzeWhatWasSynced(now: context.now)
                } catch {
                    context.log.write(.error, "the analysis failed: \(error)")
                }
                return .completed
            }
        } catch let failure as SyncFailure {
            switch failure.error {
            case .rateLimited(let seconds): return .wait(until: context.now + seconds, failure.error.sentence)
            case let error where error.isTransient: return .retry(error.sentence)
            case let error: return .dead(error.sentence)
            }
        } catch let error as HTTPError {
            switch error.status {
            // It was disconnected or paused meanwhile.
            case 404: return .completed
            case 409: return .wait(until: context.now + 20, error.sentence)
            default: return .dead(error.sentence)
            }
        }
    }
}
