import Auth
import Base
import Store
import TestSupport
import Testing

@testable import Analysis
@testable import api_analyze

@Suite(.usesStore) struct AnalyzeTests {
    private let store: TestStore
    private let okta: Identifier

    init() throws {
        store = try TestStore()
        okta = try store.own.addIntegration("okta", category: "idp", idpRole: "primary_idp", lastSyncAt: .now)
    }

    private func analyze(as role: Role = .agent) -> Reply {
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description)])
        return store.send(call.session(store.own.token(role, at: .now)), to: Analyze.self, at: .now)
    }

    private func admin(_ email: String, mfa: Bool) throws -> Identifier {
        let identity = try store.own.addIdentity(email, type: "admin", mfa: mfa, lastLoginAt: .now)
        let account = try store.own.addAccount(of: identity, on: okta)
        try store.database.execute("UPDATE accounts SET mfa_enabled = $2 WHERE id = $1", account, mfa)
        return identity
    }

    /// Analyses the workspace with `moment` as the present time, after setting the last sync of its integrations.
    private func laterRun(at moment: Timestamp, synced: Timestamp?) throws {
        try store.database.execute(
            "UPDATE integrations SET last_sync_at = $2 WHERE workspace_id = $1", store.own.id, synced)
        _ = try workspace.analyze(now: moment)
    }

    private var workspace: Workspace {
        get throws { try #require(try SystemWorkspaces.workspace(store.own.id, in: store.database)) }
    }

    private func status(_ rule: String) throws -> String? {
        try store.database.first(
            "SELECT status FROM findings WHERE workspace_id = $1 AND rule_id = $2", store.own.id, rule
        ) {
            try $0[0]
        }
    }

    private static let rule = "identity_security::admin_without_mfa"

    @Test("The answer of an analysis has the documented fields") func answersAsTheReferenceSays() throws {
        let identity = try admin("ada@example.com", mfa: false)
        let reply = analyze()
        #expect(reply.status == 200)
        let findings = try #require(reply.json["findings"]?.array)
        let finding = try #require(findings.first { $0["rule_id"]?.string == Self.rule })
        #expect(finding["affected_identity_id"]?.string == identity.description)
        #expect(finding["affected_device_id"] == nil && finding["affected_application_id"] == nil)
        #expect(finding["severity"] == "critical" && finding["status"] == "open")
        #expect(finding["finding_key"]?.string == "\(Self.rule):\(identity)")
        #expect(finding["source_integrations"] == ["okta"] && finding["confidence"] == .number(0.95))
        for name in ["id", "title", "category", "recommended_action", "action_type", "created_at"] {
            #expect(finding[name]?.string != nil, "\(name)")
        }
        let counts = try #require(reply.json["severity_counts"]?.object)
        #expect(counts.values.compactMap(\.integer).reduce(0, +) == findings.count)
        #expect(reply.json["risk_score"]?.integer != nil && reply.json["analysis_duration_ms"]?.integer != nil)
        #expect(reply.json["last_synced_at"]?.string.flatMap { Timestamp($0) } != nil)
        // A rule that could not be evaluated is listed as skipped, not as passed.
        let skipped = try #require(reply.json["skipped_rules"]?.array)
        #expect(
            skipped.contains {
                $0["rule_id"] == "identity_security::aws_root_without_mfa" && $0["reason"] == "AWS is not connected"
            })
        #expect(try AuditLog(store.database, workspaceID: store.own.id).verify() == 2)
    }

    @Test("A finding names the device or application that it is linked to")
    func aFindingNamesTheDeviceOrTheApplicationThatItIsLinkedTo() throws {
        let identity = try admin("ada@example.com", mfa: true)
        let jamf = try store.own.addIntegration("jamf_pro", category: "mdm", lastSyncAt: .now)
        let device = try store.own.addDevice(of: identity, from: jamf)
        try store.database.execute("UPDATE devices SET is_encrypted = false WHERE id = $1", device)
        let application = try store.own.addApplication("MailMuse", from: okta, sso: false, isManaged: false)
        try store.database.execute(
            "UPDATE applications SET first_seen_at = $2 WHERE id = $1", application, Timestamp.now)
        try store.database.execute(
            """
            INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, identity_id, application_id,
                external_id, scopes, access, granted_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, 'g1', '[]', 'full', $7, $7)
            """, store.own.id, store.own.nextID(), okta, try store.own.addAccount(of: identity, on: okta), identity,
            application, Timestamp.now)
        let findings = try #require(analyze().json["findings"]?.array)
        let ofDevice = try #require(findings.first { $0["rule_id"] == "device_posture::unencrypted_admin" })
        #expect(ofDevice["affected_device_id"]?.string == device.description)
        #expect(ofDevice["affected_identity_id"]?.string == identity.description)
        #expect(ofDevice["affected_application_id"] == nil)
        let ofApplication = try #require(
            findings.first { $0["affected_application_id"]?.string == application.description })
        #expect(ofApplication["affected_device_id"] == nil && ofApplication["category"] == "shadow_it")
    }

    @Test("A workspace can be analysed at most once a minute") func runsOnceAMinute() throws {
        #expect(analyze().status == 200)
        let again = analyze()
        #expect(
            again.status == 409
                && again.headers["Retry-After"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
        _ = try workspace.analyze(now: .now + 60)
    }

    /// A killed run blocks the next one until its lease ends.
    @Test("A run that has died counts as failed when its lease ends, and the next run may begin")
    func aRunThatDiedIsTakenOver() throws {
        let now = Timestamp.now
        try store.database.execute(
            """
            INSERT INTO analysis_runs (workspace_id, id, status, started_at, lease_expires_at)
            VALUES ($1, $2, 'running', $3, $4)
            """, store.own.id, Identifier.random(), now - 59, now + 1)
        #expect(throws: (any Error).self) { try workspace.analyze(now: now) }
        _ = try workspace.analyze(now: now + 1)
        let runs = try store.database.rows("SELECT status FROM analysis_runs ORDER BY started_at") {
            try $0[0] as String
        }
        #expect(runs == ["failed", "completed"])
    }

    @Test("A second run on the same data leaves the findings and their times of change as they are")
    func aSecondRunChangesNothingButTimes() throws {
        _ = try admin("ada@example.com", mfa: false)
        let now = Timestamp.now
        _ = try workspace.analyze(now: now)
        func findings() throws -> [String] {
            try store.database.rows(
                """
                SELECT id, finding_key, title, severity, status, affected_entities, affected_count, missed_runs, created_at,
                    updated_at
                FROM findings WHERE workspace_id = $1 ORDER BY finding_key
                """, store.own.id
            ) { row in (0..<row.columnCount).map(row.text).joined(separator: "|") }
        }
        let before = try findings()
        #expect(!before.isEmpty)
        _ = try workspace.analyze(now: now + 60)
        #expect(try findings() == before)
    }

    @Test("A finding is resolved after two runs without it, each after another sync of its sources")
    func whatTwoRunsDoNotSeeIsResolvedOnceItsSourcesHaveSynced() throws {
        let identity = try admin("ada@example.com", mfa: false)
        let now = Timestamp.now
        _ = try workspace.analyze(now: now)
        #expect(try status(Self.rule) == "open")
        try store.database.execute("UPDATE identities SET mfa_enabled = true WHERE id = $1", identity)
        try store.database.execute("UPDATE accounts SET mfa_enabled = true WHERE identity_id = $1", identity)
        // Without a newer sync, the absence of the finding proves nothing.
        for minute in 1...3 { try laterRun(at: now + minute * 60, synced: now - 1) }
        #expect(try status(Self.rule) == "open")
        try laterRun(at: now + 300, synced: now + 290)
        #expect(try status(Self.rule) == "open")
        // This run has the data of the one before, so it is no second proof that the problem is gone.
        try laterRun(at: now + 400, synced: now + 290)
        #expect(try status(Self.rule) == "open")
        try laterRun(at: now + 500, synced: now + 450)
        #expect(try status(Self.rule) == "resolved")
        // The problem comes back.
        try store.database.execute("UPDATE identities SET mfa_enabled = false WHERE id = $1", identity)
        try store.database.execute("UPDATE accounts SET mfa_enabled = false WHERE identity_id = $1", identity)
        try laterRun(at: now + 600, synced: now + 550)
        #expect(try status(Self.rule) == "open")
    }

    @Test("Findings of a disconnected platform stay open") func whatIsDisconnectedKeepsItsFindings() throws {
        _ = try admin("ada@example.com", mfa: false)
        let now = Timestamp.now
        _ = try workspace.analyze(now: now)
        try store.database.execute(
            "UPDATE integrations SET status = 'disconnected' WHERE workspace_id = $1", store.own.id)
        for minute in 1...4 { try laterRun(at: now + minute * 100, synced: now + minute * 90) }
        #expect(try status(Self.rule) == "open")
    }

    @Test(
        "A dismissed finding stays dismissed, and a snoozed one reopens in a run after its snooze",
        arguments: ["dismissed", "snoozed"])
    func decisionsStay(_ decision: String) throws {
        _ = try admin("ada@example.com", mfa: false)
        let now = Timestamp.now
        _ = try workspace.analyze(now: now)
        try store.database.execute(
            "UPDATE findings SET status = $2, snoozed_until = $3 WHERE workspace_id = $1", store.own.id, decision,
            decision == "snoozed" ? now + 150 : nil)
        _ = try workspace.analyze(now: now + 60)
        #expect(try status(Self.rule) == decision)
        _ = try workspace.analyze(now: now + 200)
        #expect(try status(Self.rule) == (decision == "snoozed" ? "open" : "dismissed"))
        let count = try store.database.first("SELECT count(*) FROM findings WHERE rule_id = $1", Self.rule) {
            try $0[0] as Int
        }
        #expect(count == 1)
    }

    @Test("A run stores a snapshot, and the run's score is the workspace's risk score afterwards")
    func aRunTakesASnapshotAndItsScoreIsThatOfRiskScore() throws {
        _ = try admin("ada@example.com", mfa: false)
        let run = try workspace.analyze(now: .now)
        let metrics = try store.database.first(
            "SELECT metrics FROM drift_snapshots WHERE workspace_id = $1", store.own.id
        ) {
            try $0[0] as JSON
        }
        #expect(metrics?["mfa_pct"] == 0 && metrics?["admin_pct"] == 100)
        #expect(metrics?["critical"]?.integer.map { $0 > 0 } == true)
        #expect(try workspace.riskSummary().score.value == run.risk.score.value)
    }

    @Test("A disabled rule makes no finding") func disabledRulesDoNotLook() throws {
        _ = try admin("ada@example.com", mfa: false)
        try store.own.setRule(Self.rule, isEnabled: false)
        _ = try workspace.analyze(now: .now)
        #expect(try status(Self.rule) == nil)
    }
}
