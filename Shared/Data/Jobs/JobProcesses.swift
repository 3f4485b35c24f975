@_spi(System) import Auth
import Base
import CSystem
import Glibc

// Problem. A provider's answer may make a job trap, allocate memory without end, or run forever. If jobs shared one
// process, such a job would stop the others too, and again at each of its attempts.
//
// Approach. The worker is only a supervisor. It forks one child for each job, and for each look at the queue another
// child, the clerk. The clerk claims jobs and tells the worker which ones. It also records the outcome of jobs whose
// process ended before it had done so itself. The worker itself uses no database and calls no provider while it has
// children. So it contains little that can fail, and no connection is ever shared by two processes.
//
// Limits. A child is killed shortly after its time limit. Its memory is limited like the worker's (RLIMIT_AS is
// inherited and applies to each process separately), and on Lambda to three quarters of the function's memory. If only
// the memory of the machine or container is limited, the kernel kills the child before the worker. A child is killed
// when the worker ends (PR_SET_PDEATHSIG). If the worker is asked to end by SIGTERM or SIGINT, its children get one
// more second; then their jobs are returned to the queue, without counting the attempt.
//
// Cost. A fork and a database connection for each job and for each look at the queue, which take some milliseconds.

/// Runs a worker's jobs in child processes.
struct JobProcesses {
    /// The clerk's process failed, so no jobs can be claimed.
    struct ClerkFailed: Error, CustomStringConvertible {
        var description: String { "the process that claims jobs failed" }
    }

    /// The task of a child process: to be the clerk, or to run a claimed job.
    private enum Task {
        case clerk
        case job(JobClaim)
    }

    private struct Child {
        let process: ChildProcess
        let task: Task
        var deadline: ContinuousClock.Instant
        /// The reason to record if it is killed at its deadline.
        var verdict: JobLoss.Reason
        var isKilled = false
        var output: [UInt8] = []
    }

    /// The time between two upkeeps of the queue, in seconds.
    static let upkeepSeconds = 10
    /// The pauses between two looks at an empty queue, in seconds. They start with `first`, and double up to `longest`.
    private static let pauses = (first: 0.25, longest: 1.0)
    /// The time limit of the clerk in seconds.
    private static let clerkSeconds = 30.0
    /// The time that children have to finish if the worker is asked to end, in seconds.
    private static let stopSeconds = 1.0

    private let runner: JobRunner
    private let workspace: (Identifier) throws -> Workspace?
    private let release: () -> Void
    private let claim: ((JobDemand) throws -> [JobClaim])?
    private let upkeep: (() throws -> Void)?
    private let memoryBytes: UInt64?

    private var children: [Child] = []
    /// Jobs that are claimed but not started yet.
    private var claims: [JobClaim] = []
    private var losses: [JobLoss] = []
    /// True if the last look found no job, or is under way, and no job has ended since.
    private var isIdle = false
    /// The time at which a worker with an upkeep looks at the queue again, even if no job has ended.
    private var nextLook = ContinuousClock.now
    private var pause = pauses.first
    private var nextUpkeep = ContinuousClock.now
    private var failure: (any Error)?
    private var count = 0

    /// Creates the processes of a worker.
    ///
    /// - Parameters:
    ///   - workspace: Finds the workspace of a job. It is called in a child.
    ///   - release: Closes the connection to the database. It is called before a fork.
    ///   - claim: Claims more jobs. It is called in a child. Nil if only the jobs passed to `run` are to be run.
    ///   - upkeep: Queues work that has become due. It is called in a child from time to time. A worker with an upkeep
    ///     stays until its time is up.
    init(
        _ runner: JobRunner, workspace: @escaping (Identifier) throws -> Workspace?, release: @escaping () -> Void,
        claim: ((JobDemand) throws -> [JobClaim])? = nil, upkeep: (() throws -> Void)? = nil
    ) {
        self.runner = runner
        self.workspace = workspace
        self.release = release
        self.claim = claim
        self.upkeep = upkeep
        memoryBytes = Self.lambdaMegabytes.map { ($0 << 20) / 4 * 3 }
    }

    /// The memory of the Lambda function in MiB, which all of its processes share. Nil if this is not Lambda.
    private static var lambdaMegabytes: UInt64? {
        guard let text = Environment.process["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], let size = UInt64(text) else {
            return nil
        }
        return size <= 1 << 20 ? size : nil
    }

    /// Runs jobs that are already claimed, and all that can be claimed, until nothing is due or the time is up. Returns
    /// the number of jobs that were started.
    ///
    /// - Throws: `ChildProcess.NotStarted`, or `ClerkFailed` with the reason in the log.
    @discardableResult
    mutating func run(_ claimed: [JobClaim]) throws -> Int {
        let catches = csystem_catch_signals() == 1
        defer { if catches { csystem_release_signals() } }
        claims = claimed
        release()
        while true {
            startJobs()
            startClerk()
            guard !children.isEmpty || upkeep != nil && mayBegin else { break }
            wait()
        }
        if let failure { throw failure }
        return count
    }

    private var mayBegin: Bool { !isStopping && ContinuousClock.now < runner.lastStart }
    private var isStopping: Bool { csystem_is_terminating() != 0 || failure != nil }

    // MARK: Starting

    private mutating func startJobs() {
        while let claim = claims.popLast() {
            let now = ContinuousClock.now
            guard !isStopping else {
                losses.append(JobLoss(claim: claim, reason: .stopped))
                continue
            }
            let seconds = max(0, min(runner.jobSeconds, (runner.end - now) / .seconds(1)))
            let (runner, workspace) = (runner, workspace)
            start(.job(claim), seconds: seconds + min(5, runner.jobSeconds / 4)) { _ in
                guard let workspace = try workspace(claim.workspaceID),
                    let job = try workspace.runningJob(claim.jobID, claim: claim.number)
                else { return }
                try runner.perform(job, in: workspace, until: now + .seconds(seconds))
            }
            count += 1
        }
    }

    /// Starts the clerk if there is work for it.
    private mutating func startClerk() {
        var free = 0
        var running: [JobClaim] = []
        for child in children {
            guard case .job(let claim) = child.task else { return }
            running.append(claim)
        }
        if claim != nil, mayBegin, !isIdle || upkeep != nil && ContinuousClock.now >= nextLook {
            free = max(0, runner.atOnce - children.count)
        }
        guard free > 0 || !losses.isEmpty else { return }
        isIdle = true
        let now = ContinuousClock.now
        nextLook = now + .seconds(pause * Double.random(in: 0.8...1.2))
        pause = min(Self.pauses.longest, pause * 2)
        let upkeep = now >= nextUpkeep && free > 0 ? upkeep : nil
        if upkeep != nil { nextUpkeep = now + .seconds(Self.upkeepSeconds) }
        let (runner, workspace, claim, losses) = (runner, workspace, claim, losses)
        let demand = runner.demand(free, beside: running)
        self.losses = []
        start(.clerk, seconds: Self.clerkSeconds) { pipe in
            for loss in losses {
                guard let workspace = try workspace(loss.claim.workspaceID) else { continue }
                try runner.record(loss, in: workspace)
            }
            try upkeep?()
            guard let claim, free > 0 else { return }
            for claim in try claim(demand) { ChildProcess.write(claim.line, to: pipe) }
        }
    }

    private mutating func start(_ task: Task, seconds: Double, _ work: (Int32) throws -> Void) {
        let log = runner.log
        do throws(ChildProcess.NotStarted) {
            let process = try ChildProcess(memoryBytes: memoryBytes) { pipe in
                do {
                    try work(pipe)
                    return 0
                } catch {
                    log.write(.error, "a job's process failed: \(error)")
                    return ChildProcess.failure
                }
            }
            let verdict = JobLoss.Reason.timedOut(seconds: Int(clamping: seconds.rounded(.up)))
            children.append(
                Child(process: process, task: task, deadline: .now + .seconds(seconds), verdict: verdict))
        } catch {
            failure = error
            if case .job(let claim) = task { losses.append(JobLoss(claim: claim, reason: .stopped)) }
        }
    }

    // MARK: Waiting

    /// Waits until a child has written something or ended, or until it is time to look at the queue, but for at most a
    /// second.
    private mutating func wait() {
        killOverdue()
        var entries = children.map { pollfd(fd: $0.process.pipe, events: Int16(POLLIN), revents: 0) }
        var moments = children.filter { !$0.isKilled }.map(\.deadline)
        if upkeep != nil, children.count < runner.atOnce { moments.append(nextLook) }
        let next = moments.map { ($0 - .now) / .milliseconds(1) }.min() ?? 1_000
        guard poll(&entries, nfds_t(entries.count), Int32(clamping: Int(clamping: max(0, min(1_000, next + 1))))) > 0
        else { return }
        for index in children.indices.reversed() where entries[index].revents != 0 {
            if let bytes = children[index].process.read() {
                children[index].output += bytes
            } else {
                ended(children.remove(at: index))
            }
        }
    }

    private mutating func killOverdue() {
        let isStopping = csystem_is_terminating() != 0
        let now = ContinuousClock.now
        for index in children.indices where !children[index].isKilled {
            if isStopping, case .job = children[index].task, children[index].verdict != .stopped {
                children[index].verdict = .stopped
                children[index].deadline = min(children[index].deadline, now + .seconds(Self.stopSeconds))
            }
            guard children[index].deadline <= now else { continue }
            children[index].process.kill()
            children[index].isKilled = true
        }
    }

    private mutating func ended(_ child: Child) {
        let status = child.process.reap()
        let reason: JobLoss.Reason = child.isKilled && status == 128 + SIGKILL ? child.verdict : .ended(status: status)
        switch child.task {
        case .job(let claim):
            isIdle = false
            guard status != 0 else { return }
            let loss = JobLoss(claim: claim, reason: reason)
            losses.append(loss)
            guard reason != .stopped else { return }
            runner.log.with("job_id", claim.jobID.description).write(
                .error, "a job's process ended unexpectedly: \(loss.sentence)",
                [("workspace_id", .string(claim.workspaceID.description))])
        case .clerk:
            let found = String(decoding: child.output, as: UTF8.self).split(separator: "\n").compactMap {
                JobClaim($0)
            }
            claims += found.reversed()
            if !found.isEmpty {
                isIdle = false
                pause = Self.pauses.first
            }
            guard status != 0 else { return }
            failure = ClerkFailed()
            runner.log.write(.error, "the process that claims jobs ended with exit status \(status)")
        }
    }
}
