@_spi(System) import Auth
import Base
import Foundation
import Integrations
import Jobs
import Store
import TestSupport
import Testing

/// Companies whose Okta orgs give workers jobs, and checks of the final state.
final class WorkersUnderLoad {
    let okta: TenantsOkta
    let tenants: [OktaTenant]
    private let url: String
    private var actions: [(id: Identifier, tenant: OktaTenant, person: String)] = []
    /// The test's own connection; a new one after the database has restarted.
    var database: any Database

    /// Makes six companies in a database. The first three have actions, the others syncs.
    init(_ database: any Database, at url: String) throws {
        (self.database, self.url) = (database, url)
        okta = try TenantsOkta(delay: 5_000)
        tenants = try (0..<6).map { try OktaTenant($0, in: database) }
    }

    /// The number of actions that were queued.
    var count: Int { actions.count }

    /// Starts a worker.
    func start() throws -> PipedProgram {
        try JobWorkerProgram.start(on: url, processes: 4, okta.variables, seconds: 7_200)
    }

    /// Ends workers as a service manager does.
    func end(_ workers: [PipedProgram]) throws {
        for worker in workers { worker.program.send(SIGTERM) }
        for worker in workers { _ = try worker.waitForEnd() }
    }

    /// Queues two actions for each of three companies, and a sync for each of the others.
    func addWork() throws {
        for tenant in tenants.prefix(3) {
            for _ in 0..<2 {
                let person = "p\(actions.count)"
                try tenant.addPerson(person)
                actions.append((try tenant.queueSuspension(of: person), tenant, person))
            }
        }
        for tenant in tenants.dropFirst(3) { try tenant.workspace.queueSync(of: tenant.integration) }
    }

    /// Returns the first number in a query's first row; -1 if there is none.
    func number(_ sql: SQL) throws -> Int { try database.first(sql) { try $0[0] as Int } ?? -1 }

    /// Returns the number of jobs that are running, ready, or waiting and due.
    private func due() throws -> Int {
        try database.first("SELECT count(*) FROM jobs WHERE state <> 'waiting' OR run_after <= $1", Timestamp.now) {
            try $0[0] as Int
        } ?? -1
    }

    /// Waits until no request to Okta is being answered, and then ends all leases and all jobs' pauses.
    func letTimePass() throws {
        #expect(poll(seconds: 60) { okta.isIdle })
        for sql in [
            "UPDATE jobs SET lease_expires_at = $1 WHERE state = 'running'",
            "UPDATE jobs SET run_after = $1 WHERE state = 'waiting'",
            "UPDATE sync_runs SET lease_expires_at = $1 WHERE status = 'in_progress'",
            "UPDATE analysis_runs SET started_at = $1",
        ] as [SQL] { try database.execute(sql, Timestamp.now - 300) }
    }

    /// Finishes the remaining jobs with one undisturbed worker, in at most as many runs as a job has attempts.
    func finish() throws {
        for _ in 0..<JobRunner.attempts {
            try letTimePass()
            let worker = try start()
            _ = try poll(seconds: 120) { try due() == 0 }
            try end([worker])
            if try number("SELECT count(*) FROM jobs") == 0 { break }
        }
    }

    /// Checks that each suspension was requested once, or not at all if its job died, that at least nine tenths of the
    /// actions succeeded, and that each effect was logged once.
    func check() throws {
        #expect(try number("SELECT count(*) FROM jobs") == 0)
        let dead = try database.rows("SELECT id, error FROM dead_jobs") { ($0.text(0), $0.text(1)) }
        var succeeded = 0
        for (id, tenant, person) in actions {
            let status = try database.first("SELECT status FROM remediation_actions WHERE id = $1", id) { $0.text(0) }
            let asked = okta.suspensions(of: person, at: tenant)
            let isDead = dead.contains { $0.0 == id.description }
            #expect(asked == 1 || asked == 0 && isDead, "\(person): \(asked)")
            #expect(status == "succeeded" || isDead, "\(person): \(status ?? "")")
            if status == "succeeded" { succeeded += 1 }
        }
        print("of \(actions.count) actions \(succeeded) were carried out, \(dead.count) jobs died")
        #expect(succeeded >= actions.count * 9 / 10)
        #expect(try number("SELECT count(*) FROM audit_log WHERE action = 'remediation.executed'") == succeeded)
        #expect(
            try number("SELECT count(DISTINCT target_id) FROM audit_log WHERE action = 'remediation.executed'")
                == succeeded)
        #expect(
            try number("SELECT count(*) FROM audit_log WHERE action = 'integration.synced'")
                == number("SELECT count(*) FROM sync_runs WHERE status = 'completed'"))
        for tenant in tenants { _ = try AuditLog(database, workspaceID: tenant.workspace.id).verify() }
        for tenant in tenants.dropFirst(3) {
            let people = try database.first(
                "SELECT count(*), count(DISTINCT external_id) FROM accounts WHERE workspace_id = $1",
                tenant.workspace.id
            ) { row in [row.integer(0), row.integer(1)] }
            #expect(people == [3, 3])
        }
        #expect(okta.provider.unexpected == [])
    }
}
