import Analysis
import Base
import Demonstration
import Findings
import Store
import TestSupport
import Testing

@Suite(.usesStore) struct DemonstrationTests {
    /// Queries for the contents of the company's tables. Left out are the random ids of snapshots, of runs of the
    /// analysis and of audit entries, and hashes that depend on them.
    private static let dumps: [SQL] = [
        "SELECT * FROM workspaces", "SELECT * FROM members ORDER BY user_id", "SELECT * FROM integrations ORDER BY id",
        "SELECT * FROM identities ORDER BY id", "SELECT * FROM accounts ORDER BY id",
        "SELECT * FROM applications ORDER BY id", "SELECT * FROM devices ORDER BY id",
        "SELECT * FROM entitlements ORDER BY id", "SELECT * FROM oauth_grants ORDER BY id",
        "SELECT * FROM access_keys ORDER BY id", "SELECT * FROM audit_events ORDER BY id",
        "SELECT * FROM findings ORDER BY id", "SELECT * FROM app_policies ORDER BY app_name",
        "SELECT * FROM sync_runs ORDER BY id", "SELECT taken_at, metrics FROM drift_snapshots ORDER BY taken_at",
        "SELECT status, started_at FROM analysis_runs",
        "SELECT sequence_number, content_hash FROM audit_log ORDER BY 1",
    ]

    private func dump(_ seeded: SeededDatabase) throws -> [String] {
        try Self.dumps.flatMap { sql in
            var rows: [String] = []
            try seeded.database.run(sql, []) { row in
                rows.append((0..<row.columnCount).map { row.isNull($0) ? "-" : row.text($0) }.joined(separator: "|"))
            }
            return rows
        }
    }

    @Test("The same time always makes the same company") func theSameMomentMakesTheSameCompany() throws {
        let first = try dump(SeededDatabase())
        let second = try dump(SeededDatabase())
        #expect(first.count > 10_000)
        #expect(first == second)
    }

    @Test("Seeding a second time writes nothing") func seedingAgainWritesNothing() throws {
        let seeded = try SeededDatabase()
        let before = try dump(seeded)
        let summary = try Demonstration.seed(seeded.database, now: SeededDatabase.moment + .days(3))
        #expect(summary.findings == seeded.summary.findings)
        #expect(summary.members.map(\.userID) == seeded.summary.members.map(\.userID))
        #expect(try dump(seeded) == before)
    }

    /// Different days of the week and hours, which must not matter.
    @Test(
        "The company has the intended size, whatever the day and time",
        arguments: (0..<8).map { Int.days($0 * 29) + .hours($0 * 5) })
    func theCompanyIsOfTheRightSize(later: Int) throws {
        let seeded = try SeededDatabase(now: SeededDatabase.moment + later)
        let summary = seeded.summary
        #expect((415...430).contains(summary.identities))
        #expect(summary.applications == 60)
        // Devices are machines and, in addition, the agents on computers. Only agents have a value of `has_edr`.
        let machines = try seeded.number("SELECT count(*) FROM devices WHERE workspace_id = $1 AND has_edr IS NULL")
        #expect(machines == 380)
        #expect((600..<760).contains(summary.devices))
        #expect(summary.entitlements == 4000)
        #expect((4000...9000).contains(summary.auditEvents))
        #expect((90...150).contains(summary.findings))
        #expect(Demonstration.workspaceID == summary.workspaceID)
        let weights = try seeded.number(
            """
            SELECT sum(CASE severity WHEN 'critical' THEN 10 WHEN 'high' THEN 5 WHEN 'medium' THEN 2
                WHEN 'low' THEN 1 ELSE 0 END)
            FROM findings WHERE workspace_id = $1 AND status IN ('open', 'in_progress') AND category <> 'license_waste'
            """)
        #expect((25...40).contains(weights * 100 / (summary.identities * 5)))
        let known: SQL = """
            SELECT count(*) FROM audit_events WHERE workspace_id = $1 AND (occurred_at > $2 OR occurred_at < $3)
            """
        let outside = try seeded.database.first(
            known, seeded.workspaceID, SeededDatabase.moment + later, SeededDatabase.moment + later - .days(31)
        ) { try $0[0] as Int }
        #expect(outside == 0)
    }

    @Test("Every role has a member who is an employee") func everyRoleHasAMemberWhoIsAnEmployee() throws {
        let seeded = try SeededDatabase()
        #expect(
            Set(seeded.summary.members.map(\.role))
                == ["super_admin", "admin", "security_analyst", "agent", "auditor", "viewer"])
        let emails = Set(try seeded.texts("SELECT email FROM identities WHERE workspace_id = $1"))
        for member in seeded.summary.members { #expect(emails.contains(member.email)) }
        let later = try SeededDatabase(now: SeededDatabase.moment + .days(100))
        #expect(
            later.summary.members.map(\.userID).map(\.description).sorted()
                == seeded.summary.members.map(\.userID).map(\.description).sorted())
    }

    @Test("Every category has an open finding") func everyCategoryHasAnOpenFinding() throws {
        let categories = try SeededDatabase().texts(
            "SELECT DISTINCT category FROM findings WHERE workspace_id = $1 AND status = 'open'")
        #expect(Set(categories) == Set(Category.allCases.map(\.rawValue)))
    }

    @Test("Findings belong to existing rules and are whole sentences")
    func findingsAreOfTheCatalogueAndWholeSentences() throws {
        let seeded = try SeededDatabase()
        for id in try seeded.texts("SELECT DISTINCT rule_id FROM findings WHERE workspace_id = $1") {
            #expect(Rule.named(id) != nil, "\(id)")
        }
        for title in try seeded.texts("SELECT title FROM findings WHERE workspace_id = $1") {
            #expect(title.hasSuffix("."), "\(title)")
            #expect(!title.contains(/[{}<>\\]|Optional|nil|  | \.|, ,| of ,/), "\(title)")
            #expect((40...260).contains(title.count), "\(title)")
        }
        let statuses = try seeded.texts("SELECT DISTINCT status FROM findings WHERE workspace_id = $1")
        #expect(Set(statuses) == ["open", "in_progress", "snoozed", "dismissed", "resolved"])
        let future = try seeded.number(
            "SELECT count(*) FROM findings WHERE workspace_id = $1 AND created_at > '2026-04-15T12:00:00Z'")
        #expect(future == 0)
    }

    @Test("Every reference stays within the workspace") func everyReferenceStaysWithinTheWorkspace() throws {
        let seeded = try SeededDatabase()
        var broken = 0
        if TestStore.Engine.ofThisRun == .sqlite {
            try seeded.database.run("PRAGMA foreign_key_check", []) { _ in broken += 1 }
        }
        #expect(broken == 0)
        for sql in Self.dumps.dropFirst() where try seeded.database.first(sql, decode: { _ in true }) == nil {
            Issue.record("an empty table")
        }
        #expect(try seeded.number("SELECT count(*) FROM workspaces WHERE id <> $1") == 0)
        let mismatched: [SQL] = [
            """
            SELECT count(*) FROM entitlements e JOIN accounts a ON a.id = e.account_id
            WHERE e.workspace_id = $1 AND (a.identity_id <> e.identity_id OR a.integration_id <> e.integration_id)
            """,
            """
            SELECT count(*) FROM oauth_grants g JOIN accounts a ON a.id = g.account_id
            WHERE g.workspace_id = $1 AND (a.identity_id <> g.identity_id OR a.integration_id <> g.integration_id)
            """,
        ]
        for sql in mismatched { #expect(try seeded.number(sql) == 0) }
    }

    @Test("No event happens before its cause or in the future") func nothingHappensBeforeItCan() throws {
        let seeded = try SeededDatabase()
        let impossible: [SQL] = [
            "SELECT count(*) FROM entitlements WHERE workspace_id = $1 AND last_used_at < granted_at",
            "SELECT count(*) FROM oauth_grants WHERE workspace_id = $1 AND last_used_at < granted_at",
            "SELECT count(*) FROM access_keys WHERE workspace_id = $1 AND last_used_at < created_at",
            "SELECT count(*) FROM accounts WHERE workspace_id = $1 AND last_login_at < created_at",
            "SELECT count(*) FROM identities WHERE workspace_id = $1 AND last_login_at < hired_at",
            "SELECT count(*) FROM identities WHERE workspace_id = $1 AND deprovisioned_at < terminated_at",
            "SELECT count(*) FROM sync_runs WHERE workspace_id = $1 AND finished_at > '2026-04-15T12:00:00Z'",
        ]
        for sql in impossible { #expect(try seeded.number(sql) == 0, "\(sql)") }
    }
}
