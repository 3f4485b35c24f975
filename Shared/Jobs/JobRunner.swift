@_spi(System) import Auth
import Base
import CSystem

/// Runs jobs: one by its id at once, after the response that queued it, or all that are due, by cron. Each runs in a process
/// of its own (`JobProcesses`), so that a fault costs no other job.
///
/// A job runs in the calling process instead if it is called by another thread than the process's first: a fork copies only
/// the thread that calls it, and whatever lock another thread holds stays held in the child. A function has one thread.
public struct JobRunner {
    /// How often a job is tried.
    public static let attempts = 8

    let handlers: [JobKind: JobHandler]
    let log: Log
    let clock: () -> Timestamp
    /// When all of it has to be over.
    let end: ContinuousClock.Instant
    /// When the last job may be begun.
    let lastStart: ContinuousClock.Instant
    /// Seconds that one job may take.
    let jobSeconds: Double
    /// How many jobs run at once.
    let atOnce: Int

    /// A runner that knows the kinds of jobs that have a handler.
    ///
    /// - Parameters:
    ///   - seconds: how long all of it may take. With less than a third of it left, or less than a job's time, no job is begun.
    ///   - jobSeconds: how long one job may take, if it is not less that is left. Its process is killed a little later.
    ///   - atOnce: how many jobs run at once.
    ///   - clock: what tells the time.
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

    /// Runs a job of a workspace, unless it is not due or somebody else has it. Returns whether it did. The workspace's
    /// connection to the database is closed meanwhile; the next statement opens it again.
    @discardableResult
    public func run(_ jobID: Identifier, in workspace: Workspace) throws -> Bool {
        let workspace = workspace.byItself
        let seconds = max(0, min(jobSeconds, (end - .now) / .seconds(1)))
        guard case .claimed(let job) = try workspace.claim(jobID, seconds: Self.lease(seconds), now: clock()) else {
            return false
        }
        guard handlers[job.kind] != nil else {
            let now = clock()
            try workspace.postpone(job, until: now, counts: false, error: "No handler for it here.", now: now)
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

    /// Runs a job as `run` does, for somebody whose request has been kept whatever becomes of it now. What keeps the job from
    /// being run is logged, and leaves it to a worker.
    public func runIfPossible(_ jobID: Identifier, in workspace: Workspace) -> Bool {
        do {
            return try run(jobID, in: workspace)
        } catch {
            log.with("job_id", jobID.description).write(.error, "the job was left to a worker: \(error)")
            return false
        }
    }

    /// Runs what is due in all workspaces, in the queue's order, until nothing is left or the time is up. Returns how many
    /// jobs it has run. With `stays` it looks again and again until the time is up, and queues what is due by itself.
    @discardableResult
    public func runDue(_ access: SystemAccess, stays: Bool = false) throws -> Int {
        guard csystem_is_first_thread() != 0 else { return try runDueHere(access) }
        var processes = JobProcesses(
            self, workspace: access.workspace, release: access.database.close,
            claim: { demand in try claim(demand, access).map { JobClaim($0.job, in: $0.workspaceID) } },
            upkeep: stays ? { try keepQueue(access) } : nil)
        return try processes.run([])
    }

    /// True if there are jobs that this runner could run now.
    public func hasMore(_ access: SystemAccess) throws -> Bool {
        try access.hasReady(demand(1, beside: []), now: clock())
    }

    /// Queues what is due by itself, and logs how the queue stands.
    private func keepQueue(_ access: SystemAccess) throws {
        let now = clock()
        try access.queueDueSyncs(now: now, log)
        try access.queueDueHousekeeping(now: now, log)
        guard now.seconds % 60 < JobProcesses.upkeepSeconds else { return }
        for lane in try access.jobLanes(now: now) { log.write(.info, "the queue", lane.fields) }
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
        try access.claimReady(demand, seconds: Self.lease(jobSeconds), now: clock())
    }

    /// Seconds that a claim on a job holds which may take so many: it has ended by then, or its process been killed and
    /// that been written down.
    static func lease(_ seconds: Double) -> Int { Int(clamping: min(seconds, 86_400)) + 20 }

    /// What a worker can take that has so many hands free, and these jobs running. One platform has half of the hands at
    /// most, so that it can't keep all of them busy by being slow.
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
