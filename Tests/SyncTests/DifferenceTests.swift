import Auth
import Base
import Connectors
import Findings
import HTTP
import Jobs
import Store
import TestSupport
import Testing

@testable import Sync

/// A sync writes changed rows and leaves all others alone.
@Suite(.usesStore, .appliedBothWays) struct DifferenceTests {
    private let company: SyncCase
    private let okta: TestProvider

    init() throws {
        company = try SyncCase()
        okta = try company.connect("okta")
        fill()
    }

    private func fill() {
        okta["users"] = (0..<200).map { account("u\($0)", "u\($0)@example.com") }
        okta["applications"] = (0..<5).map { application("a\($0)") }
        okta["assignments"] = (0..<200).map { entitlement("u\($0)", "a\($0 % 5)") }
        okta["keys"] = [.accessKey(AccessKeyRecord(externalID: "k1", kind: .deployKey, canWrite: true))]
        okta["grants"] = [
            .oauthGrant(
                OAuthGrantRecord(
                    externalID: "g1", accountExternalID: "u1", applicationExternalID: "a1", scopes: ["okta.users.read"])
            )
        ]
        okta["devices"] = (0..<20).map { number in
            var device = DeviceRecord(externalID: "d\(number)", hostname: "mac-\(number)")
            device.ownerExternalID = "u\(number)"
            (device.operatingSystem, device.osVersion) = ("macOS", "26.1")
            return .device(device)
        }
        okta["events"] = (0..<50).map { event("e\($0)", by: "u\($0)") }
    }

    /// Counts the rows, per table, that were written at the company's present time.
    private func written() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for (name, sql) in [
            ("accounts", "SELECT count(*) FROM accounts WHERE workspace_id = $1 AND updated_at = $2"),
            ("applications", "SELECT count(*) FROM applications WHERE workspace_id = $1 AND updated_at = $2"),
            ("entitlements", "SELECT count(*) FROM entitlements WHERE workspace_id = $1 AND updated_at = $2"),
            ("grants", "SELECT count(*) FROM oauth_grants WHERE workspace_id = $1 AND updated_at = $2"),
            ("keys", "SELECT count(*) FROM access_keys WHERE workspace_id = $1 AND updated_at = $2"),
            ("devices", "SELECT count(*) FROM devices WHERE workspace_id = $1 AND updated_at = $2"),
            ("identities", "SELECT count(*) FROM identities WHERE workspace_id = $1 AND updated_at = $2"),
        ] as [(String, SQL)] {
            let count = try company.workspace.first(sql, company.clock) { try $0[0] as Int } ?? -1
            if count > 0 { counts[name] = count }
        }
        return counts
    }

    private func changes() throws -> [String] {
        try company.workspace.rows(
            """
            SELECT change || ' ' || entity_type || ' ' || CAST(count(*) AS text) FROM sync_events
            WHERE workspace_id = $1 AND occurred_at = $2 GROUP BY change, entity_type ORDER BY 1
            """, company.clock
        ) { $0.text(0) }
    }

    @Test("The first sync stores every record and writes one entry to the audit log")
    func theFirstSyncBringsEverything() throws {
        let report = try company.sync("okta")
        #expect(report.status == .completed)
        #expect(
            report.counts.json
                == [
                    "identities": 200, "applications": 5, "devices": 20, "entitlements": 200, "audit_events": 50,
                    "oauth_grants": 1, "access_keys": 1,
                ])
        #expect(try report.nextAutoSyncAt == company.id("okta").hourlyTime(after: company.clock))
        #expect(
            try written() == [
                "accounts": 200, "applications": 5, "entitlements": 200, "grants": 1, "keys": 1, "devices": 20,
                "identities": 200,
            ])
        #expect(
            try changes() == [
                "created access_key 1", "created account 200", "created application 5", "created device 20",
                "created entitlement 200", "created oauth_grant 1",
            ])
        #expect(
            try company.count(
                "SELECT count(*) FROM devices WHERE workspace_id = $1 AND identity_id IS NOT NULL AND is_os_supported")
                == 20)
        #expect(
            try company.count("SELECT count(*) FROM audit_events WHERE workspace_id = $1 AND identity_id IS NOT NULL")
                == 50)
        #expect(
            try company.count("SELECT count(*) FROM entitlements WHERE workspace_id = $1 AND identity_id IS NOT NULL")
                == 200)
        #expect(try company.stagedRows() == 0)
        #expect(
            try company.list(
                "SELECT action FROM audit_log WHERE workspace_id = $1 ORDER BY sequence_number DESC LIMIT 1")
                == ["integration.synced"])
        #expect(try AuditLog(company.store.database, workspaceID: company.workspace.id).verify() > 1)
    }

    @Test("A second sync of the same data writes no inventory row") func aSecondSyncOfTheSameWritesNothing() throws {
        try company.sync("okta")
        try company.sync("okta")
        #expect(try written() == [:])
        #expect(try changes() == [])
        #expect(try company.count("SELECT count(*) FROM audit_events WHERE workspace_id = $1") == 50)
    }

    @Test("If one percent of the accounts changed, exactly those accounts and their identities are written")
    func ofOnePercentThatChangedExactlyThatIsWritten() throws {
        try company.sync("okta")
        okta["users"] = (0..<200).map { number in
            account("u\(number)", "u\(number)@example.com") {
                if number % 100 == 7 { $0.department = "Changed" }
            }
        }
        try company.sync("okta")
        #expect(try written() == ["accounts": 2, "identities": 2])
        #expect(try changes() == ["updated account 2"])
        #expect(
            try company.list(
                "SELECT email FROM identities WHERE workspace_id = $1 AND department = 'Changed' ORDER BY email")
                == ["u107@example.com", "u7@example.com"])
    }

    @Test("Records that the platform no longer lists are removed, and its accounts become deprovisioned")
    func whatIsGoneGoes() throws {
        try company.sync("okta")
        let device = try #require(
            try company.workspace.first("SELECT id FROM devices WHERE workspace_id = $1 AND external_id = 'd3'") {
                try $0[0] as Identifier
            })
        let app = try #require(
            try company.workspace.first("SELECT id FROM applications WHERE workspace_id = $1 AND external_id = 'a4'") {
                try $0[0] as Identifier
            })
        let findings = [
            try company.store.own.addFinding("high", device: device),
            try company.store.own.addFinding("high", application: app),
        ]
        okta["devices"].remove(at: 3)
        okta["applications"].removeLast()
        okta["keys"] = []
        okta["users"].removeFirst()
        try company.sync("okta")
        #expect(
            try changes() == [
                "deleted access_key 1", "deleted account 1", "deleted application 1", "deleted device 1",
                "deleted entitlement 41",
            ])
        // The directory no longer lists the account, which counts as deprovisioned; the person is still known, as one
        // who has left.
        #expect(
            try company.list("SELECT status FROM accounts WHERE workspace_id = $1 AND external_id = 'u0'")
                == ["deprovisioned"])
        #expect(
            try company.list(
                "SELECT CAST(deprovisioned_at AS text) FROM identities WHERE workspace_id = $1 AND status = 'deprovisioned'"
            ).count == 1)
        for finding in findings {
            #expect(
                try company.workspace.first("SELECT status FROM findings WHERE workspace_id = $1 AND id = $2", finding)
                {
                    try $0[0] as String
                } == "open")
        }
        // The account is back and belongs to the same person.
        fill()
        try company.sync("okta")
        #expect(
            try company.list("SELECT status FROM identities WHERE workspace_id = $1 AND email = 'u0@example.com'")
                == ["active"])
        #expect(try company.count("SELECT count(*) FROM identities WHERE workspace_id = $1") == 200)
        #expect(try company.count("SELECT count(*) FROM entitlements WHERE workspace_id = $1") == 200)
    }

    @Test("An account that a platform other than a directory no longer lists is removed with its links")
    func anAccountElsewhereGoesWithAllThatHangsOnIt() throws {
        let github = try company.connect("github")
        github["members"] = [account("g1", "u1@example.com") { $0.linkedEmails = ["x@example.com"] }, account("g2")]
        github["apps"] = [application("app")]
        github["access"] = [entitlement("g1", "app"), entitlement("missing", "app"), entitlement("g2", "missing")]
        github["keys"] = [
            .accessKey(
                {
                    var key = AccessKeyRecord(externalID: "k", kind: .accessToken, canWrite: false)
                    key.accountExternalID = "g1"
                    return key
                }())
        ]
        try company.sync("okta")
        try company.sync("github")
        #expect(
            try company.count(
                """
                SELECT count(*) FROM entitlements WHERE workspace_id = $1 AND integration_id = (
                    SELECT id FROM integrations WHERE workspace_id = $1 AND platform = 'github')
                """) == 1)
        github["members"] = [account("g2")]
        try company.sync("github")
        #expect(try changes() == ["deleted account 1", "deleted entitlement 1", "updated access_key 1"])
        #expect(
            try company.list("SELECT status FROM identities WHERE workspace_id = $1 AND email = 'u1@example.com'")
                == ["active"])
        #expect(try company.count("SELECT count(*) FROM account_links WHERE workspace_id = $1") == 0)
    }

    /// An unchanged key whose account arrives later, or returns, must get its account.
    @Test("A key is linked to its account even if the account arrives later")
    func aKeyFindsItsAccountWheneverThatComes() throws {
        let github = try company.connect("github")
        var key = AccessKeyRecord(externalID: "k", kind: .accessToken, canWrite: false)
        key.accountExternalID = "g1"
        github["keys"] = [.accessKey(key)]
        let members = [account("g1", "u1@example.com"), account("g2")]
        let owner: SQL = """
            SELECT identities.email FROM access_keys LEFT JOIN accounts ON accounts.id = access_keys.account_id
                LEFT JOIN identities ON identities.id = accounts.identity_id
                    AND identities.id = access_keys.identity_id
            WHERE access_keys.workspace_id = $1 AND access_keys.external_id = 'k'
            """
        try company.sync("okta")
        try company.sync("github")
        #expect(try company.list(owner) == ["null"])
        github["members"] = members
        try company.sync("github")
        #expect(try company.list(owner) == ["u1@example.com"])
        #expect(try changes() == ["created account 2", "updated access_key 1"])
        github["members"] = [members[1]]
        try company.sync("github")
        #expect(try company.list(owner) == ["null"])
        github["members"] = members
        try company.sync("github")
        #expect(try company.list(owner) == ["u1@example.com"])
        #expect(try changes() == ["created account 1", "updated access_key 1"])
        try company.sync("github")
        #expect(try changes() == [])
    }

    @Test("Devices and admin roles that the token may no longer read are neither removed nor changed")
    func whatTheTokenMayNoLongerSeeIsNeitherGoneNorFalse() throws {
        okta["users"] = [
            account("u1", "u1@example.com") {
                ($0.isAdmin, $0.adminRoles, $0.mfaEnabled) = (true, ["SUPER_ADMIN"], true)
            }
        ]
        try company.sync("okta")
        okta.optional = ["devices"]
        okta.failures = ["devices": .configuration("Not in this plan.")]
        okta["users"] = ["u1", "u2"].map { id in account(id, id + "@example.com") { $0.isAdmin = nil } }
        try company.sync("okta")
        #expect(try company.count("SELECT count(*) FROM devices WHERE workspace_id = $1") == 20)
        #expect(
            try company.list(
                """
                SELECT external_id || ' ' || COALESCE(admin_roles ->> 0, '-') || CASE WHEN is_admin THEN ' admin' ELSE '' END
                    || CASE WHEN mfa_enabled IS NULL THEN ' unknown' ELSE '' END
                FROM accounts WHERE workspace_id = $1 ORDER BY external_id
                """) == ["u1 SUPER_ADMIN admin unknown", "u2 - unknown"])
        // Once the permission is back, missing records are removed.
        okta.failures = [:]
        okta["devices"] = Array(okta["devices"].dropFirst())
        try company.sync("okta")
        #expect(try company.count("SELECT count(*) FROM devices WHERE workspace_id = $1") == 19)
    }

    @Test("A list that the plan does not offer is left out, and the audit log names it with the reason")
    func aListThatThePlanDoesNotOfferIsLeftOutAndTheLogSaysSo() throws {
        okta.optional = ["events"]
        okta.failures = ["events": .configuration("Not in this plan.")]
        #expect(try company.sync("okta").status == .completed)
        #expect(try company.count("SELECT count(*) FROM accounts WHERE workspace_id = $1") == 200)
        #expect(try company.count("SELECT count(*) FROM audit_events WHERE workspace_id = $1") == 0)
        #expect(
            try company.list(
                "SELECT details ->> 'left_out' FROM audit_log WHERE workspace_id = $1 AND action = 'integration.synced'"
            )
                == [#"[{"list":"events","reason":"Not in this plan."}]"#])
    }

    /// The API has three account states. An account that was never activated counts as suspended, and its metadata
    /// tells the difference.
    @Test("An account that was never activated differs from a suspended one")
    func whoWasNeverActivatedIsToldApart() throws {
        okta["users"] = [
            account("o1", "ann@example.com") { $0.status = .staged },
            account("o2", "bo@example.com") { $0.status = .suspended },
        ]
        try company.sync("okta")
        let states: SQL = """
            SELECT external_id || ' ' || status || ' ' || COALESCE(metadata ->> 'state', '-') FROM accounts
            WHERE workspace_id = $1 ORDER BY 1
            """
        #expect(try company.list(states) == ["o1 suspended staged", "o2 suspended -"])
        okta["users"] = [account("o1", "ann@example.com"), account("o2", "bo@example.com")]
        try company.sync("okta")
        #expect(try company.list(states) == ["o1 active -", "o2 active -"])
    }

    @Test(
        "Control characters except line breaks and tabs are removed from synced texts",
        arguments: [
            ("A\0nn 💡 'quoted' \"and\" \\ more", "Ann 💡 'quoted' \"and\" \\ more"), ("é § \\u0000", "é § \\u0000"),
            // A terminal would run the next texts as control sequences.
            ("A\u{1B}[2Jnn", "A[2Jnn"), ("A\u{9B}2Jnn", "A2Jnn"), ("A\u{7F}\u{80}\u{85}nn", "Ann"),
            ("A\r\n\tnn", "A\r\n\tnn"),
        ])
    func textsThatNoDatabaseHoldsAreMadeHarmless(_ name: String, _ expected: String) throws {
        okta["users"] = [account("u\0x\u{1B}", "a@example.com", name: name)]
        try company.sync("okta")
        #expect(try company.list("SELECT display_name FROM identities WHERE workspace_id = $1") == [expected])
        #expect(try company.list("SELECT external_id FROM accounts WHERE workspace_id = $1") == ["ux"])
    }

    @Test("A sync that exceeds the plan's identity limit records the numbers in the audit log")
    func aSyncOverThePlansLimitIsToldInTheLog() throws {
        try company.store.own.set(plan: .pro)
        okta["users"] = (0..<501).map { account("u\($0)", "u\($0)@example.com") }
        let pro = try SyncCase.workspace(of: company)
        company.clock = company.clock + 1
        _ = try pro.sync(
            company.id("okta"), with: try #require(company.providers["okta"]).tools,
            SyncTime(pull: 60, all: 120), now: { company.clock })
        #expect(try company.count("SELECT count(*) FROM identities WHERE workspace_id = $1") == 501)
        #expect(
            try company.list(
                """
                SELECT (details ->> 'billable_identities') || ' of ' || (details ->> 'plan_identity_limit') FROM audit_log
                WHERE workspace_id = $1 AND action = 'integration.synced'
                """) == ["501 of 500"])
    }
}
