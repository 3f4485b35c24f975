@_spi(System) import Auth
import Base
import Findings
import Store
import TestSupport
import Testing

@testable import Analysis

/// The analysis of a whole company next to a second one that looks like it.
@Suite(.usesStore) struct AnalysisIsolationTests {
    /// An hour after the company was made.
    private static let now = SeededDatabase.moment + .hours(1)

    /// Changes to the second company that lead to other findings.
    private static let otherFacts: [SQL] = [
        """
        UPDATE accounts SET is_admin = NOT is_admin, mfa_enabled = false, last_login_at = NULL WHERE workspace_id = $1
        """,
        "UPDATE identities SET status = 'active', mfa_enabled = false, manager_email = NULL WHERE workspace_id = $1",
        "UPDATE devices SET is_encrypted = false, is_compliant = false, last_seen_at = NULL WHERE workspace_id = $1",
        "UPDATE applications SET is_managed = NOT is_managed, sso_enabled = false WHERE workspace_id = $1",
        "UPDATE oauth_grants SET access = 'full', last_used_at = NULL WHERE workspace_id = $1",
        "UPDATE access_keys SET can_write = true, created_at = NULL, last_used_at = NULL WHERE workspace_id = $1",
        """
        UPDATE audit_events SET outcome = CASE outcome WHEN 'success' THEN 'failure' ELSE 'success' END
        WHERE workspace_id = $1
        """,
        "UPDATE findings SET severity = 'critical', severity_rank = 0, status = 'open' WHERE workspace_id = $1",
        "DELETE FROM entitlements WHERE workspace_id = $1 AND is_license",
        "DELETE FROM app_policies WHERE workspace_id = $1",
    ]

    /// Returns the result of an analysis, and all findings and snapshots without their own ids, as text.
    private func outcome(_ seeded: SeededDatabase) throws -> [String] {
        let workspace = try #require(try SystemAccess(seeded.database).workspace(seeded.workspaceID))
        let run = try workspace.analyze(now: Self.now)
        let skipped = run.skipped.map { String(decoding: JSONWriter.bytes($0), as: UTF8.self) }
        let findings = try seeded.texts(
            """
            SELECT finding_key || ' ' || rule_id || ' ' || title || ' ' || severity || ' ' || status || ' '
                || CAST(affected_entities AS text) || ' ' || affected_count || ' '
                || COALESCE(CAST(affected_identity_id AS text), '-') || ' '
                || COALESCE(CAST(affected_application_id AS text), '-') || ' '
                || COALESCE(CAST(affected_device_id AS text), '-') || ' ' || CAST(source_integrations AS text) || ' '
                || missed_runs || ' ' || CAST(created_at AS text) || ' ' || CAST(updated_at AS text)
            FROM findings WHERE workspace_id = $1 ORDER BY finding_key
            """)
        let snapshots = try seeded.texts(
            "SELECT CAST(metrics AS text) FROM drift_snapshots WHERE workspace_id = $1 ORDER BY taken_at")
        return ["\(run.risk.score.value) " + String(decoding: JSONWriter.bytes(run.risk.counts), as: UTF8.self)]
            + skipped + findings + snapshots
    }

    @Test("The analysis of a company does not depend on another one, and does not change it")
    func anAnalysisKnowsOneCompany() throws {
        let alone = try outcome(SeededDatabase())
        let seeded = try SeededDatabase()
        let other = try Lookalike(of: seeded.workspaceID, in: seeded.database)
        for sql in Self.otherFacts { #expect(try seeded.database.execute(sql, other.id) > 0) }
        let before = try StoredRows(seeded.database)[other.id]
        #expect(before.count > 10_000)
        #expect(try outcome(seeded).difference(from: alone).map { "\($0)" } == [])
        #expect(alone.count > 100)
        let after = try StoredRows(seeded.database)[other.id]
        #expect(after == before)
    }
}
