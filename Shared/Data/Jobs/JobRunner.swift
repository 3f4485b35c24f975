@_spi(System) public import Auth
public import Base
import CSystem
import Store

/// Runs jobs: a single one for the request that queued it, or all that are due, in a worker. Each job, except with
/// `runHere`, runs in a process of its own (`JobProcesses`), so that a crash affects no other job.
///
/// If the caller is not on the process's first thread, jobs run in the calling process instead. A fork copies only the
/// thread that calls it, and a lock that another thread holds would stay locked in the child forever. Functions have
/// only one thread.
public struct JobRunner {
    /// The number of attempts after which a job is dead.
    public static let attempts = 8

    let handlers: [JobKind: JobHandler]
    let log: Log
    let clock: () -> Timestamp
    /// The time at which everything must be finished.
    let end: ContinuousClock.Instant
    /// The latest time at which `runDue` claims jobs.
    let lastStart: ContinuousClock.Instant
    /// The time limit of one job in seconds.
    let jobSeconds: Double
    /// The largest number of jobs that run at the same time.
    let atOnce: Int

    /// Creates a runner for the kinds of jobs that have a handler.
    ///
    /// - Parameters:
    ///   - seconds: The time for everything. `runDue` claims no job if less than a third of it is left and also less
    ///     than `jobSeconds`.
    ///   - jobSeconds: The time limit of one job, or the time that is left if that is less. The job's process is killed
    ///     a little later.
    ///   - atOnce: The largest number of jobs that run at the same time.
    ///   - clock: Returns the current time.
    public init(
        _ handlers: [JobKind: JobHandler], seconds: Double, jobSeconds: Double = 120, atOnce: Int = 4, _ log: Log,
        clock: @escaping () -> Timestamp = { .now }
    ) {
        self.handlers = handlers
        self.jobSeconds = jobSeconds
        self.atOnce = atOnce
        self.log = log
        self.clock = clock
        end = .now + .seconds(seconds)
        lastStart = .now + .seconds(max(seconds * 2 / 3, seconds - jobSeconds))
    }

    /// Claims and runs a job of a workspace. Returns false if the job can't be claimed, or if this program has no
    /// handler for its kind; in the second case the job is postponed. If a process is forked for the job, the
    /// workspace's database connection is closed first, and its next statement opens it again.
    @discardableResult
    public func run(_ jobID: Identifier, in workspace: Workspace) throws -> Bool {
        let workspace = workspace.byItself
        let seconds = max(0, min(jobSeconds, (end - .now) / .seconds(1)))
        guard case .claimed(let job) = try workspace.claim(jobID, seconds: Self.lease(seconds), now: clock()) else {
            return false
        }
        guard handlers[job.kind] != nil else {
            let now = clock()
            try workspace.postpone(
                job, as: job.kind, until: now, counts: false,
                error: "This program has no handler for jobs of this kind.", now: now)
            return false
        }
        guard csystem_is_first_thread() != 0 else {
            try perform(job, in: workspace, until: end)
            return true
        }
        var processes = JobProcesses(self, workspace: { _ in workspace }, release: workspace.releaseDatabase)
        try processes.run([JobClaim(job, in: workspace.id)])
        return true
    }

    /// Runs a job of a workspace, but never throws: the job is stored, so that the request that queued it has succeeded
    /// in any case. Returns false if it was not run; a worker will run it then, unless it has ended. Errors are logged.
    public func runIfPossible(_ jobID: Identifier, in workspace: Workspace) -> Bool {
        do {
            return try run(jobID, in: workspace)
        } catch {
            log.with("job_id", jobID.description).write(.error, "the job is left to a worker: \(error)")
            return false
        }
    }

    /// Runs the due jobs of all workspaces, in the order of the queue, until none is left or the time is up. Returns
    /// the number of jobs that were started.
    ///
    /// - Parameter upkeep: Queues scheduled work that is due. If it is given, it is called about every ten seconds, and
    ///   this runs jobs until the time is up. It is not called if jobs run in the calling process.
    @discardableResult
    public func runDue(_ access: SystemAccess, upkeep: ((_ now: Timestamp) throws -> Void)? = nil) throws -> Int {
        guard csystem_is_first_thread() != 0 else { return try runDueHere(access) }
        var processes = JobProcesses(
            self, workspace: { try access.workspace($0) }, release: access.database.close,
            claim: { demand in try claim(demand, access).map { JobClaim($0.job, in: $0.workspaceID) } },
            upkeep: upkeep.map { upkeep in { try keepQueue(access, upkeep) } })
        return try processes.run([])
    }

    /// Returns true if there are jobs that this runner could run now.
    public func hasMore(_ access: SystemAccess) throws -> Bool {
        try access.hasReady(demand(1, beside: []), now: clock())
    }

    /// Calls `upkeep`. About once a minute it also makes jobs with damaged times ready, and logs the state of the
    /// queue.
    private func keepQueue(_ access: SystemAccess, _ upkeep: (_ now: Timestamp) throws -> Void) throws {
        let now = clock()
        try upkeep(now)
        guard now.seconds % 60 < JobProcesses.upkeepSeconds else { return }
        do {
            try access.makeLostReady(now: now)
            for lane in try access.jobLanes(now: now) { log.write(.info, "the state of the job queue", lane.fields) }
        } catch {
            log.write(.error, "the state of the job queue is not known: \(error)")
        }
    }

    private func runDueHere(_ access: SystemAccess) throws -> Int {
        var count = 0
        while ContinuousClock.now < lastStart, let next = try claim(demand(1, beside: []), access).first {
            guard let workspace = try access.workspace(next.workspaceID) else { continue }
            try perform(next.job, in: workspace, until: end)
            count += 1
        }
        return count
    }

    private func claim(_ demand: JobDemand, _ access: SystemAccess) throws -> [(workspaceID: Identifier, job: Job)] {
        try access.claimReady(demand, seconds: Self.lease(jobSeconds), now: clock(), log)
    }

    /// Returns the length in seconds of a claim on a job with this time limit. It includes the time to kill the job's
    /// process and to record that.
    static func lease(_ seconds: Double) -> Int { Int(clamping: min(seconds, 86_400)) + 20 }

    /// Returns the demand of a worker that can start `free` more jobs while it runs the jobs `running`. Jobs of one
    /// kind at one platform may use at most half of the worker's capacity, rounded up, so that a slow platform can't
    /// take all of it.
    func demand(_ free: Int, beside running: [JobClaim]) -> JobDemand {
        let share = max(1, (atOnce + 1) / 2)
        var lanes: [(lane: JobLane, limit: Int)] = []
        for (kind, handler) in handlers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if handler.platforms.isEmpty { lanes.append((JobLane(kind), free)) }
            for platform in handler.platforms {
                let lane = JobLane(kind, at: platform)
                let taken = running.count { $0.lane == lane.name }
                lanes.append((lane, min(free, max(0, share - taken))))
            }
        }
        return JobDemand(lanes: lanes, count: free)
    }
}
