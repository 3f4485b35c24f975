import Base
import Connectors
import Store
import TestSupport
import Testing

/// Syncs of one workspace next to another one that has the same platforms, with the same people, addresses, names,
/// serial numbers and ids.
@Suite(.usesStore) struct SyncIsolationTests {
    /// Connects two platforms to a company. Together they have records of every kind.
    private func connect(_ company: SyncCase) throws -> (okta: TestProvider, github: TestProvider) {
        let okta = try company.connect("okta")
        okta["users"] = (1...4).map { number in
            account("u\(number)", "p\(number)@example.com", name: "Person \(number)") { record in
                record.managerEmail = "p1@example.com"
                record.managerExternalID = "u1"
                record.adminRoles = number == 1 ? ["SUPER_ADMIN"] : []
            }
        }
        okta["applications"] = (1...3).map { application("a\($0)", isManaged: $0 != 2) }
        okta["assignments"] = [entitlement("u1", "a1"), entitlement("u2", "a1"), entitlement("u3", "a2")]
        okta["grants"] = [grant("u1", "a3"), grant("u2", "a3")]
        okta["devices"] = [device("d1", of: "u1"), device("d2", of: "u2"), device("d3", of: nil, "p7@example.com")]
        okta["events"] = (1...4).map { event("e\($0)", by: "u\($0)") } + [eventByAddress("e6", "p7@example.com")]
        let github = try company.connect("github")
        github["members"] = [
            account("g1", "p1@example.com"), account("g2"), account("g3", "p3@example.com"),
            account("g4", "p9@example.com"), account("g5") { $0.linkedEmails = ["p7@example.com"] },
        ]
        github["keys"] = [key("k1", of: "g1"), key("k2", of: "g2"), key("k3", of: "g3")]
        return (okta, github)
    }

    private func grant(_ account: String, _ application: String) -> SyncRecord {
        .oauthGrant(
            OAuthGrantRecord(
                externalID: account + "/" + application, accountExternalID: account,
                applicationExternalID: application, scopes: ["okta.users.read"]))
    }

    private func device(_ id: String, of account: String?, _ email: String? = nil) -> SyncRecord {
        var record = DeviceRecord(externalID: id, hostname: "mac-" + id)
        (record.ownerExternalID, record.ownerEmail, record.serialNumber) = (account, email, "C02" + id)
        return .device(record)
    }

    /// An event whose actor is named by an address alone.
    private func eventByAddress(_ id: String, _ email: String) -> SyncRecord {
        var record = AuditEventRecord(
            externalID: id, eventType: EventType.signIn, outcome: .success, occurredAt: TestStore.now - 600)
        record.actorEmail = email
        return .auditEvent(record)
    }

    private func key(_ id: String, of account: String) -> SyncRecord {
        var record = AccessKeyRecord(externalID: id, kind: .accessToken, canWrite: true)
        (record.accountExternalID, record.name) = (account, "key " + id)
        return .accessKey(record)
    }

    /// Syncs the own workspace's platforms: first with the same data as the other workspace has, then with much of it
    /// changed or gone, and at last GitHub with refused credentials.
    private func syncOwn(_ store: TestStore) throws {
        let own = try SyncCase(store.own.id, in: store)
        let (okta, github) = try connect(own)
        for platform in ["okta", "github"] { try own.sync(platform) }
        okta["users"] = [
            account("u1", "p1@example.com", name: "Another Name"), account("u2", "p3@example.com"),
            account("u5", "p2@example.com") { $0.linkedEmails = ["p4@example.com"] },
        ]
        okta["applications"] = [application("a1", name: "App a3")]
        okta["assignments"] = [entitlement("u1", "a1", role: "admin")]
        okta["grants"] = []
        okta["devices"] = [device("d2", of: "u1"), device("d3", of: nil, "p7@example.com")]
        okta["events"] = [event("e5", by: "u1")]
        github["members"] = [
            account("g2", "p2@example.com"), account("g4", "p9@example.com"),
            account("g5") { $0.linkedEmails = ["p7@example.com"] },
        ]
        github["keys"] = [key("k2", of: "g2")]
        for platform in ["okta", "github"] { try own.sync(platform) }
        github.refusal = .credentials("Bad credentials.")
        github.failures["members"] = .credentials("Bad credentials.")
        #expect(throws: (any Error).self) { try own.sync("github") }
    }

    /// Returns the own workspace's rows, masked, without the second of the hour that each integration derives from its
    /// id.
    private func ownRows(_ store: TestStore) throws -> [String] {
        try StoredRows(store.database).masked(store.own.id).map {
            $0.replacing(/next_auto_sync_at=\S+/, with: "")
        }.sorted()
    }

    @Test("A sync changes rows of its own workspace only, and its result does not depend on another one")
    func aSyncKnowsOneWorkspace() throws {
        let alone = try TestStore()
        try syncOwn(alone)
        let store = try TestStore()
        let other = try SyncCase(store.other.id, in: store)
        // The other workspace's records would change the own workspace if a sync looked at all identity providers, all
        // people or all links.
        try other.connect("google_workspace")["users"] = [account("m1", "p1@example.com")]
        let (okta, _) = try connect(other)
        okta["users"].append(account("u6", "p6@example.com") { $0.linkedEmails = ["p9@example.com"] })
        okta["users"].append(account("u7", "p7@example.com"))
        for platform in ["google_workspace", "okta", "github"] { try other.sync(platform) }
        let before = try StoredRows(store.database)[store.other.id]
        #expect(before.count { $0.hasPrefix("accounts ") } == 12 && before.contains { $0.hasPrefix("access_keys ") })
        try syncOwn(store)
        #expect(try StoredRows(store.database)[store.other.id] == before)
        let rows = try ownRows(store)
        #expect(rows.difference(from: try ownRows(alone)).map { "\($0)" } == [])
        #expect(rows.count { $0.hasPrefix("accounts ") } > 3 && rows.contains { $0.hasPrefix("sync_events ") })
        // Compares the links between records; the ids in the rows above are masked.
        let links: SQL = """
            SELECT accounts.external_id || ' ' || COALESCE(identities.email, '-') FROM accounts
            LEFT JOIN identities ON identities.id = accounts.identity_id WHERE accounts.workspace_id = $1 ORDER BY 1
            """
        func linked(_ store: TestStore) throws -> [String] {
            try store.database.rows(links, store.own.id) { try $0[0] as String }
        }
        #expect(try linked(store) == linked(alone))
    }
}
