import Auth
import Base
import Crypto
import Foundation
import Function
import Store
import TestSupport
import Testing

@testable import api_ai_chat
@testable import api_analyze
@testable import api_connect_integration
@testable import api_create_portal_session
@testable import api_disconnect_integration
@testable import api_execute_action
@testable import api_health
@testable import api_mcp_app_policy
@testable import api_mcp_findings
@testable import api_mcp_integrations
@testable import api_mcp_rules
@testable import api_rules
@testable import api_stripe_webhook
@testable import api_sync_integration

/// Calls every operation so that together the answers contain every field that the declarations name. A field that is
/// declared and never written is noticed here; a field that is written and not declared, by `AnswerCheck`.
@Suite(.usesStore) struct OutputFieldsTests {
    private let chat: ChatTest
    private var store: TestStore { chat.store }

    init() throws { chat = try ChatTest() }

    @Test("The answers contain every declared field") func allFields() throws {
        let seen = FieldsSeen()
        try FieldsSeen.$current.withValue(seen) { try callAll() }
        var functions: [any Function.Type] = [Health.self, StripeWebhook.self]
        for operation in Operation.all { functions.append(operation.function) }
        let declared = Set(functions.flatMap { DeclaredOperation.all(of: $0) }.flatMap(\.outputFields))
        #expect(declared.count > 150)
        #expect(declared.subtracting(seen.all).sorted() == [])
    }

    private func callAll() throws {
        try fill(store)
        for operation in Operation.all {
            let store = try TestStore(filled: true)
            try fill(store)
            _ = store.send(operation.goodCall(store), to: operation.function)
        }
        for function in [FindingsFunction.self, ExecuteAction.self] as [any Function.Type] {
            _ = store.send(Call(query: "limit=1").key(store.own.readKey), to: function)
        }
        try store.own.addFinding("low", rule: "identity_security::stale_account")
        for function in [FindingsFunction.self, RulesFunction.self] as [any Function.Type] {
            _ = store.send(Call(query: "include=reasons").key(store.own.readKey), to: function)
        }
        _ = post(
            RuleStatesFunction.self,
            ["ruleId": "shadow_it::broad_write_scope", "reason": "Approved.", "severity": "low"])
        let workspace = store.own.id.description
        _ = store.send(
            Call(query: "workspaceId=" + workspace).session(store.own.token()), to: RuleStatesFunction.self)
        _ = store.send(Call(), to: Health.self)
        _ = store.send(Call(query: "app_name=Undecided").key(store.own.readKey), to: AppPolicyFunction.self)
        receiveEvent()
        talk()
        _ = store.exportWorkspace("json", limit: 1, ["includeFull": true, "includeAuditLog": true])
        _ = post(CreatePortalSession.self, [:])
        _ = post(Analyze.self, [:], at: .now)
        try syncAndDisconnect()
        try offboard()
    }

    /// Adds rare states to a workspace: findings about each kind of record, a failed and an incomplete sync, a snapshot
    /// with all metrics, two actions, and a customer of Stripe.
    private func fill(_ store: TestStore) throws {
        let own = store.own
        let alice = try store.database.first("SELECT id FROM identities WHERE workspace_id = $1", own.id) {
            try $0[0] as Identifier
        }
        let (application, device) = try (
            store.database.first("SELECT id FROM applications WHERE workspace_id = $1", own.id) {
                try $0[0] as Identifier
            },
            store.database.first("SELECT id FROM devices WHERE workspace_id = $1", own.id) { try $0[0] as Identifier }
        )
        let entity: JSON = ["id": "e1", "name": "E"]
        let kinds = ["accounts", "applications", "devices", "identities", "integrations"]
        try own.addFinding(
            "low", identity: alice, application: application, device: device, action: "suspend_user",
            entities: .object(Dictionary(kinds.map { ($0, JSON.array([entity])) }) { $1 }))
        try own.addFinding("low")
        let metrics: JSON = [
            "risk_score": 12, "critical": 1, "high": 2, "medium": 3, "low": 4, "mfa_pct": 80, "admin_pct": 5,
            "sso_pct": 70, "shadow_it_count": 6, "device_compliance_pct": 90, "mean_time_to_remediate_hours": 30,
        ]
        try store.database.execute(
            "INSERT INTO drift_snapshots (workspace_id, id, taken_at, metrics) VALUES ($1, $2, $3, $4)",
            own.id, own.nextID(), TestStore.now, metrics)
        for _ in 0..<2 {
            try store.database.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id,
                    status, requested_by, created_at, updated_at)
                VALUES ($1, $2, 'suspend_user', 'okta', 'u9', 'succeeded', 'agent@example.com', $3, $3)
                """, own.id, own.nextID(), TestStore.now)
        }
        try store.database.execute(
            """
            UPDATE integrations SET error = 'Okta is down.', next_auto_sync_at = $2,
                lists = '{"devices":{"reason":"Refused.","left_out_at":"2026-04-15T11:00:00Z"}}'
            WHERE workspace_id = $1 AND platform = 'okta'
            """, own.id, TestStore.now + 60)
        try store.database.execute(
            "INSERT INTO subscriptions (workspace_id, stripe_customer_id, updated_at) VALUES ($1, 'cus_own', $2)",
            own.id,
            TestStore.now)
    }

    private func post(
        _ function: any Function.Type, _ fields: [String: JSON], _ variables: [String: String] = [:],
        at now: Timestamp = TestStore.now, in other: TestStore? = nil
    ) -> Reply {
        let store = other ?? store
        let body = fields.merging(["workspaceId": .string(store.own.id.description)]) { $1 }
        return store.send(
            Call("POST", body: .object(body)).session(store.own.token(at: now)), to: function, variables: variables,
            at: now)
    }

    /// Receives an event of Stripe about nothing.
    private func receiveEvent() {
        let secret = "whsec_the_long_secret_of_the_tests"
        let event: JSON = [
            "id": "evt_1", "type": "ping", "created": .integer(TestStore.now.seconds), "data": ["object": [:]],
        ]
        let (body, time) = (JSONWriter.bytes(event), TestStore.now.seconds)
        let signature = Hex.encode(hmacSHA256(Array("\(time).".utf8) + body, key: Array(secret.utf8)))
        var call = Call("POST").with("Stripe-Signature", "t=\(time),v1=\(signature)")
        call.body = .bytes(body)
        let reply = store.send(call, to: StripeWebhook.self, variables: ["STRIPE_WEBHOOK_SECRET": secret])
        #expect(reply.status == 200)
    }

    /// Lets the assistant propose an action.
    private func talk() {
        chat.anthropic.says(
            FakeAnthropic.calls((name: "suspend_user", input: ["email": "alice@example.com", "reason": "She left."])))
        _ = chat.send("Suspend Alice")
    }

    /// Connects a platform to another workspace, asks for a sync while others are running, and disconnects it.
    private func syncAndDisconnect() throws {
        let store = try TestStore()
        let okta = try FakeProvider { request in
            switch request.path {
            case "/api/v1/org": .json(["id": "00o"])
            case "/api/v1/iam/assignees/users": .json(["value": []])
            default: .json([])
            }
        }
        let variables = [
            "ENVIRONMENT": "development", "UPSTREAM_OKTA": okta.url, "CREDENTIALS_KEY": FakeOkta.credentialsKey,
        ]
        let config: JSON = ["domain": "example.okta.com", "api_token": .string(FakeOkta.token)]
        let connected = post(
            ConnectIntegration.self, ["platform": "okta", "config": config], variables, at: .now, in: store)
        #expect(connected.status == 200)
        let id = connected.json["integrationId"] ?? .null
        try store.database.execute("UPDATE integrations SET error = 'Okta is down.'")
        for other in 0..<4 {
            try store.database.execute(
                """
                INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, unique_key, payload,
                    run_after, lease_expires_at, created_at)
                VALUES ($1, $2, 'sync', 'sync:okta', 'running', 0, 0, $3, '{}', $4, $5, $4)
                """, store.own.id, Identifier.random(), "sync \(other)", Timestamp.now, Timestamp.now + 60)
        }
        #expect(post(SyncIntegration.self, ["integrationId": id], variables, at: .now, in: store).status == 200)
        #expect(post(DisconnectIntegration.self, ["integrationId": id], at: .now, in: store).status == 200)
    }

    /// Carries out an action with several steps, of which one fails.
    private func offboard() throws {
        let (store, okta) = (try TestStore(), try FakeOkta())
        let integration = try store.own.connectOkta()
        try store.own.addPerson("u1", on: integration)
        let reply = post(
            ExecuteAction.self,
            ["actionType": "offboard_user", "targetPlatform": "okta", "targetEntityId": "u1"], okta.variables, in: store
        )
        #expect(reply.status == 200)
    }
}
