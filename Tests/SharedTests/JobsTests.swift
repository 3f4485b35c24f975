@_spi(System) import Auth
import Base
import Store
import Synchronization
import TestSupport
import Testing

@testable import Jobs

@Suite struct JobsTests {
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

    /// Status, attempts, when it runs next, and error.
    private func row(_ job: Identifier) throws -> [String?] {
        try #require(
            try store.database.first("SELECT status, attempts, run_after, error FROM jobs WHERE id = $1", job) { row in
                [try row[0], String(try row[1] as Int), try row[2], try row[3]] as [String?]
            })
    }

    @Test func aJobIsRunOnceByWhomItBelongsTo() throws {
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
        #expect(try row(job) == ["completed", "1", TestStore.now.description, nil])
    }

    @Test func anothersJobIsNotThere() throws {
        let job = try enqueue()
        let other = try #require(try access.workspace(store.other.id))
        #expect(try !runner { _ in .completed }.run(job, in: other))
        #expect(try row(job)[0] == "queued")
    }

    @Test func whatIsDueRunsInOrderAndNothingElse() throws {
        let other = try #require(try access.workspace(store.other.id))
        let (second, first) = (try enqueue(after: -1), try enqueue(in: other, after: -5))
        let later = try enqueue(after: 1)
        let unknown = try enqueue(.remediation)
        var seen: [Identifier] = []
        let runner = runner { context in
            seen.append(context.job.id)
            return .completed
        }
        #expect(try runner.runDue(access) == 2)
        #expect(seen == [first, second])
        #expect(try row(later)[0] == "queued" && row(unknown) == ["queued", "0", clock.now.description, nil])
        clock.now = clock.now + 1
        #expect(try runner.runDue(access) == 1 && seen.last == later)
    }

    @Test func withoutTimeNothingIsBegun() throws {
        let job = try enqueue()
        #expect(try runner(seconds: 0) { _ in .completed }.runDue(access) == 0)
        #expect(try row(job)[1] == "0")
    }

    @Test func failuresAreRetriedLessAndLessOftenUntilTheJobIsDead() throws {
        let job = try enqueue()
        var gaveUp: [String] = []
        let runner = JobRunner(
            [
                .sync: JobHandler(
                    run: { _ in .retry("The provider failed.") }, giveUp: { _, sentence in gaveUp.append(sentence) })
            ], seconds: 60, Log()
        ) { [clock] in clock.now }
        var pauses: [Int] = []
        while try row(job)[0] == "queued" {
            #expect(try runner.runDue(access) == 1)
            guard try row(job)[0] == "queued" else { break }
            let next = try #require(try row(job)[2].flatMap { Timestamp($0) })
            pauses.append(next.seconds - clock.now.seconds)
            clock.now = next - 1
            #expect(try runner.runDue(access) == 0)
            clock.now = next
        }
        #expect(pauses == [30, 60, 120, 240, 480, 960, 1_800])
        #expect(try row(job)[0] == "dead" && row(job)[1] == "8" && row(job)[3] == "The provider failed.")
        #expect(gaveUp == ["The provider failed."])
    }

    @Test func whatAHandlerThrowsIsNotShown() throws {
        struct Failure: Error { let secret = "hunter2" }
        let job = try enqueue()
        try runner { _ in throw Failure() }.run(job, in: workspace)
        #expect(try row(job)[0] == "queued" && row(job)[3] == "It failed for a reason that the log tells.")
    }

    @Test func waitingForAProviderIsNoFailedAttemptForADay() throws {
        let job = try enqueue()
        let runner = runner { context in .wait(until: context.now + 3_600, "The rate limit is reached.") }
        for hour in 1...24 {
            #expect(try runner.run(job, in: workspace))
            #expect(
                try row(job) == [
                    "queued", "0", (TestStore.now + hour * 3_600).description, "The rate limit is reached.",
                ])
            clock.now = clock.now + 3_600
        }
        #expect(try runner.run(job, in: workspace))
        #expect(try row(job)[0] == "dead")
    }

    @Test func noProviderParksAJobForLongerThanAnHour() throws {
        let job = try enqueue()
        try runner { context in .wait(until: context.now + .days(3_650), "It asks to wait.") }.run(job, in: workspace)
        #expect(try row(job)[2] == (clock.now + 3_600).description)
    }

    @Test func aDeadWorkersJobIsTakenOverAfterItsLease() throws {
        let job = try enqueue()
        let claimed = try #require(try workspace.claimJob(job, now: clock.now))
        clock.now = clock.now + 59
        #expect(try runner { _ in .completed }.runDue(access) == 0)
        clock.now = clock.now + 1
        var attempt = 0
        #expect(
            try runner { context in
                attempt = context.job.attempt
                // The first worker was not dead but slow: it learns that its claim is over.
                #expect(throws: LeaseLost.self) { try workspace.extendLease(of: claimed, now: clock.now) }
                #expect(throws: LeaseLost.self) {
                    try workspace.finish(claimed, isDead: false, error: nil, now: clock.now)
                }
                #expect(throws: LeaseLost.self) {
                    try workspace.postpone(claimed, until: clock.now, counts: false, error: "")
                }
                return .completed
            }.runDue(access) == 1)
        #expect(attempt == 2)
        #expect(try row(job)[0] == "completed")
    }

    @Test func keepingAliveProlongsTheLease() throws {
        let job = try enqueue()
        _ = try runner { [clock, access, store] context in
            for _ in 0..<3 {
                clock.now = clock.now + 50
                try context.keepAlive()
            }
            clock.now = clock.now + 59
            #expect(try SystemAccess(store.connect()).dueJobs(of: [.sync], now: clock.now).isEmpty)
            _ = access
            return .completed
        }.run(job, in: workspace)
        #expect(try row(job)[0] == "completed")
    }

    @Test func aJobWhoseWorkersAlwaysDieIsDeadInTheEnd() throws {
        let job = try enqueue()
        for _ in 0..<JobRunner.attempts {
            #expect(try workspace.claimJob(job, now: clock.now) != nil)
            clock.now = clock.now + 60
        }
        var ran = false
        let runner = runner { _ in
            ran = true
            return .completed
        }
        #expect(try runner.runDue(access) == 1 && !ran)
        #expect(try row(job)[0] == "dead")
        #expect(try access.jobs(.dead, limit: 5).map(\.id) == [job])
        #expect(try access.retryJob(job, now: clock.now) && !access.retryJob(job, now: clock.now))
        #expect(try runner.runDue(access) == 1 && ran)
        #expect(try access.jobs(nil, limit: 5).map(\.status) == ["completed"])
    }

    @Test func giveUpAndDeathAreOneTransaction() throws {
        struct Failure: Error {}
        let job = try enqueue()
        try store.database.execute("UPDATE jobs SET attempts = 7 WHERE id = $1", job)
        let runner = JobRunner(
            [.sync: JobHandler(run: { _ in .retry("No.") }, giveUp: { _, _ in throw Failure() })], seconds: 60, Log())
        #expect(throws: Failure.self) { try runner.run(job, in: workspace) }
        #expect(try row(job)[0] == "running")
    }

    @Test func aJobIsQueuedWithWhatItBelongsToOrNotAtAll() throws {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try workspace.exclusively {
                _ = try enqueue()
                throw Failure()
            }
        }
        #expect(try access.jobs(nil, limit: 5).isEmpty)
    }

    @Test func ofManyWorkersOneGetsEachJob() throws {
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

    @Test func aStandInRunsWhenNobodyHasDismissedIt() throws {
        let (integration, other) = (Identifier.random(), Identifier.random())
        func standIn(_ integration: Identifier) throws -> Bool {
            try workspace.queueStandIn(ofSyncOf: integration, after: 75, now: clock.now)
        }
        #expect(try standIn(integration) && !standIn(integration) && standIn(other))
        try workspace.dismissStandIn(ofSyncOf: other)
        // Whoever asks for a sync gets one of their own.
        let asked = try workspace.queueSync(of: integration, now: clock.now)
        #expect(try workspace.queueSync(of: integration, now: clock.now) == asked)
        var seen: [Identifier] = []
        let runner = runner { context in
            #expect(context.job.payload["integration_id"] == .string(integration.description))
            seen.append(context.job.id)
            // Once it runs it is too late.
            if context.job.id != asked { try context.workspace.dismissStandIn(ofSyncOf: integration) }
            return .completed
        }
        clock.now = clock.now + 74
        #expect(try runner.runDue(access) == 1 && seen == [asked])
        clock.now = clock.now + 1
        #expect(try runner.runDue(access) == 1 && seen.count == 2)
        #expect(try row(seen[1])[0] == "completed" && standIn(integration))
    }

    @Test func oldCompletedJobsAreForgotten() throws {
        let (done, dead) = (try enqueue(), try enqueue())
        try runner { _ in .completed }.run(done, in: workspace)
        try runner { _ in .dead("No.") }.run(dead, in: workspace)
        try workspace.pruneJobs(now: clock.now + .days(7))
        #expect(try access.jobs(nil, limit: 5).count == 2)
        try workspace.pruneJobs(now: clock.now + .days(7) + 1)
        #expect(try access.jobs(nil, limit: 5).map(\.id) == [dead])
    }
}
