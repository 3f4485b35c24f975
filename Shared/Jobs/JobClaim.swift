import Base
import Glibc

/// A job that a worker has claimed, as the worker's processes name it to each other.
struct JobClaim: Hashable {
    let workspaceID: Identifier
    let jobID: Identifier
    /// Tells this claim from later ones of the same job.
    let number: Int
    /// The name of the job's lane.
    let lane: String

    init(_ job: Job, in workspaceID: Identifier) {
        self.workspaceID = workspaceID
        jobID = job.id
        number = job.claim
        lane = job.lane
    }

    /// Reads the text form; nil if it is another text.
    init?(_ line: some StringProtocol) {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, let workspaceID = Identifier(words[0]), let jobID = Identifier(words[1]),
            let number = Int(words[2])
        else { return nil }
        (self.workspaceID, self.jobID, self.number, lane) = (workspaceID, jobID, number, String(words[3]))
    }

    /// The text form, one line.
    var line: String { "\(workspaceID) \(jobID) \(number) \(lane)" }
}

/// A claim whose process ended before it had said what became of the job.
struct JobLoss {
    /// Why the process ended.
    enum Reason: Equatable {
        /// It had a fault: a signal, or an exit status other than 0.
        case ended(status: Int32)
        /// It outlived its time limit, in seconds, and was killed.
        case timedOut(seconds: Int)
        /// The worker was asked to end.
        case stopped
    }

    let claim: JobClaim
    let reason: Reason

    /// The reason as people read it. It is safe to show.
    var sentence: String {
        switch reason {
        case .ended(let status) where status > 128:
            "Its process ended by signal \(status - 128) (\(String(cString: strsignal(status - 128))))."
        case .ended: "It failed for a reason that the log tells."
        case .timedOut(let seconds): "It took longer than \(seconds) seconds, and its process was ended."
        case .stopped: "Its worker was stopped."
        }
    }
}
