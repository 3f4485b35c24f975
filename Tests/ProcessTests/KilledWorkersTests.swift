@_spi(System) import Auth
import Base
import Foundation
import Integrations
import Jobs
import Store
import TestSupport
import Testing

/// Workers under load and the processes of their jobs are killed repeatedly. THALIAN_KILLS sets the number of kills;
/// the default is small enough for every run.
@Suite(.serialized, .usesStore) struct KilledWorkersTests {
    private static let kills = ProcessInfo.processInfo.environment["THALIAN_KILLS"].flatMap { Int($0) } ?? 20
    private let store: TestStore
    private let load: WorkersUnderLoad

    init() throws {
        store = try TestStore()
        load = try WorkersUnderLoad(store.database, at: store.url)
    }

    @Test("With workers that are killed, no job is lost and no effect doubled")
    func noJobIsLostAndNoEffectDoubled() throws {
        var (killedWorkers, killedJobs) = (0, 0)
        var workers = try (0..<2).map { _ in try load.start() }
        while killedWorkers + killedJobs < Self.kills {
            try load.addWork()
            for index in workers.indices {
                usleep(UInt32.random(in: 0...150_000))
                let children = ProcessTable.descendants(of: workers[index].program.id)
                if killedJobs <= killedWorkers, let child = children.randomElement() {
                    kill(child, SIGKILL)
                    killedJobs += 1
                } else {
                    workers[index].program.send(SIGKILL)
                    _ = try workers[index].waitForEnd()
                    #expect(poll(seconds: 30) { !children.contains(where: ProcessTable.isAlive) })
                    workers[index] = try load.start()
                    killedWorkers += 1
                }
            }
            guard load.count % 60 == 0 else { continue }
            try load.end(workers)
            try load.letTimePass()
            workers = try (0..<2).map { _ in try load.start() }
        }
        try load.end(workers)
        #expect(killedWorkers > 0 && killedJobs > 0)
        try load.finish()
        try load.check()
    }

    /// A process that was stopped until another worker did its job must change nothing when it continues.
    @Test("A worker that was taken for dead changes nothing") func aWorkerThatWasTakenForDeadChangesNothing() throws {
        let (okta, tenant, synced) = (load.okta, load.tenants[0], load.tenants[3])
        try tenant.addPerson("late")
        okta.hold([tenant.token, synced.token])
        defer { okta.release() }
        let action = try tenant.queueSuspension(of: "late")
        try synced.workspace.queueSync(of: synced.integration)
        let stale = try load.start()
        // Both jobs wait for the provider.
        #expect(poll(seconds: 60) { okta.held == 2 })
        let children = ProcessTable.descendants(of: stale.program.id)
        try stop([stale.program.id] + children)
        okta.release()
        #expect(poll(seconds: 30) { okta.isIdle })
        try load.letTimePass()
        let worker = try load.start()
        func isDone() throws -> Bool {
            try load.number(
                "SELECT count(*) FROM audit_log WHERE action IN ('remediation.executed', 'integration.synced')") == 2
                && load.number("SELECT count(*) FROM jobs") == 0
        }
        try #require(try poll(seconds: 120) { try isDone() })
        func state() throws -> [String] {
            try ["audit_log", "remediation_actions", "sync_runs", "accounts", "jobs", "dead_jobs"].flatMap { table in
                try Self.rows(of: table, in: store.database)
            }
        }
        try load.end([worker])
        let before = try state()
        for process in [stale.program.id] + children { kill(process, SIGCONT) }
        stale.program.send(SIGTERM)
        #expect(try stale.waitForEnd() == 0)
        #expect(poll(seconds: 30) { !children.contains(where: ProcessTable.isAlive) })
        #expect(try state() == before)
        #expect(okta.suspensions(of: "late", at: tenant) == 1)
        #expect(
            try load.number("SELECT count(*) FROM remediation_actions WHERE status = 'succeeded'") == 1, "\(action)")
    }

    /// Stops processes at a time at which none of them has an open transaction, whose locks would block other writers.
    private func stop(_ processes: [pid_t]) throws {
        for _ in 0..<100 {
            for process in processes { kill(process, SIGSTOP) }
            // PostgreSQL may not have read yet what a process sent before it was stopped, such as the renewal of a lease.
            usleep(300_000)
            if try !haveOpenTransactions() { return }
            for process in processes { kill(process, SIGCONT) }
            usleep(20_000)
        }
        Issue.record("The processes keep others from writing.")
    }

    /// Returns true if a stopped process has an open transaction: on PostgreSQL it holds row locks, on SQLite the lock
    /// of the file.
    private func haveOpenTransactions() throws -> Bool {
        guard TestStore.Engine.ofThisRun == .postgreSQL else {
            return (try? load.number("UPDATE workspaces SET name = name RETURNING 0")) == nil
        }
        // A statement that a process sent before it was stopped runs to its end, unless it waits for a lock.
        guard try poll(seconds: 5, { try sessions(in: "active") == 0 }) else { return true }
        return try sessions(in: "idle in transaction") > 0
    }

    /// Returns the number of other sessions of the test's database that are in a state, such as `active`.
    private func sessions(in state: String) throws -> Int {
        try load.database.first(
            """
            SELECT count(*) FROM pg_catalog.pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = $1
            """, state
        ) { try $0[0] as Int } ?? 0
    }

    private static func rows(of table: String, in database: any Database) throws -> [String] {
        let queries: [String: SQL] = [
            "audit_log": "SELECT * FROM audit_log ORDER BY id",
            "remediation_actions": "SELECT * FROM remediation_actions",
            "sync_runs": "SELECT * FROM sync_runs ORDER BY id", "accounts": "SELECT * FROM accounts ORDER BY id",
            "jobs": "SELECT * FROM jobs", "dead_jobs": "SELECT * FROM dead_jobs",
        ]
        guard let query = queries[table] else { return [] }
        return try database.rows(query) { row in
            table + " " + (0..<row.columnCount).map(row.text).joined(separator: " ")
        }
    }
}
