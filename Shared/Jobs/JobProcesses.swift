@_spi(System) import Auth
import Base
import CSystem
import Glibc

// Problem. A provider's answer may bring a job to a trap, have it allocate memory without end, or keep it busy for ever. In
// one process with others it would take these with it, again at each of its attempts.
//
// Approach. The worker only supervises. It forks a child for each job, and a child, the clerk, for each look at the queue:
// the clerk claims jobs and tells the worker which, and writes down what became of jobs whose process ended before it had
// done so. The worker itself talks to no database and to no provider while it has children, so that nothing that can fail
// is in it, and no connection is ever shared by two processes.
//
// Bounds. A child is killed a little after its time limit. Its memory is limited as the worker's is (RLIMIT_AS is inherited,
// and counts each process by itself), on Lambda to three quarters of the function's memory; where only the machine's or the
// container's memory bounds it, the kernel ends it before the worker. It dies with the worker (PR_SET_PDEATHSIG). If the
// worker is asked to end, by SIGTERM or SIGINT, its children have a second left, and their jobs are given back: these begin
// anew elsewhere, and it was no attempt.
//
// Cost. Two forks and two connections for a job, some milliseconds.

/// The processes of a worker.
struct JobProcesses {
    /// Not even a process for looking at the queue could do its work.
    struct ClerkFailed: Error {}

    /// The work of a child process.
    private enum Task {
        case clerk
        case job(JobClaim)
    }

    private struct Child {
        let process: ChildProcess
        let task: Task
        var deadline: ContinuousClock.Instant
        /// Why it is killed if it lives to see its deadline.
        var verdict: JobLoss.Reason
        var isKilled = false
        var output: [UInt8] = []
    }

    /// Seconds from one upkeep of the queue to the next.
    static let upkeepSeconds = 10
    /// The pauses, in seconds, between two looks at a queue that has nothing to do: the first, and the longest, to which it
    /// doubles.
    private static let pauses = (first: 0.25, longest: 1.0)
    /// Seconds that the clerk may take.
    private static let clerkSeconds = 30.0
    /// Seconds that children have left if the worker is asked to end.
    private static let stopSeconds = 1.0

    private let runner: JobRunner
    private let workspace: (Identifier) throws -> Workspace?
    private let release: () -> Void
    private let claim: ((JobDemand) throws -> [JobClaim])?
    private let upkeep: (() throws -> Void)?
    private let memoryBytes: UInt64?

    private var children: [Child] = []
    /// Jobs that were claimed and are not begun yet.
    private var claims: [JobClaim] = []
    private var losses: [JobLoss] = []
    /// Nothing was due at the last look.
    private var isIdle = false
    /// When a worker that stays looks again although nothing has happened.
    private var nextLook = ContinuousClock.now
    private var pause = pauses.first
    private var nextUpkeep = ContinuousClock.now
    private var failure: (any Error)?
    private var count = 0

    /// - Parameters:
    ///   - workspace: finds the workspace of a job, in a child.
    ///   - release: closes the connection to the database, before a fork.
    ///   - claim: claims more jobs, in a child; nil if there are only those that `run` is given.
    ///   - upkeep: queues what is due by itself, in a child, now and then; a worker that has it stays until its time is up.
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

    /// The memory of the function, in MiB, all of its processes together, if it runs on Lambda.
    private static var lambdaMegabytes: UInt64? {
        guard let text = Environment.process["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], let size = UInt64(text) else {
            return nil
        }
        return size <= 1 << 20 ? size : nil
    }

    /// Runs claimed jobs, and what else can be claimed, until nothing is due or the time is up. Returns how many it has
    /// begun.
    ///
    /// - Throws: `ChildProcess.NotStarted`; `ClerkFailed`, with the reason in the log.
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

    /// Starts the clerk, if there is work for it.
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
                try runner.settle(loss, in: workspace)
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

    /// Waits until a child has written something or ended, or it is time to look again, and for a second at most.
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
                .error, "a job's process did not end as it should: \(loss.sentence)",
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
            runner.log.write(.error, "the process that looks for jobs ended with status \(status)")
        }
    }
}
