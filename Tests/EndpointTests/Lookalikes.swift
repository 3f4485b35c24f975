@_spi(System) import Auth
import Base
import Connectors
import Foundation
import Jobs
import Store
import TestSupport

/// Two workspaces that look alike: the same platforms with the same people, e-mail addresses, applications, devices,
/// serial numbers and external ids. They differ in their problems, their decisions and their marks. The other one has
/// more people, findings and integrations.
struct Lookalikes {
    let store: TestStore
    /// Serves Okta, Stripe and the issuer of session tokens for both workspaces.
    let provider: FakeProvider
    /// The ids of the own workspace's records.
    let own: Ids

    /// Records that tests refer to by id.
    struct Ids {
        let okta: Identifier
        let finding: Identifier
        let action: Identifier
        let conversation: Identifier
    }

    /// Creates both workspaces. The other one gets data only if the argument is true, and otherwise has only members
    /// and keys.
    init(beside: Bool) throws {
        store = try TestStore()
        provider = try FakeProvider(Self.answer)
        own = try Self.fill(store.own, in: store)
        guard beside else { return }
        _ = try Self.fill(store.other, in: store)
        for number in 0..<15 {
            let identity = try store.other.addIdentity("more\(number)@example.com", mfa: false)
            try store.other.addFinding("critical", identity: identity)
            try store.other.addIntegration("platform\(number)", status: "error")
        }
        try store.other.setRule("identity_security::stale_account", isEnabled: false)
    }

    /// Variables that direct functions to `provider`.
    var variables: [String: String] {
        [
            "ENVIRONMENT": "development", "CREDENTIALS_KEY": FakeOkta.credentialsKey, "UPSTREAM_OKTA": provider.url,
            "UPSTREAM_STRIPE": provider.url, "UPSTREAM_SUPABASE": provider.url,
        ]
    }

    // MARK: Data

    private static func fill(_ workspace: TestWorkspace, in store: TestStore) throws -> Ids {
        let (database, id, mark, now) = (store.database, workspace.id, workspace.owner.mark, TestStore.now)
        let isOwn = workspace.owner == .own
        let okta = try workspace.connectOkta()
        try workspace.addIntegration("slack", category: "communication", status: "paused")
        try workspace.addIntegration("jira", category: "itsm")
        try database.execute(
            "UPDATE integrations SET next_auto_sync_at = $2, connected_at = $3 WHERE workspace_id = $1", id,
            Self.later, now - .days(60))
        let alice = try workspace.addPerson("u1", on: okta)
        let bob = try workspace.addPerson("u2", on: okta)
        try database.execute(
            "UPDATE identities SET department = $2, display_name = 'Person' WHERE workspace_id = $1", id, mark)
        try database.execute(
            """
            UPDATE accounts SET display_name = 'Person', username = external_id || '@example.com',
                email = external_id || '@example.com' WHERE workspace_id = $1
            """, id)
        let account = try database.first(
            "SELECT id FROM accounts WHERE workspace_id = $1 AND external_id = 'u1'", id
        ) { try $0[0] as Identifier }
        guard let account else { throw StoreError.failed("Alice has no account") }
        let figma = try workspace.addApplication("Figma", from: okta)
        let boardly = try workspace.addApplication("Boardly", from: okta, sso: false, isManaged: false)
        for (application, name) in [(figma, "app1"), (boardly, "app2")] {
            try database.execute("UPDATE applications SET external_id = $2 WHERE id = $1", application, name)
        }
        try workspace.addEntitlement("\(mark) editor", of: alice, account: account, in: figma, from: okta)
        try database.execute(
            """
            INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, identity_id, application_id,
                external_id, scopes, access, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'g1', '["openid"]', $7, $8)
            """, id, workspace.nextID(), okta, account, alice, boardly, isOwn ? "read" : "full", now)
        try workspace.addKey("k1", named: "\(mark) key", of: account, identity: alice, on: okta)
        let device = try workspace.addDevice(of: alice, from: okta)
        try database.execute(
            """
            UPDATE devices SET external_id = 'd1', serial_number = 'C02ALIKE', hostname = 'alice-laptop',
                is_encrypted = $2 WHERE id = $1
            """, device, isOwn)
        let run = workspace.nextID()
        try database.execute(
            """
            INSERT INTO sync_runs (workspace_id, id, integration_id, status, started_at, finished_at)
            VALUES ($1, $2, $3, 'completed', $4, $5)
            """, id, run, okta, now - .hours(1), now - .hours(1) + 60)
        for number in 1...2 {
            try database.execute(
                """
                INSERT INTO audit_events (workspace_id, id, integration_id, identity_id, external_id, event_type,
                    outcome, occurred_at) VALUES ($1, $2, $3, $4, $5, 'user.session.start', $6, $7)
                """, id, workspace.nextID(), okta, alice, "e\(number)", isOwn ? "success" : "failure",
                now - .days(number * 5))
            try database.execute(
                """
                INSERT INTO sync_events (workspace_id, sync_run_id, change, entity_type, entity_id, label, occurred_at)
                VALUES ($1, $2, 'created', 'account', $3, $4, $5)
                """, id, run, number == 1 ? alice : bob, mark, now - .days(number * 5))
        }
        // The own workspace's first finding is harmless and concerns another person than the other workspace's first
        // one.
        let finding = try workspace.addFinding(isOwn ? "low" : "critical", identity: isOwn ? bob : alice)
        try workspace.addFinding("medium", "shadow_it", title: "Shadow \(mark)", application: boardly)
        try workspace.addFinding("low", status: "snoozed", identity: bob, snoozedUntil: now - 60)
        try workspace.setPolicy(isOwn ? "sanctioned" : "blocked", on: "Figma")
        try database.execute(
            "INSERT INTO drift_snapshots (workspace_id, id, taken_at, metrics) VALUES ($1, $2, $3, $4)", id,
            workspace.nextID(), now - .days(1), ["high": .integer(isOwn ? 0 : 40)] as JSON)
        let action = workspace.nextID()
        for (number, status) in ["pending_approval", "running"].enumerated() {
            try database.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, finding_id, action_type, target_platform,
                    target_entity_id, status, requested_by, idempotency_key, resolution_key, created_at, updated_at)
                VALUES ($1, $2, $3, 'revoke_sessions', 'okta', $4, $5, $6, $7, $8, $9, $9)
                """, id, number == 0 ? action : workspace.nextID(), finding, "u2", status, mark, "key \(number)",
                "okta/u2 \(number)", now - .days(8))
        }
        let conversation = workspace.nextID()
        let session = workspace.nextID()
        try database.execute(
            """
            INSERT INTO chat_sessions (workspace_id, id, user_id, client_id, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $5)
            """, id, session, workspace.members[.admin], conversation, now - 60)
        for (position, role) in ["user", "assistant"].enumerated() {
            try database.execute(
                """
                INSERT INTO chat_messages (workspace_id, id, session_id, position, role, content, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """, id, workspace.nextID(), session, position, role,
                [["type": "text", "text": .string("Words of \(mark)")]] as JSON, now - 60)
        }
        try database.execute(
            """
            INSERT INTO subscriptions (workspace_id, stripe_customer_id, stripe_subscription_id, status, updated_at)
            VALUES ($1, $2, $3, 'canceled', $4)
            """, id, "cus_" + mark, "sub_" + mark, now - .days(1))
        try database.execute("UPDATE workspaces SET next_housekeeping_at = $2 WHERE id = $1", id, Self.later)
        return Ids(okta: okta, finding: finding, action: action, conversation: conversation)
    }

    /// A due time in the far future, for work that must not start by itself.
    static let later = Timestamp(seconds: 4_000_000_000)

    /// Queues a job of the own workspace that is due at once.
    func queue(_ kind: JobKind, in lane: JobLane? = nil, payload: JSON = [:], id: Identifier = .random()) throws {
        try SystemAccess(store.database).workspace(store.own.id)?
            .enqueue(kind, in: lane, id: id, payload: payload, now: .now - 60)
    }

    // MARK: The providers

    private static func answer(_ request: FakeProvider.Request) -> FakeProvider.Reply? {
        if request.path.hasPrefix("/v1/") {
            return .json(["id": "cs_1", "url": "https://checkout.stripe.com/x"])
        }
        if request.path.hasSuffix("/jwks.json") { return .json(["keys": []]) }
        let parts = request.path.split(separator: "/").dropFirst(2).map(String.init)
        switch (request.method, parts.first, parts.dropFirst().first, parts.dropFirst(2).joined(separator: "/")) {
        case ("GET", "org", nil, _): return .json(["id": "00o"])
        case ("GET", "users", nil, _) where request.parameter("filter") == nil:
            return .json([user("u1"), user("u3")])
        case ("GET", "users", .some(let id), ""): return .json(user(id))
        case ("GET", "users", .some, "factors"): return .json([["status": "ACTIVE"]])
        case ("GET", "users", .some, "roles"): return .json([["type": "SUPER_ADMIN"]])
        case ("POST", "users", .some, "lifecycle/suspend"), ("DELETE", "users", .some, "sessions"): return .json([:])
        case ("GET", "iam", _, _): return .json(["value": [["id": "u1"]]])
        case ("GET", "apps", nil, _):
            return .json([["id": "app1", "label": "Figma", "status": "ACTIVE", "signOnMode": "SAML_2_0"]])
        case ("GET", "apps", .some, "users"): return .json([["id": "u1", "scope": "USER"]])
        case ("GET", "users", _, _), ("GET", "apps", _, _), ("GET", "devices", _, _), ("GET", "logs", _, _):
            return .json([])
        default: return nil
        }
    }

    private static func user(_ id: String) -> JSON {
        let address: JSON = .string(id + "@example.com")
        return ["id": .string(id), "status": "ACTIVE", "profile": ["email": address, "login": address]]
    }
}

/// Runs the same work twice, alone and next to a look-alike, and compares the results.
struct Isolation {
    /// The masked results of the work that was done next to the look-alike.
    let answers: [String]
    /// The number of differences that the work made to the own workspace's rows. A changed row counts twice.
    let changes: Int
    /// Differences between the two runs, answers that mention the look-alike, and changes to the look-alike's rows.
    let problems: [String]

    init(of work: (Lookalikes) throws -> [String]) throws {
        let alone = try Lookalikes(beside: false)
        let own = try StoredRows(alone.store.database).masked(alone.store.own.id)
        let expected = try work(alone).map(StoredRows.masked)
        let expectedRows = try StoredRows(alone.store.database).masked(alone.store.own.id)
        let beside = try Lookalikes(beside: true)
        let other = try StoredRows(beside.store.database)[beside.store.other.id]
        answers = try work(beside).map(StoredRows.masked)
        let rows = try StoredRows(beside.store.database)
        var problems = answers.filter(Self.mentionsOther).map { "the other shows: " + $0 }
        if answers != expected { problems.append("answers \(answers) instead of \(expected)") }
        problems += rows.masked(beside.store.own.id).difference(from: expectedRows).map { "own row: \($0)" }
        problems += rows[beside.store.other.id].difference(from: other).map { "the other's row: \($0)" }
        if other.count < 80 { problems.append("the other workspace has only \(other.count) rows") }
        self.problems = problems
        changes = expectedRows.difference(from: own).count
    }

    /// Returns true if a text contains the other workspace's mark, the beginning of its ids, or an address that only it
    /// has.
    static func mentionsOther(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["wombat", "bbbbbbbb", "more1"].contains { text.contains($0) }
    }
}
