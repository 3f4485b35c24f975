import Auth
import Base
import Connectors
import Findings
import HTTP
import Integrations
import Store
import TestSupport
import Testing

@testable import Sync

/// Records are removed only on proof: their list was read to its end, and no unreadable part of it may have named them.
@Suite(.usesStore, .appliedBothWays) struct AbsenceTests {
    private let company: SyncCase
    private let okta: TestProvider
    private let github: TestProvider

    init() throws {
        company = try SyncCase()
        okta = try company.connect("okta")
        github = try company.connect("github")
        for provider in [okta, github] {
            provider["users"] = (0..<4).map { account("u\($0)", "u\($0)@example.com") }
            provider["applications"] = (0..<2).map { application("a\($0)") }
            provider["assignments"] = (0..<4).map { entitlement("u\($0)", "a\($0 % 2)") }
            provider["keys"] = (0..<2).map { number in
                var key = AccessKeyRecord(externalID: "k\(number)", kind: .accessToken, canWrite: true)
                key.accountExternalID = "u\(number)"
                return .accessKey(key)
            }
        }
        try company.sync("okta")
        try company.sync("github")
    }

    /// Returns one platform's records in the inventory as texts.
    private func inventory(_ platform: String) throws -> [String] {
        try company.workspace.rows(
            """
            SELECT 'account ' || external_id || ' ' || status FROM accounts WHERE workspace_id = $1 AND integration_id = $2
            UNION ALL SELECT 'application ' || external_id FROM applications
                WHERE workspace_id = $1 AND integration_id = $2
            UNION ALL SELECT 'entitlement ' || external_id FROM entitlements
                WHERE workspace_id = $1 AND integration_id = $2
            UNION ALL SELECT 'key ' || external_id FROM access_keys WHERE workspace_id = $1 AND integration_id = $2
            UNION ALL SELECT 'device ' || external_id FROM devices WHERE workspace_id = $1 AND integration_id = $2
            ORDER BY 1
            """, company.id(platform)
        ) { $0.text(0) }
    }

    /// Changes and syncs both platforms; returns, for each platform, the texts that `inventory` returned before and no
    /// longer returns.
    private func changes(_ change: (TestProvider) -> Void) throws -> [Set<String>] {
        try [("okta", okta), ("github", github)].map { platform, provider in
            let before = try inventory(platform)
            change(provider)
            #expect(try company.sync(platform).status == .completed)
            return Set(before).subtracting(try inventory(platform))
        }
    }

    private func leftOut() throws -> [String] {
        try company.list(
            """
            SELECT details ->> 'left_out' FROM audit_log WHERE workspace_id = $1 AND action = 'integration.synced'
            ORDER BY sequence_number DESC LIMIT 1
            """)
    }

    @Test("An account that is missing from a complete list is deprovisioned or removed") func completeList() throws {
        let changed = try changes { $0["users"].removeFirst() }
        #expect(changed.allSatisfy { $0 == ["account u0 active", "entitlement a0/u0"] })
    }

    @Test("An unreadable entry with an id protects only its own record and the records that belong to it")
    func unreadableWithID() throws {
        let changed = try changes {
            $0["users"].removeFirst(2)
            $0.unreadable["users"] = ["u0"]
            $0["assignments"].removeFirst(2)
            $0["keys"].removeFirst(2)
        }
        #expect(
            changed == [
                ["account u1 active", "entitlement a1/u1", "key k1"],
                ["account u1 active", "entitlement a1/u1", "key k1"],
            ])
    }

    @Test("An unreadable entry without an id makes the list incomplete, so no record of its kind is removed")
    func unreadableWithoutID() throws {
        let changed = try changes {
            $0["users"] = []
            $0.unreadable["users"] = [nil]
        }
        #expect(changed == [[], []])
    }

    @Test("If an optional list fails, its known records stay, and the audit log names the list and the reason")
    func optionalList() throws {
        let changed = try changes {
            $0.optional = ["keys"]
            $0.failures = ["keys": .provider("It is down.")]
            $0["applications"].removeFirst()
        }
        #expect(changed.allSatisfy { $0 == ["application a0", "entitlement a0/u0", "entitlement a0/u2"] })
        #expect(try leftOut() == [#"[{"list":"keys","reason":"It is down."}]"#])
    }

    @Test("If one application's part of a list fails, that application's records stay")
    func oneApplication() throws {
        let changed = try changes {
            $0["assignments"] = []
            $0.leftOut["assignments"] = ("assignments", [.ofApplication(.entitlement, application: "a0")])
        }
        #expect(changed.allSatisfy { $0 == ["entitlement a1/u1", "entitlement a1/u3"] })
    }

    @Test("If one account's part of a list fails, that account's records stay")
    func oneAccount() throws {
        let changed = try changes {
            $0["keys"] = []
            $0.leftOut["keys"] = ("tokens", [.ofAccount(.accessKey, account: "u0")])
        }
        #expect(changed.allSatisfy { $0 == ["key k1"] })
        #expect(try leftOut() == [#"[{"list":"tokens","reason":"Not allowed."}]"#])
    }

    @Test("An application stays while the grants of an account that uses it can't be read")
    func applicationsOfGrants() throws {
        func grant(_ account: String, _ application: String) -> SyncRecord {
            .oauthGrant(
                OAuthGrantRecord(
                    externalID: account + "/" + application, accountExternalID: account,
                    applicationExternalID: application, scopes: []))
        }
        func applications() throws -> [String] {
            try company.list(
                """
                SELECT applications.external_id || ' ' || oauth_grants.external_id FROM applications
                JOIN oauth_grants ON oauth_grants.application_id = applications.id
                WHERE applications.workspace_id = $1 ORDER BY 1
                """)
        }
        github["grants"] = [grant("u0", "a0"), grant("u1", "a1")]
        try company.sync("github")
        #expect(try applications() == ["a0 u0/a0", "a1 u1/a1"])
        github["grants"] = []
        github["applications"] = []
        github.leftOut["grants"] = (
            "tokens", [.ofAccount(.oauthGrant, account: "u0"), .ofAccount(.application, account: "u0")]
        )
        for _ in 1...2 {
            try company.sync("github")
            #expect(try applications() == ["a0 u0/a0"])
        }
        github.leftOut = [:]
        try company.sync("github")
        #expect(try applications() == [])
    }

    @Test("Roles that could not be read stay as stored; if none are stored, the readable ones are stored")
    func unreadRoles() throws {
        let known: SQL = """
            SELECT external_id || CASE WHEN is_admin THEN ' true ' ELSE ' false ' END || (admin_roles ->> 0) FROM accounts
            JOIN integrations ON integrations.id = accounts.integration_id
            WHERE accounts.workspace_id = $1 AND platform = 'github' ORDER BY 1
            """
        func admin(_ id: String, _ roles: [String], isRead: Bool = true) -> SyncRecord {
            account(id) { record in
                (record.isAdmin, record.adminRoles) = (true, roles)
                if !isRead { record.unread = [.adminRoles] }
            }
        }
        github["users"] = [admin("u0", ["owner"])]
        try company.sync("github")
        github["users"] = [admin("u0", ["admin"], isRead: false), admin("u1", ["admin"], isRead: false)]
        for _ in 1...2 {
            try company.sync("github")
            #expect(try company.list(known) == ["u0 true owner", "u1 true admin"])
        }
        github["users"] = [admin("u0", ["admin"])]
        try company.sync("github")
        #expect(try company.list(known) == ["u0 true admin"])
    }

    @Test("An account is an administrator's since the sync that first saw it, as long as it stays one")
    func adminSince() throws {
        func since() throws -> [String] {
            try company.list(
                """
                SELECT COALESCE(CAST(epoch(admin_since) - epoch(connected_at) AS text), 'never') FROM accounts
                JOIN integrations ON integrations.id = accounts.integration_id
                WHERE accounts.workspace_id = $1 AND platform = 'github' AND accounts.external_id IN ('u0', 'u1')
                ORDER BY accounts.external_id
                """)
        }
        func users(_ isAdmin: Bool?, _ other: Bool?, name: String? = nil) -> [SyncRecord] {
            [account("u0", name: name) { $0.isAdmin = isAdmin }, account("u1") { $0.isAdmin = other }]
        }
        try company.sync("github")
        let first = try company.count(
            "SELECT epoch(last_sync_at) - epoch(connected_at) FROM integrations WHERE workspace_id = $1 AND platform = 'github'"
        )
        github["users"] = users(true, false)
        try company.sync("github")
        #expect(try since() == ["\(first + 1)", "never"])
        // The time stays if something else changes, and if the role can't be read.
        github["users"] = users(true, true, name: "Ada")
        try company.sync("github")
        github["users"] = users(nil, true, name: "Ada King")
        try company.sync("github")
        #expect(try since() == ["\(first + 1)", "\(first + 2)"])
        github["users"] = users(false, true)
        try company.sync("github")
        #expect(try since() == ["never", "\(first + 2)"])
        github["users"] = users(true, true)
        try company.sync("github")
        #expect(try since() == ["\(first + 5)", "\(first + 2)"])
    }

    @Test("An application stays managed and a device keeps its owner if those fields could not be read")
    func unreadStates() throws {
        func application(_ isManaged: Bool, _ unread: Set<ApplicationRecord.Field> = []) -> SyncRecord {
            var record = ApplicationRecord(externalID: "app", name: "App", isManaged: isManaged)
            record.unread = unread
            return .application(record)
        }
        func device(_ owner: String?, _ isContained: Bool, _ unread: Set<DeviceRecord.Field> = []) -> SyncRecord {
            var record = DeviceRecord(externalID: "d", hostname: "mac")
            (record.ownerEmail, record.isContained, record.unread) = (owner, isContained, unread)
            return .device(record)
        }
        let known: SQL = """
            SELECT CASE WHEN is_managed THEN 'app true' ELSE 'app false' END FROM applications WHERE workspace_id = $1 AND external_id = 'app'
            UNION ALL SELECT CASE WHEN is_contained THEN 'd true' ELSE 'd false' END || COALESCE(' ' || owner_email, '') FROM devices
            WHERE workspace_id = $1
            ORDER BY 1
            """
        github["applications"] = [application(true)]
        github["devices"] = [device("u0@example.com", true)]
        try company.sync("github")
        github["applications"] = [application(false, [.isManaged])]
        github["devices"] = [device(nil, false, [.ownerEmail, .isContained])]
        for _ in 1...2 {
            try company.sync("github")
            #expect(try company.list(known) == ["app true", "d true u0@example.com"])
        }
        github["applications"] = [application(false)]
        github["devices"] = [device(nil, false)]
        try company.sync("github")
        #expect(try company.list(known) == ["app false", "d false"])
    }

    @Test("Fields that could not be read keep their stored values, and linked addresses stay too")
    func unreadFields() throws {
        func user(_ change: (inout AccountRecord) -> Void) -> SyncRecord {
            account("u0", nil) { record in
                record.linkedEmails = ["link@example.com"]
                change(&record)
            }
        }
        github["users"] = [
            user {
                ($0.email, $0.mfaEnabled) = ("u0@example.com", true)
                $0.lastLoginAt = TestStore.now
            }
        ]
        try company.sync("github")
        let known: SQL = """
            SELECT accounts.email || ' ' || CASE WHEN mfa_enabled THEN 'mfa ' ELSE '' END || account_links.email
            FROM accounts JOIN account_links ON account_links.account_id = accounts.id
            WHERE accounts.workspace_id = $1 AND last_login_at IS NOT NULL
            """
        #expect(try company.list(known) == ["u0@example.com mfa link@example.com"])
        github["users"] = [
            user {
                $0.unread = [.email, .mfaEnabled, .lastLoginAt]
                $0.linkedEmails = []
            }
        ]
        for _ in 1...2 {
            try company.sync("github")
            #expect(try company.list(known) == ["u0@example.com mfa link@example.com"])
        }
        github["users"] = [user { _ in }]
        try company.sync("github")
        #expect(try company.list(known) == [])
    }

    @Test("A device keeps its count of open detections if they could not be counted") func unreadDetections() throws {
        func device(_ change: (inout DeviceRecord) -> Void) -> SyncRecord {
            var record = DeviceRecord(externalID: "d", hostname: "mac")
            change(&record)
            return .device(record)
        }
        github["devices"] = [device { $0.openDetections = 3 }]
        try company.sync("github")
        github["devices"] = [device { $0.unread = [.openDetections] }]
        try company.sync("github")
        #expect(try company.count("SELECT open_detections FROM devices WHERE workspace_id = $1") == 3)
    }

    // MARK: Credentials

    @Test("Credentials count as bad only if the check of the credentials is refused as well", arguments: [true, false])
    func secondCall(_ isOptional: Bool) throws {
        okta.failures = ["keys": .credentials("Refused.")]
        okta.optional = isOptional ? ["keys"] : []
        if isOptional {
            #expect(try company.sync("okta").status == .completed)
            #expect(try inventory("okta").contains("key k0"))
        } else {
            let failure = #expect(throws: SyncFailure.self) { try company.sync("okta") }
            #expect(failure?.error.isTransient == true)
        }
        okta.refusal = .credentials("Refused.")
        okta.failures["users"] = .credentials("Refused.")
        okta.optional = []
        let failure = #expect(throws: SyncFailure.self) { try company.sync("okta") }
        #expect(failure?.error.kind == "authentication_expired")
    }

    @Test("A rate limit fails the sync, even on an optional list") func rateLimit() throws {
        okta.optional = ["keys"]
        okta.failures = ["keys": .rateLimited(seconds: 60)]
        let failure = #expect(throws: SyncFailure.self) { try company.sync("okta") }
        #expect(failure?.error == .rateLimited(seconds: 60))
    }

    // MARK: Shrinking

    private func error() throws -> [String] {
        try company.list(
            "SELECT status || ': ' || COALESCE(error, 'none') FROM integrations WHERE workspace_id = $1 AND platform = 'okta'"
        )
    }

    private func fill(_ users: Range<Int>) {
        okta["users"] = users.map { account("u\($0)", "u\($0)@example.com") }
    }

    @Test("A list that shrinks below half of its size removes nothing until a later sync confirms it")
    func shrinking() throws {
        fill(0..<40)
        try company.sync("okta")
        let before = try inventory("okta")
        fill(22..<40)
        okta["users"].append(account("new"))
        okta["keys"].removeFirst()
        // A second sync right after the first is no additional proof.
        for _ in 1...2 {
            try company.sync("okta")
            #expect(try Set(before).subtracting(inventory("okta")) == ["key k0"])
            #expect(try inventory("okta").contains("account new active"))
            #expect(
                try error() == [
                    "connected: The list of users came back with 19 of 40 entries. "
                        + "Missing entries are kept until a later sync confirms that they are gone."
                ])
            #expect(try leftOut().first?.contains("19 of 40") == true)
            // The API takes the lists that it names as left out from this column.
            let reason: SQL = """
                SELECT lists -> 'users' ->> 'reason' FROM integrations WHERE workspace_id = $1 AND platform = 'okta'
                """
            #expect(try company.list(reason).first?.contains("19 of 40") == true)
        }
        company.clock = company.clock + ListHistory.holdingTime
        try company.sync("okta")
        #expect(try inventory("okta").filter { $0.hasSuffix("deprovisioned") }.count == 22)
        #expect(try error() == ["connected: none"])
        // The list of the next sync is compared with the shorter list, which was accepted.
        fill(25..<40)
        try company.sync("okta")
        #expect(try inventory("okta").filter { $0.hasSuffix("deprovisioned") }.count == 26)
    }

    @Test("A shrunk list that is complete again in the next sync removes nothing") func shrinkingIsLifted() throws {
        fill(0..<40)
        try company.sync("okta")
        fill(0..<3)
        try company.sync("okta")
        fill(0..<40)
        company.clock = company.clock + ListHistory.holdingTime
        try company.sync("okta")
        #expect(try inventory("okta").filter { $0.hasSuffix("deprovisioned") } == [])
        #expect(try error() == ["connected: none"])
        // If the list shrinks again, its removals are held back again.
        fill(0..<3)
        try company.sync("okta")
        #expect(try inventory("okta").filter { $0.hasSuffix("deprovisioned") } == [])
    }

    @Test("A list that keeps half of its entries may lose the others in one sync") func halfList() throws {
        fill(0..<40)
        try company.sync("okta")
        fill(0..<20)
        try company.sync("okta")
        #expect(try inventory("okta").filter { $0.hasSuffix("deprovisioned") }.count == 20)
        #expect(try error() == ["connected: none"])
    }

    @Test("A short list may lose most of its entries in one sync") func smallList() throws {
        fill(0..<20)
        try company.sync("okta")
        fill(0..<2)
        try company.sync("okta")
        #expect(try inventory("okta").filter { $0.hasSuffix("deprovisioned") }.count == 18)
    }

    // MARK: Events

    @Test("After a failed read, a list's events are requested from before the failure")
    func events() throws {
        okta["events"] = [event("e1")]
        okta.optional = ["events"]
        okta.failures = ["events": .provider("It is down.")]
        try company.sync("okta")
        let failedAt = company.clock
        company.clock = company.clock + .days(2)
        try company.sync("okta")
        company.clock = company.clock + .days(2)
        okta.failures = [:]
        try company.sync("okta")
        let asked = try #require(okta.eventsSince.last)
        #expect(asked.list <= failedAt - Platform.okta.eventDelay && asked.list > failedAt - .days(1))
        #expect(asked.all > failedAt + .days(1))
        try company.sync("okta")
        let after = try #require(okta.eventsSince.last)
        #expect(after.list == after.all)
    }
}
