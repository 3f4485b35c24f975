@_spi(System) import Auth
import Base
@_spi(System) import Integrations
import TestSupport
import Testing

@testable import Jobs
@testable import Store

/// Damaged rows in the queue. None of them may delay other jobs.
@Suite(.usesStore) struct DamagedJobsTests {
    private let store: TestStore
    private let access: SystemAccess
    private let workspace: Workspace
    private let now = TestStore.now

    init() throws {
        store = try TestStore()
        access = SystemAccess(store.database)
        workspace = try #require(try access.workspace(store.own.id))
    }

    private func enqueue(urgency: JobUrgency = .routine, key: String? = nil) throws -> Identifier {
        try workspace.enqueue(.sync, payload: ["n": 1], key: key, urgency: urgency, now: now)
    }

    /// Runs all due jobs, and returns their ids.
    private func run() throws -> [Identifier] {
        var ids: [Identifier] = []
        let handler = JobHandler(run: { context in
            ids.append(context.job.id)
            return .completed
        })
        try JobRunner([.sync: handler], seconds: 60, Log()) { [now] in now }.runDue(access)
        return ids
    }

    /// A change that damages the row of a job, whose id is the parameter `$1`.
    struct Damage: CustomTestStringConvertible, Sendable {
        let name: String
        let change: SQL
        /// True if PostgreSQL can't hold such a row.
        var isOfSQLite = true
        /// The error of the dead job. Nil if the job is deleted.
        var error: String?

        var testDescription: String { name }

        private static let wrongID = "Its id is not a UUID in lower case."
        private static let levels = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)

        static let all = [
            Damage(name: "an id that is no UUID", change: "id = 'broken-' || id", error: wrongID),
            Damage(name: "an id in upper case", change: "id = upper(id)", error: wrongID),
            Damage(name: "no id", change: "id = NULL", error: wrongID),
            Damage(name: "no workspace", change: "workspace_id = 'nobody'"),
            Damage(name: "no JSON", change: "payload = '{\"n'", error: "Its payload can't be read."),
            Damage(
                name: "600 levels", change: SQL(text: "payload = '\(levels)'"), isOfSQLite: false,
                error: "Its payload can't be read."),
            Damage(
                name: "a large number", change: "payload = '{\"n\": 1e400}'", isOfSQLite: false,
                error: "Its payload can't be read."),
            Damage(
                name: "another kind", change: "kind = 'analysis'", isOfSQLite: false, error: "Its kind can't be read."),
            Damage(name: "no time of creation", change: "created_at = 'never'", error: "Its created_at can't be read."),
        ]
    }

    @Test("A damaged job is removed from the queue, and the workspace's other jobs run", arguments: Damage.all)
    func damagedRows(_ damage: Damage) throws {
        guard !damage.isOfSQLite || TestStore.Engine.ofThisRun == .sqlite else { return }
        if TestStore.Engine.ofThisRun == .sqlite { try store.database.execute("PRAGMA foreign_keys = OFF") }
        // Five jobs are one more than a workspace may run at once. Their keys are free again afterwards.
        for number in 0..<5 {
            let id = try enqueue(urgency: .person, key: "key \(number)")
            try store.database.execute(SQL(text: "UPDATE jobs SET \(damage.change.text) WHERE id = $1"), id)
        }
        if TestStore.Engine.ofThisRun == .sqlite { try store.database.execute("PRAGMA foreign_keys = ON") }
        let good = try enqueue()
        #expect(try run() == [good])
        let errors = try access.jobs(nil, limit: 10).map { [$0.status, $0.error] }
        #expect(errors == Array(repeating: ["dead", damage.error], count: damage.error == nil ? 0 : 5))
        #expect(try access.jobLanes().count == (damage.error == nil ? 0 : 1))
        let next = try enqueue(key: "key 0")
        #expect(try run() == [next])
    }

    @Test("The jobs of a workspace without a row in job_shares run")
    func noShare() throws {
        let jobs = try [enqueue(), enqueue()]
        try store.database.execute("DELETE FROM job_shares")
        #expect(try Set(run()) == Set(jobs))
        try store.database.execute("DELETE FROM job_shares")
        guard case .claimed = try workspace.claim(enqueue(), seconds: 60, now: now) else {
            Issue.record("it was not claimed")
            return
        }
    }

    @Test("A job whose time can't be read is listed, and runs after all")
    func unreadableTime() throws {
        let job = try enqueue()
        let time = TestStore.Engine.ofThisRun == .sqlite ? "no time" : "infinity"
        try store.database.execute("UPDATE jobs SET state = 'waiting', run_after = $2 WHERE id = $1", job, time)
        let lanes = try access.jobLanes(now: now)
        #expect(lanes.map(\.counts) == [[.waiting: 1]])
        #expect(try access.jobs(nil, limit: 10).count == 1)
        #expect(try run().isEmpty)
        try access.makeLostReady(now: now)
        #expect(try access.jobLanes(now: now).map(\.counts) == [[.ready: 1]])
        #expect(try run() == [job])
    }

    @Test("A running job whose lease can't be read or is missing runs again")
    func unreadableLease() throws {
        let unreadable = TestStore.Engine.ofThisRun == .sqlite ? "never" : "infinity"
        for lease in [unreadable, nil] {
            let job = try enqueue()
            try store.database.execute(
                "UPDATE jobs SET state = 'running', lease_expires_at = $2 WHERE id = $1", job, lease)
            #expect(try run() == [job])
        }
    }

    @Test("A damaged job does not hide the integrations") func integrationsAreShown() throws {
        guard TestStore.Engine.ofThisRun == .sqlite else { return }
        let id = Identifier.random()
        try store.database.execute(
            """
            INSERT INTO integrations (workspace_id, id, platform, category, status, credentials, created_at)
            VALUES ($1, $2, 'okta', 'idp', 'connected', $3, $4)
            """, workspace.id, id, [0] as [UInt8], now)
        _ = try enqueue(key: "sync \(id)")
        try store.database.execute("UPDATE jobs SET state = 'waiting', run_after = 'no time'")
        #expect(try workspace.integrationRecords().count == 1)
        #expect(try workspace.read(Reading<[IntegrationSummary]>.integrations).count == 1)
    }
}
