import Auth
import Base
import Findings
import Store
import TestSupport
import Testing

@testable import Analysis

/// Checks the effects of decisions, syncs, killed runs and missing sources on runs of the analysis.
@Suite(.usesStore) struct RunTests {
    private let store: TestStore
    private let company: TestCompany
    private let now = TestStore.now

    init() throws {
        store = try TestStore()
        company = try TestCompany(store.database)
    }

    private func status(of ruleID: String) throws -> String? {
        try store.database.first(
            "SELECT status FROM findings WHERE workspace_id = $1 AND rule_id = $2", company.id, ruleID
        ) { try $0[0] }
    }

    private func detect(_ ruleIDs: String...) throws -> [Detection] {
        let workspace = try company.workspace()
        return try workspace.detections(
            of: ruleIDs.map { try #require(Rule.named($0)) }, from: workspace.connectedSources(), at: now
        ).flatMap { $0 }
    }

    /// Stores detections as findings, as the end of a run does.
    private func write(_ detections: [Detection]) throws {
        let workspace = try company.workspace()
        try workspace.audited {
            var update = try FindingsUpdate(workspace, now: now)
            try update.write(detections.map(\.problem))
            return ((), AuditEntry(action: "analysis.completed", details: update.details, createdAt: now))
        }
    }

    private func lastDetails() throws -> JSON {
        try #require(
            try store.database.first(
                """
                SELECT details FROM audit_log WHERE workspace_id = $1 AND action = 'analysis.completed'
                ORDER BY sequence_number DESC LIMIT 1
                """, company.id
            ) { try $0[0] as JSON })
    }

    /// Returns the metrics of the latest drift snapshot.
    private func snapshot() throws -> JSON {
        try #require(
            try store.database.first(
                "SELECT metrics FROM drift_snapshots WHERE workspace_id = $1 ORDER BY taken_at DESC LIMIT 1", company.id
            ) { try $0[0] as JSON })
    }

    private func syncAll(at moment: Timestamp) throws {
        try store.database.execute(
            "UPDATE integrations SET last_sync_at = $2 WHERE workspace_id = $1", company.id, moment)
    }

    // MARK: Sanctioning

    @Test("An application that is sanctioned after the detection stays sanctioned")
    func aSanctionThatComesAfterTheSurveyStays() throws {
        let rule = "shadow_it::broad_write_scope"
        let application = try company.application("SyncDrop", managed: false)
        try company.grant(of: company.person(), to: application, access: "full")
        try write(detect(rule))
        #expect(try status(of: rule) == "open")
        let late = try detect(rule)
        #expect(late.count == 1)
        _ = try company.workspace().setAppPolicy(.sanctioned, appName: "syncdrop", now: now)
        try write(late)
        #expect(try status(of: rule) == "resolved")
    }

    @Test("Sanctioning an application before its finding is first written leaves no finding")
    func aSanctionBeforeTheFirstWritingLeavesNoFinding() throws {
        let rule = "shadow_it::broad_write_scope"
        let application = try company.application("SyncDrop", managed: false)
        try company.grant(of: company.person(), to: application, access: "full")
        let late = try detect(rule)
        _ = try company.workspace().setAppPolicy(.sanctioned, appName: "SyncDrop", now: now)
        try write(late)
        #expect(try status(of: rule) == nil)
    }

    @Test("Sanctioning a managed application still applies in the next run")
    func sanctioningAManagedAppHoldsAtTheNextRun() throws {
        let rule = "shadow_it::managed_app_without_sso"
        let application = try company.application("Semrush", sso: false)
        for number in 0..<25 { try company.entitlement(of: company.person("User \(number)"), to: application) }
        _ = try company.workspace().analyze(now: now)
        #expect(try status(of: rule) == "open")
        _ = try company.workspace().setAppPolicy(.sanctioned, appName: "Semrush", now: now + 10)
        #expect(try status(of: rule) == "resolved")
        _ = try company.workspace().analyze(now: now + 60)
        #expect(try status(of: rule) == "resolved")
    }

    /// The stored reason shows that an API key's sanction may be why the finding is gone, so that actions about its
    /// person still need approval.
    @Test("A finding that an API key's sanction hides has that reason, until it opens again")
    func aFindingThatAnAPIKeysSanctionHidesSaysSo() throws {
        let rule = "shadow_it::executive_with_broad_grant"
        let person = try company.person("Ada", title: "CEO")
        let application = try company.application("SyncDrop", managed: false)
        try company.grant(of: person, to: application, access: "full")
        func reason() throws -> String? {
            try store.database.first("SELECT reason FROM findings WHERE rule_id = $1", rule) { try $0[0] as String? }
                ?? nil
        }
        func analyze(_ hours: Int) throws {
            try syncAll(at: now + hours * 3_600 - 60)
            _ = try company.workspace().analyze(now: now + hours * 3_600)
        }
        try analyze(0)
        #expect(try status(of: rule) == "open")
        _ = try company.workspace().setAppPolicy(
            .sanctioned, appName: "SyncDrop", by: "API key ci (thal_abcd)", now: now + 10)
        try analyze(1)
        try analyze(2)
        #expect(try status(of: rule) == "resolved")
        #expect(try reason() == SanctionReason.program.rawValue)
        _ = try company.workspace().setAppPolicy(.undecided, appName: "SyncDrop", now: now + 7_300)
        try analyze(3)
        #expect(try status(of: rule) == "open" && reason() == nil)
    }

    // MARK: Syncs

    @Test("A finding has no reference to records that a sync has deleted since the detection")
    func whatASyncHasDeletedSinceTheSurveyHasNoReference() throws {
        let device = try company.device(encrypted: false)
        let person = try company.person("Viktor", mfa: false, hr: nil, idp: false)
        try company.account(of: person, on: "jira")
        let application = try company.application("Boardly", managed: false, firstSeen: now - 60)
        let user = try company.person("User")
        try company.grant(of: user, to: application, granted: now - 60)
        let rules = [
            "device_posture::unencrypted", "access_hygiene::account_without_idp_identity",
            "shadow_it::new_unsanctioned_app",
        ]
        let found = try detect(rules[0], rules[1], rules[2])
        #expect(found.count == 3)
        try store.database.execute("DELETE FROM devices WHERE id = $1", device)
        try store.database.execute("DELETE FROM accounts WHERE identity_id = $1", person.id)
        try store.database.execute("DELETE FROM identities WHERE id = $1", person.id)
        try store.database.execute("DELETE FROM oauth_grants WHERE application_id = $1", application)
        try store.database.execute("DELETE FROM applications WHERE id = $1", application)
        try write(found)
        let references = try store.database.rows(
            """
            SELECT affected_device_id IS NULL AND affected_identity_id IS NULL AND affected_application_id IS NULL
            FROM findings WHERE workspace_id = $1
            """, company.id
        ) { try $0[0] as Bool }
        #expect(references == [true, true, true])
    }

    @Test("A sync that only a killed run has seen is analysed again") func aKilledRunHasSeenNoSync() throws {
        let okta = try #require(
            try store.database.first(
                "SELECT id FROM integrations WHERE workspace_id = $1 AND platform = 'okta'", company.id
            ) { try $0[0] as Identifier })
        try store.database.execute(
            """
            INSERT INTO sync_runs (workspace_id, id, integration_id, status, started_at, finished_at)
            VALUES ($1, $2, $3, 'completed', $4, $5)
            """, company.id, Identifier.random(), okta, now - 120, now - 100)
        try store.database.execute(
            """
            INSERT INTO analysis_runs (workspace_id, id, status, started_at, lease_expires_at)
            VALUES ($1, $2, 'running', $3, $4)
            """, company.id, Identifier.random(), now - 90, now - 30)
        func completed() throws -> Int {
            try store.database.first(
                "SELECT count(*) FROM analysis_runs WHERE workspace_id = $1 AND status = 'completed'", company.id
            ) { try $0[0] as Int } ?? 0
        }
        // The running run may still finish while its lease is valid.
        #expect(try company.workspace().analyzeWhatWasSynced(now: now - 31) == nil)
        #expect(try completed() == 0)
        #expect(try company.workspace().analyzeWhatWasSynced(now: now) == nil)
        #expect(try completed() == 1)
        // Data that is synced a moment later is analysed as soon as the next analysis may begin.
        try store.database.execute(
            "UPDATE sync_runs SET finished_at = $2 WHERE workspace_id = $1", company.id, now + 10)
        #expect(try company.workspace().analyzeWhatWasSynced(now: now + 20) == now + 60)
        #expect(try company.workspace().analyzeWhatWasSynced(now: now + 60) == nil)
        #expect(try completed() == 2)
    }

    // MARK: Snapshots

    @Test("A snapshot does not count the findings that its run resolves")
    func theSnapshotCountsNothingThatTheRunResolves() throws {
        let ada = try company.person(mfa: false)
        try store.database.execute("UPDATE accounts SET mfa_enabled = false WHERE identity_id = $1", ada.id)
        try company.device(of: ada)
        try company.agent(of: ada)
        try company.person("Bob", type: "external")
        let rule = "identity_security::user_without_mfa"
        _ = try company.workspace().analyze(now: now)
        #expect(try status(of: rule) == "open")
        let before = try #require(try snapshot()["high"]?.integer)
        try store.database.execute("UPDATE accounts SET mfa_enabled = true WHERE identity_id = $1", ada.id)
        try store.database.execute("UPDATE identities SET mfa_enabled = true WHERE id = $1", ada.id)
        for run in 1...2 {
            try syncAll(at: now + run * 100 - 10)
            _ = try company.workspace().analyze(now: now + run * 100)
        }
        #expect(try status(of: rule) == "resolved")
        #expect(try snapshot()["high"]?.integer == before - 1)
        #expect(try lastDetails()["resolved_findings"]?.array?.isEmpty == false)
        // The finding comes back.
        try store.database.execute("UPDATE accounts SET mfa_enabled = false WHERE identity_id = $1", ada.id)
        try store.database.execute("UPDATE identities SET mfa_enabled = false WHERE id = $1", ada.id)
        _ = try company.workspace().analyze(now: now + 300)
        let id = try store.database.first(
            "SELECT id FROM findings WHERE workspace_id = $1 AND rule_id = $2", company.id, rule
        ) { try $0[0] as Identifier }
        #expect(try lastDetails()["reopened_findings"]?.array?.contains(.string(id?.description ?? "")) == true)
        _ = try company.workspace().analyze(now: now + 400)
        #expect(try lastDetails()["reopened_findings"] == [])
    }

    @Test("Devices of disconnected platforms do not count in the compliance metric")
    func devicesOfDisconnectedPlatformsAreNoPartOfCompliance() throws {
        try company.device("ada-mac", compliant: true)
        try company.device("old-mac", on: "google_workspace", compliant: false)
        _ = try company.workspace().analyze(now: now)
        #expect(try snapshot()["device_compliance_pct"] == 50)
        try company.set("google_workspace", status: "disconnected", lastSync: now)
        _ = try company.workspace().analyze(now: now + 60)
        #expect(try snapshot()["device_compliance_pct"] == 100)
    }

    // MARK: Sources

    /// A rule without its data has found nothing, which does not mean that all is well.
    @Test(
        "A rule is skipped if none of its sources is connected",
        arguments: [
            ("behavioral_anomaly::unusual_downloads", ["google_workspace", "slack", "github", "gitlab"]),
            ("behavioral_anomaly::mass_deletion", ["google_workspace", "slack", "github", "gitlab"]),
            ("behavioral_anomaly::audit_logging_disabled", ["aws", "github", "okta"]),
            ("device_posture::unencrypted", ["jamf_pro", "google_workspace", "okta"]),
            ("device_posture::noncompliant", ["jamf_pro", "google_workspace", "okta"]),
            ("device_posture::jailbroken", ["jamf_pro", "google_workspace", "okta"]),
            ("device_posture::no_edr_agent", ["crowdstrike"]),
        ])
    func rulesAreSkippedWithoutAnySource(_ ruleID: String, _ platforms: [String]) throws {
        let rule = try #require(Rule.named(ruleID))
        func missing() throws -> Source? { try company.workspace().connectedSources().missing(for: rule) }
        for platform in platforms.dropLast() { try company.set(platform, status: "paused", lastSync: now) }
        #expect(try missing() == nil)
        try company.set(platforms[platforms.count - 1], status: "paused", lastSync: now)
        #expect(try missing() != nil)
    }

    @Test("A skipped rule names the platforms that could report its problem")
    func aSkippedRuleNamesWhatCouldReport() throws {
        for platform in ["aws", "github", "okta"] { try company.set(platform, status: "paused", lastSync: now) }
        let run = try company.workspace().analyze(now: now)
        let skipped = try #require(run.skipped.first { $0.ruleID == "behavioral_anomaly::audit_logging_disabled" })
        #expect(skipped.reason == "a platform that reports this (AWS, GitHub, Okta) is not connected")
    }

    /// A trigger stands for a person who switches the rule off after the run has read the data.
    @Test(
        "A rule that is switched off during a run leaves no open finding",
        .enabled(if: TestStore.Engine.ofThisRun == .sqlite, "PostgreSQL's triggers have another form"))
    func switchedOffDuringARun() throws {
        try company.person(type: "admin", mfa: false)
        let rule = "identity_security::admin_without_mfa"
        try store.database.execute(
            """
            CREATE TRIGGER decides AFTER UPDATE ON analysis_runs WHEN NEW.status = 'completed'
            BEGIN
                INSERT INTO rule_states (workspace_id, rule_id, is_enabled, updated_at)
                VALUES (NEW.workspace_id, 'identity_security::admin_without_mfa', 0, NEW.started_at);
            END
            """)
        _ = try company.workspace().analyze(now: now)
        #expect(try status(of: rule) == nil)
        try store.database.execute("DROP TRIGGER decides")
        try store.database.execute("DELETE FROM rule_states WHERE workspace_id = $1", company.id)
        _ = try company.workspace().analyze(now: now + 61)
        #expect(try status(of: rule) == "open")
    }
}
