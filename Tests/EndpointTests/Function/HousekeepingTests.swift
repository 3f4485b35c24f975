@_spi(System) import Auth
import Base
import Function
import HTTP
import Invocation
import Store
import TestSupport
import Testing

@testable import scheduled_housekeeping
@testable import scheduled_jobs

@Suite(.usesStore) struct HousekeepingTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    /// Runs the scheduled function, which queues the housekeeping jobs that are due, and then does the work of these
    /// jobs. Returns the function's response.
    @discardableResult
    private func run(at now: Timestamp = TestStore.now) throws -> Response {
        // Makes the housekeeping of all workspaces due.
        try store.database.execute("UPDATE workspaces SET next_housekeeping_at = $1", now)
        let response = Schedule(Housekeeping.self, store.environment()).respond(to: ScheduledEvent(time: now))
        try store.keepHouse(now: now)
        return response
    }

    /// Returns the rows of a query, each with its columns joined by spaces.
    private func texts(_ sql: SQL) throws -> [String] {
        try store.database.rows(sql, store.own.id) { row in
            (0..<row.columnCount).map(row.text).joined(separator: " ")
        }
    }

    private func entries() throws -> [String] {
        try texts(
            """
            SELECT action, coalesce(target_id, ''), details, created_at, coalesce(actor_email, 'nobody') FROM audit_log WHERE workspace_id = $1 AND sequence_number > 0 ORDER BY sequence_number
            """)
    }

    // MARK: Actions

    /// One action was not approved for a week, and two have lost their jobs.
    @Test("Actions that will not go on are ended, and their secrets are erased")
    func actionsThatWaitForNothingEnd() throws {
        for (number, status) in ["pending_approval", "running", "queued", "succeeded"].enumerated() {
            try store.database.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id,
                    extra_params, status, requested_by, created_at, updated_at)
                VALUES ($1, $2, 'lock_device', 'jamf_pro', $3, '{"pin":{"sealed":"x"}}', $4, 'admin', $5, $5)
                """, store.own.id, store.own.nextID(), "\(number)", status, TestStore.now - .days(7))
        }
        #expect(try run().status == 200)
        let actions = try texts(
            "SELECT status, extra_params FROM remediation_actions WHERE workspace_id = $1 ORDER BY target_entity_id")
        let erased = #"{"pin":{"sealed":null}}"#
        #expect(
            actions.map { $0.replacing(": ", with: ":") } == [
                "cancelled " + erased, "unknown_outcome " + erased, "unknown_outcome " + erased,
                #"succeeded {"pin":{"sealed":"x"}}"#,
            ])
    }

    // MARK: Confirmations

    @Test("Confirmations that expired more than a day ago are deleted")
    func confirmationsThatHaveExpiredAreForgotten() throws {
        let session = Identifier.random()
        try store.database.execute(
            "INSERT INTO chat_sessions (workspace_id, id, user_id, client_id, created_at, updated_at) VALUES ($1, $2, $2, $2, $3, $3)",
            store.own.id, session, TestStore.now)
        for (number, end) in [TestStore.now - .days(1) - 1, TestStore.now - .days(1)].enumerated() {
            try store.database.execute(
                """
                INSERT INTO confirmation_tokens (workspace_id, token_hash, session_id, user_id, tool_use_id, tool_name,
                    tool_input, target, names_session, created_at, expires_at)
                VALUES ($1, $2, $3, $3, $4, 'block_app', '{}', 'okta/1', $5, $6, $6)
                """, store.own.id, [UInt8(number)], session, String(number), false, end)
        }
        #expect(try run().status == 200)
        #expect(try texts("SELECT tool_use_id FROM confirmation_tokens WHERE workspace_id = $1") == ["1"])
    }

    // MARK: Snoozed findings

    @Test("A snoozed finding reopens when its snooze has ended, and the audit log says so") func dueFindingsOpenAgain()
        throws
    {
        let now = TestStore.now
        let due = try store.own.addFinding("high", status: "snoozed", title: "due", snoozedUntil: now)
        try store.own.addFinding("high", status: "snoozed", title: "later", snoozedUntil: now + 1)
        try store.own.addFinding("high", status: "snoozed", title: "for good", snoozedUntil: nil)
        try store.own.addFinding("high", status: "dismissed", title: "dismissed", snoozedUntil: now - 1)
        #expect(try run().status == 200)
        #expect(try texts("SELECT title FROM findings WHERE workspace_id = $1 AND status = 'open'") == ["due"])
        #expect(
            try texts(
                "SELECT updated_at FROM findings WHERE workspace_id = $1 AND title = 'due' AND snoozed_until IS NULL"
            )
                == ["2026-04-15T12:30:00Z"])
        #expect(try entries() == ["finding.reopened \(due) {\"cause\":\"snooze_ended\"} 2026-04-15T12:30:00Z nobody"])
        try run()
        #expect(try entries().count == 1, "once")
        try run(at: now + 1)
        #expect(
            try texts("SELECT title FROM findings WHERE workspace_id = $1 AND status = 'open' ORDER BY title") == [
                "due", "later",
            ])
    }

    // MARK: Trials

    @Test("An expired trial becomes the Free plan, and all active integrations but the newest three pause")
    func anExpiredTrialBecomesFreeAndTheOldestIntegrationsPause() throws {
        let end = TestStore.now - .days(7)
        try store.own.set(plan: .trial, trialEnd: end)
        for (index, status) in ["connected", "error", "paused", "connected", "disconnected", "pending", "connected"]
            .enumerated()
        {
            try store.own.addIntegration("p\(index)", status: status, createdAt: end - .days(20) + index)
        }
        try run(at: TestStore.now - 1)
        #expect(try texts("SELECT plan FROM workspaces WHERE id = $1") == ["trial"])
        try run()
        #expect(try texts("SELECT plan FROM workspaces WHERE id = $1") == ["free"])
        // p0 and p1 are the oldest of the five that are in use.
        #expect(
            try texts("SELECT platform || ' ' || status FROM integrations WHERE workspace_id = $1 ORDER BY platform")
                == [
                    "p0 paused", "p1 paused", "p2 paused", "p3 connected", "p4 disconnected", "p5 pending",
                    "p6 connected",
                ])
        #expect(
            try texts(
                "SELECT platform FROM integrations WHERE workspace_id = $1 AND next_auto_sync_at IS NULL ORDER BY platform"
            )
                == ["p0", "p1"])
        let details = #"{"paused_integrations":2,"plan":"free"}"#
        #expect(try entries() == ["plan.trial_ended \(store.own.id) \(details) 2026-04-15T12:30:00Z nobody"])
        try run()
        #expect(try entries().count == 1)
    }

    @Test("Other plans are not ended", arguments: [Plan.free, .pro, .enterprise])
    func otherPlansStay(_ plan: Plan) throws {
        try store.own.set(plan: plan, trialEnd: TestStore.now - .days(400))
        try run()
        #expect(try texts("SELECT plan FROM workspaces WHERE id = $1") == [plan.rawValue] && entries().isEmpty)
    }

    @Test("A trial that has not ended stays") func aTrialInItsTimeStays() throws {
        try store.own.set(plan: .trial, trialEnd: TestStore.now + .days(3))
        try run()
        #expect(try texts("SELECT plan FROM workspaces WHERE id = $1") == ["trial"])
    }

    @Test("A plan that is chosen during housekeeping stays") func aPlanThatWasChosenMeanwhileStays() throws {
        try store.own.set(plan: .trial, trialEnd: TestStore.now - .days(30))
        try SystemWorkspaces(store).endTrialsThatChanged { try store.own.set(plan: .pro) }
        #expect(try texts("SELECT plan FROM workspaces WHERE id = $1") == ["pro"] && entries().isEmpty)
    }

    @Test("A failure in one workspace does not stop housekeeping in the others")
    func oneWorkspacesTroubleIsNotTheOthers() throws {
        try store.own.endAuditLog()
        try store.own.addFinding("high", status: "snoozed", snoozedUntil: TestStore.now)
        try store.other.addFinding("high", status: "snoozed", snoozedUntil: TestStore.now)
        try run()
        let open = try store.database.rows("SELECT workspace_id FROM findings WHERE status = 'open'") {
            try $0[0] as Identifier
        }
        #expect(open == [store.other.id])
    }

    @Test("The scheduled function answers no HTTP request") func itHasNoRoute() {
        let response = Schedule(Housekeeping.self, store.environment()).respond(to: Request(method: .get, path: "/"))
        #expect(response.status == 404 && response.headers["X-Frame-Options"] == "DENY")
    }

    @Test("The scheduled function's answer has the usual security headers") func itIsSecuredAsEveryAnswer() throws {
        let response = try run()
        #expect(response.status == 200 && response.headers["Cache-Control"] == "no-store")
        #expect(response.headers["X-Request-Id"] != nil)
    }
}

extension TestStore {
    /// Does the housekeeping of every workspace that has a job for it, and removes these jobs.
    func keepHouse(now: Timestamp) throws {
        let access = SystemAccess(database)
        let workspaces = try database.rows("SELECT workspace_id FROM jobs WHERE kind = 'housekeeping'") {
            try $0[0] as Identifier
        }
        for id in workspaces {
            // If one job fails, the remaining jobs still run.
            try? access.workspace(id)?.keepHouse(now: now)
        }
        try database.execute("DELETE FROM jobs WHERE kind = 'housekeeping'")
    }
}
