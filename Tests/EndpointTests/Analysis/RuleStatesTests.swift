import Analysis
@_spi(System) import Auth
import Base
import Findings
import TestSupport
import Testing

@testable import api_rules

/// Decisions about rules, by POST /api/rules.
@Suite(.usesStore) struct RuleStatesTests {
    private let store: TestStore
    private static let rule = "identity_security::stale_account"

    init() throws { store = try TestStore() }

    private func decide(_ fields: [String: JSON], at now: Timestamp = TestStore.now) -> Reply {
        var body: [String: JSON] = [
            "workspaceId": .string(store.own.id.description), "ruleId": .string(Self.rule), "reason": "On leave.",
        ]
        body.merge(fields) { $1 }
        return store.send(
            Call("POST", body: .object(body)).session(store.own.token(.admin, at: now)), to: RuleStatesFunction.self,
            at: now)
    }

    private func workspace(_ id: Identifier? = nil) throws -> Workspace {
        try #require(try SystemAccess(store.database).workspace(id ?? store.own.id))
    }

    private func list(at now: Timestamp = TestStore.now) -> JSON? {
        store.send(
            Call(query: "workspaceId=\(store.own.id)").session(store.own.token(.viewer, at: now)),
            to: RuleStatesFunction.self, at: now
        ).json["rules"]
    }

    @Test("A rule that is switched off is no longer active, and its findings are resolved with a reason") func off()
        throws
    {
        let open = try store.own.addFinding("high", rule: Self.rule)
        let dismissed = try store.own.addFinding("high", status: "dismissed", rule: Self.rule)
        let theirs = try store.other.addFinding("high", rule: Self.rule)
        let reply = decide(["enabled": false])
        #expect(reply.status == 200, "\(reply.text)")
        #expect(reply.json["is_enabled"] == false && reply.json["reason"] == "On leave.")
        #expect(reply.json["expires_at"] == .null && reply.json["author"]?.string?.isEmpty == false)
        #expect(try !workspace().activeRules().contains { $0.id == Self.rule })
        func state(_ id: Identifier) throws -> [String?]? {
            try store.database.first("SELECT status, reason FROM findings WHERE id = $1", id) { row in
                [try row[0], try row[1]]
            }
        }
        #expect(try state(open) == ["resolved", "The rule was switched off."])
        #expect(try state(dismissed) == ["dismissed", nil] && state(theirs) == ["open", nil])
        #expect(list()?.array?.first?["rule_id"] == .string(Self.rule))
    }

    @Test("A decision is in the audit log with the reason, the one before and the number of resolved findings")
    func auditEntry() throws {
        _ = try store.own.addFinding("high", rule: Self.rule)
        _ = decide(["severity": "low"])
        _ = decide(["enabled": false, "reason": "Too many.", "days": 30])
        let entry = try store.database.first(
            "SELECT action, details FROM audit_log WHERE workspace_id = $1 ORDER BY sequence_number DESC LIMIT 1",
            store.own.id
        ) { row in (action: try row[0] as String, details: try row[1] as JSON) }
        #expect(entry?.action == "rule.decided")
        let details = try #require(entry?.details)
        #expect(details["decision"] == "off" && details["previous"] == "low" && details["reason"] == "Too many.")
        #expect(details["resolved_findings"] == 1)
        #expect(details["expires_at"] == .string((TestStore.now + .days(30)).description))
    }

    @Test("A changed severity replaces the rule's own and those of its query") func severity() throws {
        _ = decide(["severity": "low"])
        let rule = try #require(try workspace().activeRules().first { $0.id == Self.rule })
        #expect(rule.severity == .low && Rule.named(Self.rule)?.severity == .medium)
        // Without a severity the rule counts as it is declared.
        #expect(decide([:]).json["severity"] == .null)
        #expect(try workspace().activeRules().first { $0.id == Self.rule }?.severity == .medium)
        // The list contains only decisions that count.
        #expect(list() == [])
    }

    @Test("A decision with an end no longer counts after it") func expiry() throws {
        let reply = decide(["enabled": false, "days": 7])
        #expect(reply.json["expires_at"]?.string == (TestStore.now + .days(7)).description)
        func isActive(_ now: Timestamp) throws -> Bool {
            try workspace().activeRules(now: now).contains { $0.id == Self.rule }
        }
        #expect(try !isActive(TestStore.now + .days(7) - 1) && isActive(TestStore.now + .days(7)))
        #expect(list(at: TestStore.now + .days(7)) == [])
    }

    @Test(
        "A wrong decision is refused, and nothing changes",
        arguments: [
            (["ruleId": "identity_security::stale"], 404), (["ruleId": ""], 400), (["reason": ""], 400),
            (["reason": .null], 400), (["severity": "huge"], 400), (["days": 0], 400), (["days": 366], 400),
            (["enabled": "no"], 400), (["sevrity": "low"], 400),
        ] as [([String: JSON], Int)])
    func refused(_ fields: [String: JSON], _ status: Int) throws {
        #expect(decide(fields).status == status)
        #expect(try workspace().ruleStates().isEmpty && list() == [])
    }

    @Test("The other workspace's rules stay as they are") func isolation() throws {
        _ = decide(["enabled": false])
        #expect(try workspace(store.other.id).activeRules().count == Rule.all.count)
        #expect(try workspace(store.other.id).ruleStates().isEmpty)
    }
}
