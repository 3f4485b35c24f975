import Actions
@_spi(System) import Auth
import Base
import Integrations
import Store
import Synchronization
import TestSupport
import Testing

@testable import Jobs

@Suite(.usesStore) struct JobsTests {
    private let store: TestStore
    private let access: SystemAccess
    private let workspace: Workspace
    private let clock = Clock()

    /// A clock that a test sets.
    private final class Clock {
        var now = TestStore.now
    }

    init() throws {
        store = try TestStore()
        access = SystemAccess(store.database)
        workspace = try #require(try access.workspace(store.own.id))
    }

    private func runner(seconds: Double = 60, _ run: @escaping (JobContext) throws -> JobOutcome) -> JobRunner {
        JobRunner([.sync: JobHandler(run: run)], seconds: seconds, Log()) { [clock] in clock.now }
    }

    private func enqueue(_ kind: JobKind = .sync, in workspace: Workspace? = nil, after: Int = 0) throws -> Identifier {
        try (workspace ?? self.workspace).enqueue(
            kind, payload: ["n": 1], runAfter: clock.now + after, now: clock.now)
    }

    /// Returns state, attempts, the next run or time of death, and the error; ["gone"] if the job is finished.
    private func row(_ job: Identifier) throws -> [String?] {
        try store.database.first(
            """
            SELECT state, attempts, run_after, error FROM jobs WHERE id = $1
            UNION ALL SELECT 'dead', attempts, died_at, error FROM dead_jobs WHERE id = $1
            """, job
        ) { row in [try row[0], String(try row[1] as Int), try row[2], try row[3]] as [String?] } ?? ["gone"]
    }

    private func claim(_ job: Identifier, early: Bool = false) throws -> Job? {
        guard case .claimed(let job) = try workspace.claim(job, early: early, seconds: 60, now: clock.now) else {
            return nil
        }
        return job
    }

    @Test("A job runs once, in the workspace that it belongs to") func aJobIsRunOnceByWhomItBelongsTo() throws {
        let job = try enqueue()
        var seen: [JSON] = []
        let runner = runner { context in
            #expect(context.workspace.id == store.own.id && context.workspace.caller == nil)
            #expect(context.job.id == job && context.job.attempt == 1)
            seen.append(context.job.payload)
            return .completed
        }
        #expect(try runner.run(job, in: workspace))
        #expect(try !runner.run(job, in: workspace))
        #expect(try runner.runDue(access) == 0)
        #expect(seen == [["n": 1]])
        #expect(try row(job) == ["gone"])
    }

    @Test("A job of another workspace can't be run") func anothersJobIsNotThere() throws {
        let job = try enqueue()
        let other = try #require(try access.workspace(store.other.id))
        #expect(try !runner { _ in .completed }.run(job, in: other))
        #expect(try row(job)[0] == "ready")
    }

    @Test("Due jobs run in order; later jobs and jobs without a handler do not run")
    func whatIsDueRunsInOrderAndNothingElse() throws {
        let other = try #require(try access.workspace(store.other.id))
        clock.now = clock.now - 5
        let first = try enqueue(in: other)
        clock.now = clock.now + 4
        let second = try enqueue()
        clock.now = clock.now + 1
        let later = try enqueue(after: 1)
        let unknown = try enqueue(.remediation)
        var seen: [Identifier] = []
        let runner = runner { context in
            seen.append(context.job.id)
            return .completed
        }
        #expect(try runner.runDue(access) == 2)
        #expect(seen == [first, second])
        #expect(try row(later)[0] == "waiting" && row(unknown) == ["ready", "0", clock.now.description, nil])
        clock.now = clock.now + 1
        #expect(try runner.runDue(access) == 1 && seen.last == later)
    }

    @Test("Without time left, no job is started") func withoutTimeNothingIsBegun() throws {
        let job = try enqueue()
        #expect(try runner(seconds: 0) { _ in .completed }.runDue(access) == 0)
        #expect(try row(job)[1] == "0")
    }

    @Test("A failed job is retried at growing intervals, and dies after eight attempts")
    func failuresAreRetriedLessAndLessOftenUntilTheJobIsDead() throws {
        let job = try enqueue()
        var gaveUp: [String] = []
        let runner = JobRunner(
            [
                .sync: JobHandler(
                    run: { _ in .retry("The provider failed.") }, giveUp: { _, sentence in gaveUp.append(sentence) })
            ], seconds: 60, Log()
        ) { [clock] in clock.now }
        var pauses: [Int] = []
        while try ["ready", "waiting"].contains(row(job)[0]) {
            #expect(try runner.runDue(access) == 1)
            guard try row(job)[0] == "waiting" else { break }
            let next = try #require(try row(job)[2].flatMap { Timestamp($0) })
            let listed = try #require(try access.jobs(nil, limit: 5).first)
            #expect(listed.error == "The provider failed." && listed.runAfter == next.description)
            pauses.append(next.seconds - clock.now.seconds)
            clock.now = next - 1
            #expect(try runner.runDue(access) == 0)
            clock.now = next
        }
        #expect(pauses == [30, 60, 120, 240, 480, 960, 1_800])
        #expect(try row(job)[0] == "dead" && row(job)[1] == "8" && row(job)[3] == "The provider failed.")
        #expect(gaveUp == ["The provider failed."])
        #expect(try access.jobs(.dead, limit: 5).map(\.error) == ["The provider failed."])
    }

    @Test("An unexpected error in a handler is not shown in the job") func whatAHandlerThrowsIsNotShown() throws {
        struct Failure: Error { let secret = "hunter2" }
        let job = try enqueue()
        try runner { _ in throw Failure() }.run(job, in: workspace)
        #expect(try row(job)[0] == "waiting" && row(job)[3] == "It failed. The log has the reason.")
    }

    @Test("Waiting for a provider is no failed attempt for one day, and then the job dies")
    func waitingForAProviderIsNoFailedAttemptForADay() throws {
        let job = try enqueue()
        let runner = runner { context in .wait(until: context.now + 3_600, "The rate limit is reached.") }
        for hour in 1...24 {
            #expect(try runner.run(job, in: workspace))
            #expect(
                try row(job) == [
                    "waiting", "0", (TestStore.now + hour * 3_600).description, "The rate limit is reached.",
                ])
            clock.now = clock.now + 3_600
        }
        #expect(try runner.run(job, in: workspace))
        #expect(try row(job)[0] == "dead")
    }

    @Test("A provider can't postpone a job by more than an hour") func noProviderParksAJobForLongerThanAnHour() throws {
        let job = try enqueue()
        try runner { context in .wait(until: context.now + .days(3_650), "It asks to wait.") }.run(job, in: workspace)
        #expect(try row(job)[2] == (clock.now + 3_600).description)
    }

    @Test("A dead worker's job is taken over after its lease, and the slow worker loses its claim")
    func aDeadWorkersJobIsTakenOverAfterItsLease() throws {
        let job = try enqueue()
        let claimed = try #require(try claim(job))
        clock.now = clock.now + 59
        #expect(try runner { _ in .completed }.runDue(access) == 0)
        clock.now = clock.now + 1
        var attempt = 0
        #expect(
            try runner { context in
                attempt = context.job.attempt
                // The first worker was slow, not dead. It learns that its claim has ended.
                #expect(throws: LeaseLost.self) { try workspace.confirm(claimed) }
                #expect(throws: LeaseLost.self) { try workspace.finish(claimed, now: clock.now) }
                #expect(throws: LeaseLost.self) { try workspace.bury(claimed, error: "", now: clock.now) }
                #expect(throws: LeaseLost.self) {
                    try workspace.postpone(
                        claimed, as: .sync, until: clock.now, counts: false, error: "", now: clock.now)
                }
                return .completed
            }.runDue(access) == 1)
        #expect(attempt == 2)
        #expect(try row(job) == ["gone"])
    }

    @Test("A job whose workers keep dying is declared dead, and can be retried by hand")
    func aJobWhoseWorkersAlwaysDieIsDeadInTheEnd() throws {
        let job = try enqueue()
        for _ in 0..<JobRunner.attempts {
            #expect(try claim(job) != nil)
            clock.now = clock.now + 60
        }
        var ran = false
        let runner = runner { _ in
            ran = true
            return .completed
        }
        #expect(try runner.runDue(access) == 1 && !ran)
        #expect(try row(job)[0] == "dead")
        #expect(try access.jobs(.dead, limit: 5).map(\.id) == [job.description])
        #expect(try access.retryJob(job, now: clock.now) && !access.retryJob(job, now: clock.now))
        #expect(try runner.runDue(access) == 1 && ran)
        #expect(try access.jobs(nil, limit: 5).isEmpty)
    }

    @Test("A job's death and the handler's reaction to it are one transaction")
    func giveUpAndDeathAreOneTransaction() throws {
        struct Failure: Error {}
        let job = try enqueue()
        try store.database.execute("UPDATE jobs SET attempts = 7 WHERE id = $1", job)
        let runner = JobRunner(
            [.sync: JobHandler(run: { _ in .retry("No.") }, giveUp: { _, _ in throw Failure() })], seconds: 60, Log())
        #expect(throws: Failure.self) { try runner.run(job, in: workspace) }
        #expect(try row(job)[0] == "running")
    }

    @Test("A job is queued in the same transaction as its cause")
    func aJobIsQueuedWithWhatItBelongsToOrNotAtAll() throws {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try workspace.withWriteLock {
                _ = try enqueue()
                throw Failure()
            }
        }
        #expect(try access.jobs(nil, limit: 5).isEmpty)
    }

    @Test("Exactly one of many workers gets each job") func ofManyWorkersOneGetsEachJob() throws {
        for _ in 0..<40 { _ = try enqueue() }
        let runs = Mutex<[Identifier: Int]>([:])
        let (connect, now) = (store.connect, clock.now)
        Threads(count: 8) { _ in
            let runner = JobRunner(
                [
                    .sync: JobHandler(run: { context in
                        runs.withLock { $0[context.job.id, default: 0] += 1 }
                        return .completed
                    })
                ], seconds: 60, Log(), clock: { now })
            _ = try? runner.runDue(SystemAccess(connect()))
        }.join()
        #expect(runs.withLock { $0.count == 40 && $0.values.allSatisfy { $0 == 1 } })
    }

    @Test("A finished job is deleted at once, a dead one after 30 days")
    func whatIsDoneIsForgottenAtOnceAndTheDeadAfterAMonth() throws {
        let (done, dead) = (try enqueue(), try enqueue())
        try runner { _ in .completed }.run(done, in: workspace)
        try runner { _ in .dead("No.") }.run(dead, in: workspace)
        #expect(try row(done) == ["gone"] && row(dead) == ["dead", "1", clock.now.description, "No."])
        // Jobs that are not dead stay, however old they are.
        let living = Set([try enqueue().description, try enqueue(after: 60).description])
        try workspace.pruneJobs(now: clock.now + .days(30))
        #expect(try Set(access.jobs(nil, limit: 5).map(\.id)) == living.union([dead.description]))
        try workspace.pruneJobs(now: clock.now + .days(30) + 1)
        #expect(try Set(access.jobs(nil, limit: 5).map(\.id)) == living)
    }
}
