import Base
import Function
import Integrations
import Invocation
import Jobs
import Store
import TestSupport
import Testing

@testable import scheduled_housekeeping
@testable import scheduled_sync

/// Syncs that are due, and the time for which synced events are kept.
@Suite(.usesStore) struct DueSyncsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func texts(_ sql: SQL) throws -> [String] {
        try store.database.rows(sql, store.own.id) { row in row.isNull(0) ? "null" : row.text(0) }
    }

    private func add(_ platform: String, _ status: String, nextAt: Timestamp?, hasCredentials: Bool = true) throws {
        let id = try store.own.addIntegration(platform, status: status)
        try store.database.execute(
            "UPDATE integrations SET next_auto_sync_at = $2, credentials = $3 WHERE id = $1", id, nextAt,
            hasCredentials ? [1, 2, 3] as [UInt8] : nil)
    }

    @Test("Due syncs are queued once an hour, at each integration's own second")
    func whatIsDueIsQueuedOnceAnHour() throws {
        let now = TestStore.now
        try add("okta", "connected", nextAt: now)
        try add("github", "connected", nextAt: now + 1)
        try add("slack", "paused", nextAt: now - 1)
        try add("aws", "error", nextAt: now - 1)
        try add("jira", "disconnected", nextAt: now - 1)
        try add("zoom", "connected", nextAt: now - 1, hasCredentials: false)
        try add("gitlab", "pending", nextAt: now - .days(1))
        func run(at time: Timestamp) throws -> [String] {
            let response = Schedule(DueSyncs.self, store.environment()).respond(to: ScheduledEvent(time: time))
            #expect(response.status == 200)
            return try texts(
                """
                SELECT integrations.platform FROM jobs JOIN integrations
                    ON CAST(integrations.id AS text) = jobs.payload ->> 'integration_id'
                WHERE jobs.workspace_id = $1 AND jobs.kind = 'sync' ORDER BY 1
                """)
        }
        #expect(try run(at: now) == ["aws", "gitlab", "okta"])
        #expect(try run(at: now) == ["aws", "gitlab", "okta"])
        // Each integration has its own second of the hour, and keeps it.
        let next = try store.database.rows(
            "SELECT id, next_auto_sync_at FROM integrations WHERE platform IN ('okta', 'gitlab')"
        ) { row in (id: try row[0] as Identifier, next: try row[1] as Timestamp) }
        for (id, next) in next {
            #expect((now + 1...now + .hours(1)).contains(next))
            #expect(id.hourlyTime(after: next) == next + .hours(1) && id.hourlyTime(after: next - 1) == next)
        }
        #expect(try run(at: now + 1) == ["aws", "github", "gitlab", "okta"])
    }

    @Test(
        "Synced events are kept as long as the plan says",
        arguments: [("free", 7), ("trial", 365), ("pro", 365), ("enterprise", nil)] as [(String, Int?)])
    func syncedDataIsKeptForThePlansTime(_ plan: String, _ days: Int?) throws {
        let now = TestStore.now
        try store.database.execute(
            "UPDATE workspaces SET plan = $2, trial_ends_at = $3 WHERE id = $1", store.own.id, plan, now + .days(9))
        let okta = try store.own.addIntegration("okta")
        let run = Identifier.random()
        try store.database.execute(
            """
            INSERT INTO sync_runs (workspace_id, id, integration_id, status, started_at, finished_at)
            VALUES ($1, $2, $3, 'completed', $4, $4)
            """, store.own.id, run, okta, now - .days(400))
        for age in [1, 6, 8, 364, 366] {
            try store.database.execute(
                """
                INSERT INTO audit_events (workspace_id, id, integration_id, external_id, event_type, outcome, occurred_at)
                VALUES ($1, $2, $3, $4, 'user.session.start', 'success', $5)
                """, store.own.id, Identifier.random(), okta, "e\(age)", now - .days(age))
            try store.database.execute(
                """
                INSERT INTO sync_events (workspace_id, sync_run_id, change, entity_type, entity_id, occurred_at)
                VALUES ($1, $2, 'created', 'account', $3, $4)
                """, store.own.id, run, Identifier.random(), now - .days(age))
        }
        let response = Schedule(Housekeeping.self, store.environment()).respond(to: ScheduledEvent(time: now))
        #expect(response.status == 200)
        try store.keepHouse(now: now)
        let kept = [1, 6, 8, 364, 366].filter { days == nil || $0 <= days ?? 0 }.count
        #expect(try texts("SELECT count(*) FROM audit_events WHERE workspace_id = $1") == ["\(kept)"])
        #expect(try texts("SELECT count(*) FROM sync_events WHERE workspace_id = $1") == ["\(kept)"])
        // Events that are kept refer to the run.
        #expect(try texts("SELECT count(*) FROM sync_runs WHERE workspace_id = $1") == ["1"])
    }
}
