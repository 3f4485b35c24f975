@_spi(System) import Actions
@_spi(System) import Auth
import Base
@_spi(System) import Integrations
import Jobs
import Store
import Synchronization
import TestSupport
import Testing

@testable import api_api_keys
@testable import local_runner

/// Changes that operators make to workspaces, members and sessions, and the audit entries of these changes.
@Suite(.usesStore) struct AdministrationTests {
    private let store: TestStore
    private let access: SystemAccess
    private let operatorOfTests = Caller.administrator(name: "ada")

    init() throws {
        store = try TestStore(filled: true)
        access = SystemAccess(store.database)
    }

    private func own() throws -> Workspace { try #require(try access.workspace(store.own.id, for: operatorOfTests)) }

    /// Checks a workspace's audit log, and returns its last entry and the number of its entries.
    private func lastEntry(
        of id: Identifier? = nil
    ) throws -> (action: String, actor: String?, details: JSON, count: Int) {
        let id = id ?? store.own.id
        let count = try AuditLog(store.database, workspaceID: id).verify()
        let entry = try store.database.first(
            """
            SELECT action, actor_email, details FROM audit_log WHERE workspace_id = $1
            ORDER BY sequence_number DESC LIMIT 1
            """, id
        ) { row in (try row[0] as String, try row[1] as String?, try row[2] as JSON) }
        let found = try #require(entry)
        return (found.0, found.1, found.2, count)
    }

    @Test("A new workspace can get members and keys, its audit log names its creator; a blank name is refused")
    func create() throws {
        let made = try access.createWorkspace(
            name: " Acme ", plan: .trial, by: operatorOfTests, now: TestStore.now)
        #expect(made.name == "Acme" && made.plan == .trial && made.trialEnd == TestStore.now + .days(30))
        let entry = try lastEntry(of: made.id)
        #expect(entry.action == "workspace.created" && entry.actor == "Operator ada" && entry.count == 2)
        #expect(try access.workspaceOverviews().map(\.id).contains(made.id))
        let workspace = try #require(try access.workspace(made.id, for: operatorOfTests))
        _ = try workspace.addMember(.random(), email: "a@example.com", role: .admin)
        _ = try workspace.createAPIKey(name: "k", scope: .write)
        #expect(try access.workspaceOverview(made.id)?.members == 1 && access.workspaceOverview(made.id)?.apiKeys == 1)
        #expect(throws: AdministrationError.self) {
            try access.createWorkspace(name: " ", plan: .free, by: operatorOfTests)
        }
    }

    @Test(
        "A setting is read and stored, and the audit log has its old and its new value",
        arguments: [
            ("name=Umbrella", "name", "Umbrella"), ("plan=pro", "plan", "pro"),
            ("trial_ends_at=2026-05-15T00:00:00Z", "trial_ends_at", "2026-05-15T00:00:00Z"),
            ("ip_allowlist=203.0.113.7,2001:db8::/32", "ip_allowlist", ["203.0.113.7", "2001:db8::/32"]),
            ("mfa_required=true", "mfa_required", true), ("session_timeout_hours=8", "session_timeout_hours", 8),
            (#"risk_settings={"a":1}"#, "risk_settings", ["a": 1]),
            ("tiers.lock_device=auto_queue", "remediation_settings", ["tiers": ["lock_device": "auto_queue"]]),
            ("emergency_accounts=B@x.com, a@x.com,b@x.com", "emergency_accounts", ["a@x.com", "b@x.com"]),
            ("company_domains=Example.com,example.de", "company_domains", ["example.com", "example.de"]),
            ("trusted_networks=203.0.113.0/24,2001:db8::/32", "trusted_networks", ["2001:db8::/32", "203.0.113.0/24"]),
            (
                "contractor_marks=department:Partners,address:Ext-", "contractor_marks",
                ["address:ext-", "department:partners"]
            ),
        ] as [(String, String, JSON)])
    func set(_ text: String, _ name: String, _ value: JSON) throws {
        let setting = try read(text)
        let before = try access.workspaceOverview(store.own.id)?.settings[name]
        let after = try own().change([setting])
        #expect(after.settings[name] == value)
        let entry = try lastEntry()
        #expect(entry.action == "workspace.settings_changed" && entry.actor == "Operator ada")
        #expect(entry.details["changes"] == .object([name: ["from": before ?? .null, "to": value]]))
        // A setting that stays the same writes no entry.
        _ = try own().change([setting])
        #expect(try lastEntry().count == entry.count)
    }

    private func read(_ text: String) throws -> WorkspaceSetting {
        try WorkspaceSetting(
            text, actions: ActionType.allCases.map(\.rawValue), tiers: Tier.allCases.map(\.rawValue))
    }

    @Test(
        "An invalid setting is refused with advice",
        arguments: [
            ("plan=gold", "free, trial, pro, enterprise"), ("mfa=true", "did you mean \"mfa_required\"?"),
            ("mfa_required=yes", "true or false"), ("session_timeout_hours=2", "1, 4, 8, 24, 72 or none"),
            ("ip_allowlist=10.0.0.0/99", "neither an address nor a range"), ("ip_allowlist=", "neither an address"),
            ("trial_ends_at=tomorrow", "2026-05-15T00:00:00Z"), ("risk_settings=[]", "a JSON object"),
            ("tiers.lock_devise=never", "did you mean \"lock_device\"?"), ("tiers.lock_device=often", "auto_execute"),
            ("company_domains=example", "domains such as example.com"), ("company_domains=a..b", "domains such as"),
            ("company_domains=a%.com", "domains such as"), ("trusted_networks=10.0.0.0/33", "addresses or ranges"),
            ("contractor_marks=partners", "address:PREFIX"), ("contractor_marks=title:", "address:PREFIX"),
            ("emergency_accounts=", "addresses or account names"), ("emergency_accounts=a\u{202E}b", "account names"),
            ("name=", "1 to 200 characters"), ("name=a\u{202E}b", "all visible"), ("plan", "write KEY=VALUE"),
        ])
    func refusedSettings(_ text: String, _ advice: String) throws {
        let error = #expect(throws: AdministrationError.self) { try read(text) }
        #expect(error?.sentence.contains(advice) == true, "\(error?.sentence ?? "")")
    }

    @Test("The value none or default resets a setting")
    func noSettings() throws {
        _ = try own().change(
            ["ip_allowlist=10.0.0.0/8", "session_timeout_hours=1", "tiers.lock_device=never"].map(read))
        let after = try own().change(
            ["ip_allowlist=none", "session_timeout_hours=none", "tiers.lock_device=default"].map(read))
        #expect(after.allowedAddresses == [] && after.sessionTimeoutHours == nil && after.remediationSettings == [:])
    }

    @Test("A workspace that becomes free keeps three active integrations, and the others are paused")
    func downgrade() throws {
        let active =
            "SELECT count(*) FROM integrations WHERE workspace_id = $1 AND status IN ('connected', 'error', 'pending')"
            as SQL
        for platform in ["zoom", "jamf_pro", "jumpcloud", "onelogin"] { _ = try? store.own.addIntegration(platform) }
        let before = try store.database.first(active, store.own.id) { try $0[0] as Int } ?? 0
        try #require(before > 3)
        _ = try own().change([.plan(.free)])
        #expect(try store.database.first(active, store.own.id) { try $0[0] as Int } == 3)
        #expect(try lastEntry().details["paused_integrations"]?.integer == before - 3)
    }

    @Test("A member is added, gets another role, and is removed together with the member's API keys")
    func members() throws {
        let user = Identifier.random()
        let added = try own().addMember(user, email: " Grace@Example.COM ", role: .viewer)
        #expect(added.email == "grace@example.com")
        #expect(throws: AdministrationError.self) { try own().addMember(user, email: "", role: .admin) }
        #expect(try own().changeRole(of: user, to: .admin).role == .admin)
        #expect(try lastEntry().details["former_role"] == "viewer")
        let session = TestSession.token(of: user)
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description), "name": "mine"])
        let key = try #require(
            store.send(call.session(session), to: APIKeysFunction.self).json["id"]?.string.flatMap { Identifier($0) })
        let removed = try own().removeMember(user, keepsKeys: false)
        #expect(removed.keys.map(\.id) == [key] && removed.areKeysRevoked)
        #expect(try !own().apiKeys().contains { $0.id == key })
        #expect(try lastEntry().details["keys_revoked"] == [.string(key.description)])
        #expect(store.send(call.session(session), to: APIKeysFunction.self).status == 403)
        #expect(throws: AdministrationError.self) { try own().removeMember(user, keepsKeys: false) }
    }

    @Test("A removed member's API keys are not revoked if the operator wants that")
    func keptKeys() throws {
        let admin = try #require(store.own.members[.admin])
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description), "name": "mine"])
        #expect(store.send(call.session(store.own.token()), to: APIKeysFunction.self).status == 200)
        let before = try own().apiKeys().count
        let removed = try own().removeMember(admin, keepsKeys: true)
        #expect(!removed.keys.isEmpty && !removed.areKeysRevoked)
        #expect(try own().apiKeys().count == before)
    }

    @Test("The last admin can't be removed, and keeps an admin role unless the operator allows its loss")
    func lastAdmin() throws {
        let (admin, superAdmin) = try (#require(store.own.members[.admin]), #require(store.own.members[.superAdmin]))
        _ = try own().removeMember(superAdmin, keepsKeys: false)
        let count = try lastEntry().count
        for attempt in [
            { _ = try own().removeMember(admin, keepsKeys: false) },
            { _ = try own().changeRole(of: admin, to: .viewer) },
        ] {
            let error = #expect(throws: AdministrationError.self) { try attempt() }
            #expect(error?.code == "administration.last_admin" && error?.kind == .conflict)
        }
        #expect(try own().members().contains { $0.userID == admin && $0.role == .admin })
        #expect(try lastEntry().count == count)
        // The last admin may get another admin role. As soon as there is a second admin, the first one may be removed.
        #expect(try own().changeRole(of: admin, to: .superAdmin).role == .superAdmin)
        let second = Identifier.random()
        _ = try own().addMember(second, email: "", role: .admin)
        _ = try own().removeMember(admin, keepsKeys: false)
        #expect(try own().changeRole(of: second, to: .viewer, mayLeaveNoAdmin: true).role == .viewer)
    }

    /// Two operators remove the last two admins at the same moment, one each.
    @Test("Two operators at once can't remove the last two admins")
    func twoOperators() throws {
        _ = try own().removeMember(#require(store.own.members[.superAdmin]), keepsKeys: false)
        for _ in 0..<10 {
            let first = try #require(try own().members().first { $0.role == .admin }).userID
            let second = Identifier.random()
            _ = try own().addMember(second, email: "", role: .admin)
            let (connect, id, actor) = (store.connect, store.own.id, operatorOfTests)
            let outcomes = Mutex<[String]>([])
            let threads = Threads(count: 2) { number in
                let database = connect()
                defer { database.close() }
                let outcome: String
                do {
                    let workspace = try SystemAccess(database).workspace(id, for: actor)
                    _ = try workspace?.removeMember(number == 0 ? first : second, keepsKeys: false)
                    outcome = "removed"
                } catch {
                    outcome = (error as? AdministrationError)?.code ?? "\(error)"
                }
                outcomes.withLock { $0.append(outcome) }
            }
            threads.join()
            #expect(outcomes.withLock { $0.sorted() } == ["administration.last_admin", "removed"])
            #expect(try own().members().count { $0.role == .admin } == 1)
        }
    }

    /// `working` stands for a request or a job that got its access before the workspace was erased.
    @Test("Work that began before a workspace was erased writes nothing into it")
    func workDuringErasure() throws {
        let working = try #require(try access.workspace(store.own.id))
        _ = try own().erase()
        let count = try lastEntry().count
        for attempt in [
            { _ = try working.createAPIKey(name: "late", scope: .write) },
            { try working.withWriteLock { _ = try working.execute("DELETE FROM members WHERE workspace_id = $1") } },
            { _ = try working.addMember(.random(), email: "", role: .admin) },
        ] {
            let error = #expect(throws: AuditLog.ClosedWorkspace.self) { try attempt() }
            #expect(error?.kind == .refused)
            // The operator's sentence differs from the one for users, who must not learn that the workspace existed.
            let refusal = try #require(error)
            #expect("\(Administration.failure(refusal))".contains("the workspace was deleted while this ran"))
        }
        #expect(try lastEntry().count == count)
        #expect(try access.workspaceOverview(store.own.id)?.apiKeys == 0)
        // The work of another workspace continues.
        let other = try #require(try access.workspace(store.other.id))
        _ = try other.createAPIKey(name: "early", scope: .write)
    }

    /// The change waits for the lock that the erasure holds.
    @Test("A change that waits while a workspace is erased is refused afterwards")
    func changeWaitsForErasure() throws {
        let (connect, id, actor) = (store.connect, store.own.id, operatorOfTests)
        let outcome = Mutex<String>("")
        let waiting = Mutex(false)
        var thread: Threads?
        try store.database.transaction(.write) {
            // Locks the audit log until the transaction ends. On PostgreSQL, beginning a transaction locks nothing.
            try store.database.execute(
                "UPDATE audit_heads SET sequence_number = sequence_number WHERE workspace_id = $1", id)
            thread = Threads(count: 1) { _ in
                let database = connect()
                defer { database.close() }
                do {
                    guard let workspace = try SystemAccess(database).workspace(id, for: actor) else { return }
                    waiting.withLock { $0 = true }
                    _ = try workspace.addMember(.random(), email: "", role: .viewer)
                    outcome.withLock { $0 = "added" }
                } catch {
                    outcome.withLock { $0 = (error as? AuditLog.ClosedWorkspace)?.code ?? "\(error)" }
                }
            }
            #expect(poll { waiting.withLock { $0 } })
            _ = try own().erase()
        }
        thread?.join()
        #expect(outcome.withLock { $0 } == "store.workspace_closed")
    }

    @Test("A revoked session is refused, and revoking it again writes no audit entry")
    func sessions() throws {
        let session = try #require(Identifier("cccccccc-0000-4000-8000-000000000001"))
        let token = store.own.token { $0["session_id"] = .string(session.description) }
        let call = Call(query: "workspaceId=\(store.own.id)").session(token)
        #expect(store.send(call, to: APIKeysFunction.self).status == 200)
        #expect(try own().revokeSession(session))
        #expect(store.send(call, to: APIKeysFunction.self).status == 401)
        let count = try lastEntry().count
        #expect(try !own().revokeSession(session))
        #expect(try lastEntry().count == count)
    }

    @Test("An erased workspace keeps its id and its audit log, and other workspaces keep all their data")
    func erase() throws {
        func rows(_ id: Identifier) throws -> [String: Int] {
            var counts: [String: Int] = [:]
            for (table, query) in Self.tables {
                counts[table] = try store.database.first(query, id) { try $0[0] as Int }
            }
            return counts
        }
        let (before, others) = (try rows(store.own.id), try rows(store.other.id))
        #expect(before.values.filter { $0 > 0 }.count > 8)
        let erased = try own().erase()
        #expect(erased >= before.values.reduce(0, +))
        #expect(try rows(store.own.id).values.allSatisfy { $0 == 0 })
        #expect(try rows(store.other.id) == others)
        let entry = try lastEntry()
        #expect(entry.action == "workspace.deleted" && entry.actor == "Operator ada")
        #expect(try access.workspace(store.own.id) == nil)
        #expect(try !access.workspaceOverviews().contains { $0.id == store.own.id })
        let overview = try #require(try access.workspaceOverview(store.own.id))
        #expect(overview.deletedAt != nil && overview.name == "")
        #expect(try AuditLog(store.database, workspaceID: store.other.id).verify() > 0)
        let call = Call(query: "workspaceId=\(store.own.id)").session(store.own.token())
        #expect(store.send(call, to: APIKeysFunction.self).status == 403)
        // Housekeeping queues no job for the erased workspace.
        try access.queueDueHousekeeping(now: .now, Log())
        #expect(
            try store.database.first("SELECT count(*) FROM jobs WHERE workspace_id = $1", store.own.id) {
                try $0[0] as Int
            } == 0)
    }

    private static let tables: [(String, SQL)] = [
        ("members", "SELECT count(*) FROM members WHERE workspace_id = $1"),
        ("api_keys", "SELECT count(*) FROM api_keys WHERE workspace_id = $1"),
        ("integrations", "SELECT count(*) FROM integrations WHERE workspace_id = $1"),
        ("identities", "SELECT count(*) FROM identities WHERE workspace_id = $1"),
        ("accounts", "SELECT count(*) FROM accounts WHERE workspace_id = $1"),
        ("applications", "SELECT count(*) FROM applications WHERE workspace_id = $1"),
        ("devices", "SELECT count(*) FROM devices WHERE workspace_id = $1"),
        ("entitlements", "SELECT count(*) FROM entitlements WHERE workspace_id = $1"),
        ("oauth_grants", "SELECT count(*) FROM oauth_grants WHERE workspace_id = $1"),
        ("access_keys", "SELECT count(*) FROM access_keys WHERE workspace_id = $1"),
        ("audit_events", "SELECT count(*) FROM audit_events WHERE workspace_id = $1"),
        ("findings", "SELECT count(*) FROM findings WHERE workspace_id = $1"),
        ("rule_states", "SELECT count(*) FROM rule_states WHERE workspace_id = $1"),
        ("app_policies", "SELECT count(*) FROM app_policies WHERE workspace_id = $1"),
        ("analysis_runs", "SELECT count(*) FROM analysis_runs WHERE workspace_id = $1"),
        ("drift_snapshots", "SELECT count(*) FROM drift_snapshots WHERE workspace_id = $1"),
        ("sync_runs", "SELECT count(*) FROM sync_runs WHERE workspace_id = $1"),
        ("sync_events", "SELECT count(*) FROM sync_events WHERE workspace_id = $1"),
        ("remediation_actions", "SELECT count(*) FROM remediation_actions WHERE workspace_id = $1"),
        ("chat_sessions", "SELECT count(*) FROM chat_sessions WHERE workspace_id = $1"),
        ("chat_messages", "SELECT count(*) FROM chat_messages WHERE workspace_id = $1"),
        ("jobs", "SELECT count(*) FROM jobs WHERE workspace_id = $1"),
    ]

    @Test("Actions are listed without their parameters")
    func actions() throws {
        let id = Identifier.random()
        try store.database.execute(
            """
            INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id, status,
                requested_by, extra_params, created_at, updated_at)
            VALUES ($1, $2, 'lock_device', 'jamf_pro', 'x1', 'pending_approval', 'somebody', $3, $4, $4)
            """, store.own.id, id, ["pin": "123456"] as JSON, TestStore.now)
        let listed = try #require(try own().actions(.pendingApproval, limit: 10).first { $0.id == id })
        #expect(listed.json["approval_ends_at"] == .string((TestStore.now + .days(7)).description))
        #expect(!String(decoding: JSONWriter.bytes(listed.json), as: UTF8.self).contains("123456"))
        #expect(try own().actions(.succeeded, limit: 10).contains { $0.id == id } == false)
        #expect(try own().actions(nil, limit: 1).count == 1)
    }
}
