import Base
import Glibc

/// A worker's claim of a job, in the form in which the worker's processes tell each other about it.
struct JobClaim: Hashable {
    let workspaceID: Identifier
    let jobID: Identifier
    /// The number of the claim, which tells it apart from later claims of the same job.
    let number: Int
    /// The name of the job's lane.
    let lane: String

    init(_ job: Job, in workspaceID: Identifier) {
        self.workspaceID = workspaceID
        jobID = job.id
        number = job.claim
        lane = job.lane
    }

    /// Reads the text form. Returns nil for any other text.
    init?(_ line: some StringProtocol) {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, let workspaceID = Identifier(String(words[0])),
            let jobID = Identifier(String(words[1])), let number = Int(words[2])
        else { return nil }
        (self.workspaceID, self.jobID, self.number, lane) = (workspaceID, jobID, number, String(words[3]))
    }

    /// The text form, one line without its line break.
    var line: String { "\(workspaceID) \(jobID) \(number) \(lane)" }
}

/// A claim whose process ended before it had recorded the job's outcome.
struct JobLoss {
    /// The reason why the process ended.
    enum Reason: Equatable {
        /// The process crashed or failed: it ended by a signal, or with an exit status other than 0.
        case ended(status: Int32)
        /// The process exceeded its time limit, in seconds, and was killed.
        case timedOut(seconds: Int)
        /// The worker was asked to end, or could not start the process.
        case stopped
    }

    let claim: JobClaim
    let reason: Reason

    /// The reason as a sentence that is safe to show.
    var sentence: String {
        switch reason {
        case .ended(let status) where status > 128:
            "Its process ended by signal \(status - 128) (\(String(cString: strsignal(status - 128))))."
        case .ended: "It failed. The log has the reason."
        case .timedOut(let seconds): "It took longer than \(seconds) seconds, and its process was ended."
        case .stopped: "Its worker was stopped."
        }
    }
}
