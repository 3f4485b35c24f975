import Base
public import Jobs

extension JobHandler {
    /// The handler of jobs of kind analysis.
    public static var analysis: JobHandler {
        JobHandler { context in
            try context.workspace.analyzeWhatWasSynced(now: context.now).map {
                .wait(until: $0, "The last analysis was a moment ago.")
            } ?? .completed
        }
    }
}
