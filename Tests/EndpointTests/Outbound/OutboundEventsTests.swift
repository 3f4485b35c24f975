import Actions
import Analysis
import Base
import Findings
import HTTP
import Integrations
import Store
import TestSupport
import Testing

@testable import api_execute_action

/// The changes about which events are sent.
@Suite(.usesStore) struct OutboundEventsTests {
    private let receiver: Receiver
    private var store: TestStore { receiver.store }

    init() throws {
        receiver = try Receiver()
        receiver.connect()
    }

    private func messages(of type: String) throws -> [JSON] {
        try receiver.runJobs()
        return receiver.messages.map(\.json).filter { $0["type"]?.string == type }.compactMap { $0["data"] }
    }

    /// Adds an administrator without a second factor, which a rule reports. Returns the account.
    private func addAdmin() throws -> Identifier {
        let okta = try store.own.addIntegration("okta", category: "idp", idpRole: "primary_idp", lastSyncAt: .now)
        let identity = try store.own.addIdentity("ada@example.com", type: "admin", mfa: false, lastLoginAt: .now)
        let account = try store.own.addAccount(of: identity, on: okta)
        try store.database.execute("UPDATE accounts SET mfa_enabled = $2 WHERE id = $1", account, false)
        return account
    }

    private func findings(_ data: JSON?) -> [String] {
        (data?["findings"]?.array ?? []).compactMap { $0["rule_id"]?.string }
    }

    // MARK: Findings

    @Test("An analysis reports the findings that it opens, resolves and reopens") func analysis() throws {
        let account = try addAdmin()
        let (workspace, rule) = (try receiver.workspace, "identity_security::admin_without_mfa")
        var now = Timestamp.now
        func analyze(hasFactor: Bool) throws {
            try store.database.execute("UPDATE accounts SET mfa_enabled = $2 WHERE id = $1", account, hasFactor)
            try store.database.execute("UPDATE identities SET mfa_enabled = $1", hasFactor)
            now = now + 120
            try store.database.execute("UPDATE integrations SET last_sync_at = $1 WHERE platform = 'okta'", now - 1)
            _ = try workspace.analyze(now: now)
        }
        func messages(of type: String) throws -> [JSON] {
            try receiver.runJobs(at: now)
            return receiver.messages.map(\.json).filter { $0["type"]?.string == type }.compactMap { $0["data"] }
        }
        try analyze(hasFactor: false)
        let opened = try #require(try messages(of: "findings.opened").first)
        let finding = try #require(opened["findings"]?.array?.first { $0["rule_id"]?.string == rule })
        let stored = try store.database.first(
            "SELECT id, title, severity, category FROM findings WHERE rule_id = $1", rule
        ) { row in
            (
                id: try row[0] as Identifier, title: try row[1] as String, severity: try row[2] as String,
                category: try row[3] as String
            )
        }
        #expect(
            finding == [
                "id": .string(try #require(stored).id.description), "title": .string(stored?.title ?? ""),
                "severity": .string(stored?.severity ?? ""), "category": .string(stored?.category ?? ""),
                "rule_id": .string(rule),
            ])
        let counts = try #require(opened["severity_counts"]?.object)
        #expect(counts.values.compactMap(\.integer).reduce(0, +) == opened["findings"]?.array?.count)
        // A second run of the same state reports nothing.
        try analyze(hasFactor: false)
        #expect(try messages(of: "findings.opened").count == 1)
        // Two runs without the problem resolve it.
        try analyze(hasFactor: true)
        #expect(try messages(of: "findings.resolved").isEmpty)
        try analyze(hasFactor: true)
        #expect(try messages(of: "findings.resolved").contains { findings($0).contains(rule) })
        try analyze(hasFactor: false)
        #expect(try messages(of: "findings.reopened").contains { findings($0).contains(rule) })
        #expect(try messages(of: "findings.opened").filter { findings($0).contains(rule) }.count == 1)
    }

    @Test("The end of a snooze reports the finding as reopened") func snooze() throws {
        let id = try store.own.addFinding("high", status: "snoozed", snoozedUntil: .now - 60)
        try receiver.workspace.reopenDueFindings(now: .now)
        let message = try #require(try messages(of: "findings.reopened").first)
        #expect(message["findings"]?.array?.first?["id"] == .string(id.description))
        #expect(message["severity_counts"] == ["high": 1])
    }

    @Test("Sanctioning an application reports its findings as resolved") func sanction() throws {
        let okta = try store.own.addIntegration("okta")
        let application = try store.own.addApplication("Figma", from: okta, isManaged: false)
        try store.own.addFinding("medium", "shadow_it", application: application)
        _ = try receiver.workspace.setAppPolicy(.sanctioned, appName: "figma", now: .now)
        #expect(try messages(of: "findings.resolved").map(findings) == [["shadow_it::test"]])
    }

    @Test("Many findings are reported in several messages, the worst first") func many() throws {
        let moment = Timestamp.now
        try store.database.transaction(.write) {
            for number in 0..<120 {
                try store.own.addFinding(
                    number % 2 == 0 ? "low" : "critical", "shadow_it",
                    application: nil, snoozedUntil: moment - 60)
            }
            try store.database.execute("UPDATE findings SET status = 'snoozed'")
        }
        // Each snooze ends in a transaction of its own, with its own event.
        try receiver.workspace.reopenDueFindings(now: moment)
        #expect(try receiver.queued().count == 120)
        let okta = try store.own.addIntegration("okta")
        let application = try store.own.addApplication("Figma", from: okta, isManaged: false)
        try store.database.execute("UPDATE findings SET affected_application_id = $1", application)
        _ = try receiver.workspace.setAppPolicy(.sanctioned, appName: "figma", now: moment)
        let resolved = try receiver.queued().filter { $0["type"] == "findings.resolved" }
        #expect(resolved.map { $0["data"]?["findings"]?.array?.count ?? 0 }.sorted() == [20, 50, 50])
        let worst = resolved.filter { event in
            event["data"]?["findings"]?.array?.allSatisfy { $0["severity"] == "critical" } == true
        }
        #expect(worst.count == 1)
    }

    @Test("Only findings of the chosen severities are sent") func severities() throws {
        receiver.connect(["severities": "critical, high"])
        for severity in ["low", "high", "critical", "info", "medium"] {
            try store.own.addFinding(severity, status: "snoozed", snoozedUntil: .now - 60)
        }
        try receiver.workspace.reopenDueFindings(now: .now)
        let sent = try messages(of: "findings.reopened").compactMap { $0["severity_counts"] }
        #expect(sent.count == 2 && sent.contains(["high": 1]) && sent.contains(["critical": 1]))
        #expect(try receiver.queued().isEmpty)
    }

    // MARK: Actions

    private func act(_ fields: [String: JSON], asAgent: Bool = false) -> Reply {
        let body = fields.merging(["workspaceId": .string(store.own.id.description)]) { $1 }
        let token = store.own.token(asAgent ? .agent : .admin)
        return store.send(
            Call("POST", body: .object(body)).session(token), to: ExecuteAction.self, variables: receiver.variables)
    }

    private static let flag: [String: JSON] = [
        "actionType": "flag_app", "targetPlatform": "thalian", "targetEntityId": "Figma",
    ]

    @Test("An action that waits for approval, and its rejection, are reported") func rejected() throws {
        let id = try #require(act(Self.flag, asAgent: true).json["actionId"]?.string)
        let waiting = try #require(try messages(of: "action.waiting").first)
        #expect(waiting["id"] == .string(id) && waiting["status"] == "pending_approval")
        #expect(
            Set(try #require(waiting.object).keys) == [
                "id", "action_type", "platform", "target_id", "target_label", "finding_id", "status", "requested_by",
                "decided_by", "error", "created_at",
            ])
        #expect(waiting["action_type"] == "flag_app" && waiting["platform"] == "thalian")
        #expect(waiting["requested_by"]?.string?.contains("@") == true && waiting["decided_by"] == .null)
        #expect(try messages(of: "action.done").isEmpty)
        #expect(act(["actionId": .string(id), "decision": "reject"]).status == 200)
        let done = try #require(try messages(of: "action.done").first)
        #expect(done["id"] == .string(id) && done["status"] == "rejected" && done["decided_by"] != .null)
    }

    @Test("An action that runs at once is reported only when it is done") func done() throws {
        let reply = act(Self.flag)
        #expect(reply.json["result"]?["status"] == "succeeded", "\(reply.text)")
        #expect(try messages(of: "action.waiting").isEmpty)
        #expect(try messages(of: "action.done").map { $0["status"] } == ["succeeded"])
    }

    @Test("A webhook performs no action, not even a decision about an application") func noActions() {
        for type in ["flag_app", "suspend_user"] {
            let fields = Self.flag.merging(["actionType": .string(type)]) { $1 }
            let statuses = ["outbound", "nowhere"].map {
                act(fields.merging(["targetPlatform": .string($0)]) { $1 }).status
            }
            #expect(statuses[0] == statuses[1] && statuses[0] >= 400)
        }
    }

    @Test("Actions that were not approved in time, and those of a disconnected platform, are reported")
    func cancelled() throws {
        let integration = try store.own.addIntegration("jamf_pro")
        for (platform, age) in [("okta", Int.days(8)), ("jamf_pro", 60)] {
            try store.database.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id,
                    status, requested_by, extra_params, created_at, updated_at)
                VALUES ($1, $2, 'lock_device', $3, 'x1', 'pending_approval', 'somebody', $4, $5, $5)
                """, store.own.id, Identifier.random(), platform, ["pin": "123456"] as JSON, Timestamp.now - age)
        }
        try receiver.workspace.cancelExpiredApprovals(now: .now)
        _ = try receiver.workspace.disconnect(integration, now: .now)
        let done = try messages(of: "action.done")
        #expect(done.map { $0["status"] } == ["cancelled", "cancelled"])
        #expect(Set(done.compactMap { $0["platform"]?.string }) == ["okta", "jamf_pro"])
        #expect(!receiver.messages.contains { $0.text.contains("123456") })
    }

    @Test("An action that has lost its job is reported") func lost() throws {
        try store.database.execute(
            """
            INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id, status,
                requested_by, created_at, updated_at)
            VALUES ($1, $2, 'suspend_user', 'okta', 'u1', 'running', 'somebody', $3, $3)
            """, store.own.id, Identifier.random(), Timestamp.now)
        try receiver.workspace.endLostActions(now: .now)
        #expect(try messages(of: "action.done").map { $0["status"] } == ["unknown_outcome"])
    }

    // MARK: Integrations

    @Test("The first failure of an integration and the change of its status are reported") func failing() throws {
        let id = try store.own.addIntegration("okta")
        let workspace = try receiver.workspace
        func fail(_ kind: String) throws {
            try workspace.withWriteLock {
                try workspace.noteFailure(of: id, kind: kind, sentence: "Okta failed.", now: .now)
            }
        }
        try fail("provider_error")
        try fail("provider_error")
        try fail("authentication_expired")
        try fail("authentication_expired")
        let reported = try messages(of: "integration.failing")
        #expect(reported.count == 2)
        #expect(Set(reported.compactMap { $0["status"]?.string }) == ["connected", "error"])
        let first = try #require(reported.first { $0["status"] == "connected" })
        #expect(first["id"] == .string(id.description) && first["platform"] == "okta")
        #expect(first["error_kind"] == "provider_error" && first["error"] == "Okta failed.")
        #expect(first["failing_since"]?.string.flatMap { Timestamp($0) } != nil)
    }
}
