import Actions
@_spi(System) import Auth
import Base
import Integrations
import Store
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Covers the order of the queue and the limits on taking jobs from it.
@Suite(.usesStore) struct JobQueueTests {
    private let store: TestStore
    private let access: SystemAccess
    private let workspace: Workspace
    private let other: Workspace
    private let now = TestStore.now

    init() throws {
        store = try TestStore()
        access = SystemAccess(store.database)
        workspace = try #require(try access.workspace(store.own.id))
        other = try #require(try access.workspace(store.other.id))
    }

    private static let lanes = [JobLane(.remediation), JobLane(.sync, at: "okta"), JobLane(.sync, at: "slack")]

    private func take(_ count: Int, at moment: Timestamp? = nil, limit: Int = 16) throws -> [Job] {
        let demand = JobDemand(lanes: Self.lanes.map { ($0, limit) }, count: count)
        return try access.claimReady(demand, seconds: 60, now: moment ?? now, Log()).map(\.job)
    }

    @discardableResult
    private func enqueue(
        _ workspace: Workspace, urgency: JobUrgency = .routine, at platform: String = "okta", key: String? = nil,
        again: Bool = false, after seconds: Int = 0
    ) throws -> Identifier {
        try workspace.enqueue(
            .sync, in: JobLane(.sync, at: platform), payload: [:], key: key, urgency: urgency, again: again,
            runAfter: now + seconds, now: now)
    }

    /// Finishes running jobs, so that the workspace's limit has no effect.
    private func finish(_ jobs: [Job]) throws {
        for job in jobs {
            for owner in [workspace, other] where try owner.runningJob(job.id, claim: job.claim) != nil {
                try owner.finish(job, now: now)
            }
        }
    }

    @Test("A workspace that queues many jobs does not delay another workspace's jobs")
    func aWorkspaceThatQueuesManyJobsStandsInNobodysWay() throws {
        for _ in 0..<200 { try enqueue(workspace) }
        let theirs = try (0..<2).map { _ in try enqueue(other) }
        var taken: [Job] = []
        while !Set(theirs).isSubset(of: taken.map(\.id)) {
            let next = try take(1)
            try #require(!next.isEmpty)
            try finish(next)
            taken += next
        }
        #expect(taken.count <= 5)
    }

    /// All workspaces have the same backlog, queued one workspace after the other. The nth job of one must not wait
    /// much longer than the nth job of another.
    @Test("Workspaces with equal backlogs wait about equally long") func ofEqualWorkspacesNoneWaitsMuchLonger() throws {
        let count = 20
        var workspaces: [Workspace] = []
        for number in 0..<count {
            let id = Identifier.random()
            try store.database.execute(
                "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, $2, 'pro', $3)", id, "W\(number)", now)
            try AuditLog(store.database, workspaceID: id).begin(at: now)
            workspaces.append(try #require(try access.workspace(id)))
        }
        for workspace in workspaces { for _ in 0..<5 { try enqueue(workspace) } }
        // Counts how many steps each workspace's jobs have waited; in one step, four jobs are taken.
        var waits: [Identifier: [Int]] = [:]
        var step = 0
        while true {
            let demand = JobDemand(lanes: Self.lanes.map { ($0, 16) }, count: 4)
            let taken = try access.claimReady(demand, seconds: 60, now: now, Log())
            guard !taken.isEmpty else { break }
            step += 1
            for (workspaceID, job) in taken {
                waits[workspaceID, default: []].append(step)
                try #require(try access.workspace(workspaceID)).finish(job, now: now)
            }
        }
        #expect(step == 25 && waits.count == count)
        for place in 0..<5 {
            let sorted = waits.values.map { $0[place] }.sorted()
            let (median, last) = (sorted[count / 2], sorted[count - 1])
            #expect(Double(last) <= 2.5 * Double(median), "job \(place): \(sorted)")
        }
    }

    /// A job of another release, or a damaged row, must not stop all other jobs.
    @Test("A job row that can't be read does not block other jobs") func aRowThatCannotBeReadIsInNobodysWay() throws {
        let unreadable = try enqueue(workspace, urgency: .person)
        let theirs = try enqueue(other)
        try store.database.execute("UPDATE jobs SET kind = 'unheard_of' WHERE id = $1", unreadable)
        #expect(try take(4).map(\.id) == [theirs])
        #expect(try take(4).isEmpty)
    }

    @Test("An idle workspace gains no advantage for later") func aWorkspaceThatWasIdleHasSavedNothingUp() throws {
        for _ in 0..<10 { try enqueue(workspace) }
        let shares = try store.database.rows("SELECT clock FROM job_shares") { try $0[0] as Int }
        #expect(shares == [now.seconds + 100])
        // An hour later, the workspace's order starts at that time.
        _ = try workspace.enqueue(.sync, in: JobLane(.sync, at: "okta"), payload: [:], now: now + .hours(1))
        #expect(
            try store.database.rows("SELECT order_key FROM jobs ORDER BY order_key DESC LIMIT 1") { try $0[0] as Int }
                == [(now + .hours(1)).seconds])
    }

    @Test("Jobs that a person waits for go first, but can't delay others without limit")
    func whatAPersonWaitsForGoesFirstButNotForEver() throws {
        let old = try enqueue(workspace, urgency: .upkeep)
        let routine = try enqueue(workspace)
        let person = try enqueue(workspace, urgency: .person)
        let taken = try take(3)
        #expect(taken.map(\.id) == [person, routine, old])
        try finish(taken)
        let early = try enqueue(other, urgency: .upkeep)
        // Half an hour later, the older job goes before the one that a person has just requested.
        _ = try other.enqueue(
            .sync, in: JobLane(.sync, at: "okta"), payload: [:], urgency: .person, now: now + .minutes(30))
        #expect(try take(1, at: now + .minutes(30)).map(\.id) == [early])
    }

    @Test("A workspace runs at most four jobs of a kind, however many workers claim at once")
    func aWorkspaceHasFourJobsOfAKindRunningHoweverManyClaimAtOnce() throws {
        for _ in 0..<60 {
            try enqueue(workspace)
            try enqueue(other)
        }
        let taken = Mutex<[(workspaceID: Identifier, job: Job)]>([])
        let (connect, now) = (store.connect, now)
        Threads(count: 8) { _ in
            let access = SystemAccess(connect())
            let demand = JobDemand(lanes: Self.lanes.map { ($0, 16) }, count: 3)
            for _ in 0..<10 {
                let claimed = try? access.claimReady(demand, seconds: 60, now: now, Log())
                taken.withLock { $0 += claimed ?? [] }
            }
        }.join()
        let counts = Dictionary(grouping: taken.withLock { $0 }, by: \.workspaceID).mapValues(\.count)
        #expect(counts == [workspace.id: 4, other.id: 4])
        #expect(taken.withLock { Set($0.map(\.job.id)).count == 8 })
        guard case .full = try workspace.claim(try enqueue(workspace), seconds: 60, now: now) else {
            Issue.record("a fifth was claimed")
            return
        }
        // The workspace's jobs of other kinds are not held up.
        let action = try workspace.enqueue(.remediation, payload: [:], now: now)
        #expect(try take(5).map(\.id) == [action])
    }

    @Test("A lane gives out no more jobs than its limit") func aLaneGivesNoMoreThanItsShare() throws {
        for index in 0..<6 { try enqueue(index < 3 ? workspace : other) }
        let slack = try enqueue(other, at: "slack")
        let taken = try take(10, limit: 2)
        #expect(taken.count == 3 && taken.filter { $0.lane == "sync:okta" }.count == 2)
        #expect(taken.contains { $0.id == slack })
        let runner = JobRunner([.sync: JobHandler(at: ["okta", "slack"]) { _ in .completed }], seconds: 9, Log())
        let claims = taken.map { JobClaim($0, in: workspace.id) }
        #expect(runner.demand(4, beside: claims).lanes.map(\.limit) == [0, 1])
    }

    @Test("Jobs of another build wait for that build and block no other job")
    func whatAnotherBuildQueuesWaitsForItAndBlocksNobody() throws {
        for (kind, lane) in [("sync", "sync:okta2"), ("forecast", "forecast")] {
            for _ in 0..<120 {
                try store.database.execute(
                    """
                    INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, payload, run_after, created_at)
                    VALUES ($1, $2, $3, $4, 'ready', 0, 0, '{}', $5, $5)
                    """, workspace.id, Identifier.random(), kind, lane, now)
            }
        }
        let known = try enqueue(workspace)
        var ran: [Identifier] = []
        let (now, runner) = (
            now,
            { (run: @escaping (JobContext) -> JobOutcome) in
                JobRunner([.sync: JobHandler(at: ["okta"], run: run)], seconds: 60, Log()) { TestStore.now }
            }
        )
        #expect(
            try runner { context in
                ran.append(context.job.id)
                return .notUnderstood
            }.runDue(access) == 1 && ran == [known])
        // A payload that this build does not understand is never a failed attempt.
        let row = try store.database.first("SELECT state, attempts, run_after FROM jobs WHERE id = $1", known) {
            ("\(try $0[0] as String) \(try $0[1] as Int)", try $0[2] as Timestamp)
        }
        #expect(row?.0 == "waiting 0" && row?.1 == now + 600)
        #expect(try store.database.first("SELECT count(*) FROM jobs WHERE state = 'ready'") { try $0[0] as Int } == 240)
    }

    @Test("There is at most one job per key") func ofOneKeyThereIsOneJob() throws {
        let first = try enqueue(workspace, key: "sync x", after: 60)
        #expect(try take(1).isEmpty)
        #expect(try enqueue(workspace, key: "sync x") == first && take(1).isEmpty, "the hourly sync waits with it")
        #expect(try enqueue(workspace, urgency: .person, key: "sync x") == first)
        let claimed = try #require(try take(1).first)
        #expect(try claimed.id == first && enqueue(workspace, key: "sync x") == first)
        try workspace.finish(claimed, now: now)
        #expect(try take(1).isEmpty)
        #expect(try enqueue(workspace, key: "sync x") != first)
    }

    @Test("A job that is requested again while it runs, runs once more")
    func whatIsAskedForAgainWhileItRunsRunsOnceMore() throws {
        let job = try enqueue(workspace, key: "analysis x")
        let claimed = try #require(try take(1).first)
        for _ in 0..<3 { #expect(try enqueue(workspace, key: "analysis x", again: true) == job) }
        try workspace.finish(claimed, now: now)
        let second = try #require(try take(1).first)
        #expect(second.id == job && second.attempt == 1 && second.claim == 2)
        #expect(throws: LeaseLost.self) { try workspace.finish(claimed, now: now) }
        _ = try enqueue(workspace, key: "analysis x", again: true)
        #expect(try !workspace.bury(second, error: "No.", now: now))
        #expect(try take(1).map(\.claim) == [3])
    }

    @Test("The claim number of a job only grows") func theNumberOfAClaimOnlyGrows() throws {
        let job = try enqueue(workspace)
        var claims: [Int] = []
        for step in 0..<4 {
            let claimed = try #require(try take(1, at: now + step * 61).first)
            claims.append(claimed.claim)
            // The job is given back, its lease runs out, it is retried by hand: attempts restart, the claim number does
            // not.
            switch step {
            case 0: try workspace.postpone(claimed, as: .sync, until: now, counts: false, error: "x", now: now)
            case 1: break
            case 2:
                try workspace.bury(claimed, error: "x", now: now)
                #expect(try access.retryJob(job, now: now))
            default: #expect(claimed.attempt == 1)
            }
        }
        #expect(claims == [1, 2, 3, 4])
    }

    @Test("Due jobs are found by an index, whatever the number of rows")
    func whatIsDueIsFoundByAnIndexWhateverTheNumberOfRows() throws {
        let isServer = TestStore.Engine.ofThisRun == .postgreSQL
        for query in [
            "SELECT id FROM jobs WHERE state = 'ready' AND lane = 'sync:okta' ORDER BY order_key, id LIMIT 4",
            "SELECT 1 FROM jobs WHERE state = 'waiting' AND run_after <= '2026-01-01T00:00:00Z' LIMIT 1",
            "SELECT workspace_id, kind, count(*) FROM jobs WHERE state = 'running' GROUP BY workspace_id, kind",
            """
            SELECT workspace_id, id FROM integrations WHERE status IN ('connected', 'pending', 'error')
                AND next_auto_sync_at <= '2026-01-01T00:00:00Z' ORDER BY next_auto_sync_at LIMIT 500
            """,
            """
            SELECT id FROM workspaces WHERE next_housekeeping_at <= '2026-01-01T00:00:00Z'
            ORDER BY next_housekeeping_at LIMIT 500
            """,
        ] as [SQL] {
            let plan = try store.database.transaction(.write) {
                // The test's tables are so small that a server would read them as a whole.
                if isServer { try store.database.execute("SET LOCAL enable_seqscan = off") }
                return try store.database.rows(isServer ? "EXPLAIN \(query)" : "EXPLAIN QUERY PLAN \(query)") {
                    $0.text(isServer ? 0 : 3)
                }.joined(separator: "\n")
            }
            #expect(plan.contains(isServer ? "Index" : "SEARCH"), "\(plan)")
            #expect(!plan.contains("Seq Scan") && !plan.contains("SCAN"), "\(plan)")
        }
    }
}
