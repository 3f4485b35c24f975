@_spi(System) import Auth
import Base
import Foundation
import Integrations
import Jobs
import Store
import TestSupport
import Testing

/// Jobs whose processes end unexpectedly.
@Suite(.serialized, .usesStore) struct JobProcessesTests {
    private let store: TestStore
    private let workspace: Workspace

    init() throws {
        store = try TestStore()
        workspace = try #require(try SystemAccess(store.database).workspace(store.own.id))
    }

    private func enqueue(_ what: String, before seconds: Int = 0) throws -> Identifier {
        try workspace.enqueue(.sync, payload: ["do": .string(what)], runAfter: .now - 10 - seconds)
    }

    /// Starts a worker for due jobs, or for one job.
    private func start(
        _ job: Identifier? = nil, jobSeconds: Double = 20, memoryBytes: UInt64 = 0, more: [String: String] = [:]
    ) throws -> PipedProgram {
        var variables = [
            "DATABASE_URL": store.url, "FIXTURE_SECONDS": "\(jobSeconds)", "SWIFT_BACKTRACE": "enable=no",
            "FUNCTION_EVENT":
                #"{"source":"aws.events","detail-type":"Scheduled Event","time":"2026-01-01T00:00:00Z"}"#,
        ]
        variables.merge(more) { $1 }
        if let job { variables["FIXTURE_JOB"] = "\(workspace.id) \(job)" }
        return try PipedProgram(
            BuiltProducts.folder + "/fixture-jobs", environment: variables, seconds: 60, memoryBytes: memoryBytes)
    }

    /// Runs a worker to its end; returns its log.
    private func run(
        _ job: Identifier? = nil, jobSeconds: Double = 20, memoryBytes: UInt64 = 0
    ) throws -> String {
        let program = try start(job, jobSeconds: jobSeconds, memoryBytes: memoryBytes)
        #expect(try program.waitForEnd() == 0)
        let log = String(decoding: program.errors, as: UTF8.self)
        #expect(String(decoding: program.output, as: UTF8.self).contains(#""statusCode":200"#), "\(log)")
        return log
    }

    /// Returns a job's state, attempts and error. The state is `dead` for a dead job, and `gone` if there is no such
    /// job.
    private func row(_ job: Identifier) throws -> [String] {
        try #require(
            try store.database.first(
                """
                SELECT state, attempts, error FROM jobs WHERE id = $1
                UNION ALL SELECT 'dead', attempts, error FROM dead_jobs WHERE id = $1
                UNION ALL SELECT 'gone', 0, '' WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE id = $1) LIMIT 1
                """, job
            ) { row in [try row[0], String(try row[1] as Int), try row[2] ?? ""] })
    }

    private func makeDue(_ job: Identifier) throws {
        try store.database.execute("UPDATE jobs SET run_after = $2 WHERE id = $1", job, Timestamp.now - 60)
    }

    static let faults: [(what: String, beginning: String)] = [
        ("trap", "Its process ended by signal "), ("abort", "Its process ended by signal 6 (Aborted)."),
        ("exit", "It failed. The log has the reason."), ("allocate", "Its process ended by signal "),
        ("loop", "It took longer than 2 seconds, and its process was ended."),
    ]

    @Test("A fault costs its job one attempt and affects no other job", arguments: faults)
    func aFaultCostsItsJobAnAttemptAndNoOtherJob(
        _ fault: (what: String, beginning: String)
    ) throws {
        let bad = try enqueue(fault.what, before: 5)
        let good = try (0..<3).map { _ in try enqueue("complete") }
        let log = try run(
            jobSeconds: fault.what == "loop" ? 1 : 20, memoryBytes: fault.what == "allocate" ? 1 << 30 : 0)
        for job in good { #expect(try row(job)[0] == "gone") }
        let row = try row(bad)
        #expect(row[0] == "waiting" && row[1] == "1" && row[2].hasPrefix(fault.beginning), "\(row) \(log)")
        let due = try #require(
            try store.database.first("SELECT run_after FROM jobs WHERE id = $1", bad) { try $0[0] as Timestamp })
        #expect((Timestamp.now + 15...Timestamp.now + 30).contains(due))
        #expect(log.contains("a job's process ended unexpectedly"))
    }

    @Test("A job that ends its process each time dies after eight attempts, with the reason")
    func aJobThatEndsItsProcessEachTimeIsDeadAfterEightAttemptsWithTheReason() throws {
        let job = try enqueue("abort")
        for attempt in 1...JobRunner.attempts {
            #expect(
                try row(job) == [
                    attempt == 1 ? "ready" : "waiting", String(attempt - 1),
                    attempt == 1 ? "" : Self.faults[1].beginning,
                ])
            let log = try run()
            #expect(log.contains("gave up: \(Self.faults[1].beginning)") == (attempt == JobRunner.attempts))
            #expect(log.contains("the job is dead: \(Self.faults[1].beginning)") == (attempt == JobRunner.attempts))
            if attempt < JobRunner.attempts { try makeDue(job) }
        }
        #expect(try row(job) == ["dead", "8", Self.faults[1].beginning])
    }

    @Test("A job whose process traps while it gives the job up is dead after the lease ends")
    func aJobThatCannotEvenBeGivenUpDiesAllTheSame() throws {
        let job = try enqueue("give-up")
        try store.database.execute("UPDATE jobs SET attempts = 7 WHERE id = $1", job)
        for attempt in 8...9 {
            _ = try start().waitForEnd()
            guard attempt == 8 else { break }
            // The job's lease ends.
            #expect(try row(job) == ["running", "8", ""])
            try store.database.execute("UPDATE jobs SET lease_expires_at = $2 WHERE id = $1", job, Timestamp.now - 1)
        }
        let row = try row(job)
        #expect(row[0] == "dead" && row[2].hasPrefix("Its process ended by signal "), "\(row)")
    }

    @Test("A job that is started alone, as after a response, runs in its own process")
    func aJobThatIsRunAloneAfterItsResponseHasAProcessOfItsOwn() throws {
        let (bad, good) = (try enqueue("trap"), try enqueue("complete"))
        #expect(try run(bad).contains("workspaces: 2"))
        #expect(try row(bad)[0...1] == ["waiting", "1"] && row(good)[0] == "ready")
        #expect(try run(good).contains("workspaces: 2"))
        #expect(try row(good)[0] == "gone")
    }

    @Test("A worker that is asked to end gives its jobs back") func aWorkerThatIsAskedToEndGivesItsJobsBack() throws {
        let job = try enqueue("hold")
        let worker = try start()
        let child = try holder(worker)
        worker.program.send(SIGTERM)
        // A service manager sends the signal to every process of a service.
        kill(child, SIGTERM)
        #expect(try worker.waitForEnd() == 0)
        #expect(!ProcessTable.isAlive(child))
        #expect(try row(job) == ["ready", "0", "Its worker was stopped."])
        #expect(
            try store.database.first("SELECT run_after FROM jobs WHERE id = $1", job) { try $0[0] as Timestamp }
                .map { $0 <= .now } == true)
    }

    @Test("No process outlives its worker, and none stays as a zombie")
    func noProcessOutlivesItsWorkerAndNoneStaysAsAZombie() throws {
        let job = try enqueue("hold", before: 5)
        let others = try (0..<5).map { _ in try enqueue("abort") }
        let worker = try start()
        let child = try holder(worker)
        #expect(try poll { try others.allSatisfy { try row($0)[1] == "1" && row($0)[0] == "waiting" } })
        #expect(poll { ProcessTable.descendants(of: worker.program.id) == [child] })
        #expect(try row(job)[0] == "running")
        kill(worker.program.id, SIGKILL)
        #expect(poll { !ProcessTable.isAlive(child) })
        _ = try worker.waitForEnd()
    }

    @Test("A running worker starts a job as soon as it is queued")
    func aWorkerThatStaysBeginsAJobAsSoonAsItIsQueued() throws {
        let worker = try start(more: ["FIXTURE_STAYS": "yes"])
        for _ in 0..<5 {
            let job = try enqueue("complete")
            #expect(try poll(seconds: 2) { try row(job)[0] == "gone" })
        }
        // The worker itself queues syncs that become due.
        let okta = try store.own.addIntegration("okta")
        try store.database.execute(
            "UPDATE integrations SET next_auto_sync_at = $2, credentials = $3 WHERE id = $1", okta, Timestamp.now - 60,
            [1] as [UInt8])
        #expect(
            try poll(seconds: 15) {
                try store.database.first("SELECT lane FROM jobs WHERE kind = 'sync'") { try $0[0] as String }
                    == "sync:okta"
            })
        worker.program.send(SIGTERM)
        #expect(try worker.waitForEnd() == 0)
    }

    @Test("A worker whose time is over reports that jobs remain")
    func aWorkerWhoseTimeIsUpSaysThatThereIsMore() throws {
        let jobs = try (0..<3).map { _ in try enqueue("complete") }
        let worker = try start(more: ["FIXTURE_TIME": "0"])
        #expect(try worker.waitForEnd() == 0)
        #expect(String(decoding: worker.output, as: UTF8.self).contains(#"\"more\":true"#))
        #expect(try jobs.allSatisfy { try row($0)[0] == "ready" })
        #expect(try !run().contains("more"))
        #expect(try jobs.allSatisfy { try row($0)[0] == "gone" })
    }

    /// Returns the id of the process that has logged `holding as ID`: its job waits forever.
    private func holder(_ worker: PipedProgram) throws -> pid_t {
        let line = try worker.errorLine(containing: "holding as ")
        let rest = try #require(line.range(of: "holding as "))
        return try #require(pid_t(line[rest.upperBound...].prefix { $0.isNumber }))
    }
}
