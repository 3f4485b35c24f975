import Base
import Foundation
import HTTP
import Integrations
import Store
import TestSupport
import Testing

@testable import api_disconnect_integration
@testable import api_mcp_integrations
@testable import api_mcp_sync
@testable import api_sync_integration

/// Connecting the webhook, and the signatures of its messages.
@Suite(.usesStore) struct OutboundConnectionTests {
    private let receiver: Receiver
    private var store: TestStore { receiver.store }

    init() throws { receiver = try Receiver() }

    private func integration() -> JSON? {
        store.send(Call().key(store.own.readKey), to: IntegrationsFunction.self).json["integrations"]?.array?.first
    }

    @Test("Connecting sends a signed test event, and stores the secrets only encrypted") func connecting() throws {
        let reply = receiver.connect()
        #expect(reply.status == 200, "\(reply.text)")
        #expect(receiver.provider.requests.map { $0.json["type"] } == ["outbound.test"])
        let request = try #require(receiver.provider.requests.first)
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.headers["webhook-id"].flatMap { Identifier($0) } != nil)
        let time = try #require(request.headers["webhook-timestamp"].flatMap { Int($0) })
        #expect(abs(time - Timestamp.now.seconds) < 60)
        #expect(integration()?["platform"] == "outbound" && integration()?["category"] == "outbound")
        #expect(integration()?["status"] == "connected" && integration()?["next_sync_at"] == nil)
        #expect(integration()?["id"] == reply.json["integrationId"])
        let stored = try store.database.rows(
            "SELECT CAST(details AS text) FROM audit_log UNION ALL SELECT CAST(settings AS text) FROM integrations"
        ) { try $0[0] as String }
        let text = stored.joined()
        #expect(!text.contains("whsec_") && !reply.text.contains("whsec_"))
        #expect(try store.own.auditEntries().map(\.action) == ["integration.connected"])
    }

    @Test("The library standardwebhooks verifies the signature", .enabled(if: SDK.isThere))
    func verifiedByTheLibrary() throws {
        receiver.connect()
        let request = try #require(receiver.provider.requests.first)
        #expect(try verify(request, Receiver.secret) == "outbound.test\n")
        #expect(try verify(request, Receiver.newSecret).contains("No matching signature found"))
        let changed = request.replacing("timestamp", with: "timestamq")
        #expect(try verify(changed, Receiver.secret).contains("No matching signature found"))
    }

    private func verify(_ request: FakeProvider.Request, _ secret: String) throws -> String {
        let fields = request.headers.fields.map { ($0.name, JSON.string($0.value)) }
        return try SDK.run(
            "standard_webhooks.py",
            [
                "secret": .string(secret), "body": .string(request.text),
                "headers": .object(Dictionary(fields) { _, last in last }),
            ])
    }

    @Test("During a rotation both secrets sign, and afterwards only the new one", .enabled(if: SDK.isThere))
    func rotation() throws {
        receiver.connect()
        receiver.connect(["secret": .string(Receiver.newSecret), "previous_secret": .string(Receiver.secret)])
        receiver.connect(["secret": .string(Receiver.newSecret)])
        let requests = receiver.provider.requests
        #expect(requests.map { $0.headers["webhook-signature"]?.split(separator: " ").count } == [1, 2, 1])
        let accepted = try requests.map { request in
            try [Receiver.secret, Receiver.newSecret].map { try verify(request, $0) == "outbound.test\n" }
        }
        #expect(accepted == [[true, false], [true, true], [false, true]])
        #expect(Set(requests.map { $0.headers["webhook-id"] }).count == 3)
    }

    @Test(
        "A malformed field is named",
        arguments: [
            ("url", "http://hooks.example.com/"), ("url", "hooks.example.com"), ("url", "https://a b/"),
            ("url", "https://user@hooks.example.com/"), ("url", "https://" + String(repeating: "x", count: 2_000)),
            ("secret", "whsec_"), ("secret", "secret"), ("secret", "whsec_AAAA"),
            ("secret", "whsec_" + Data(repeating: 1, count: 23).base64EncodedString()),
            ("secret", "whsec_" + Data(repeating: 1, count: 65).base64EncodedString()),
            ("previous_secret", "whsec_!"), ("severities", "urgent"), ("severities", "high,"), ("severities", ","),
        ])
    func malformed(_ field: String, _ value: String) throws {
        let reply = receiver.connect([field: .string(value)])
        #expect(reply.status == 400 && reply.error?.hasPrefix("config.\(field) is not valid: ") == true)
        #expect(try receiver.state() == nil && receiver.provider.requests.isEmpty)
    }

    @Test("A receiver that does not accept the test event is not connected") func refused() throws {
        for (reply, sentence) in [
            (FakeProvider.Reply(500), "The receiver answered with status 500."),
            (FakeProvider.Reply(302, headers: ["Location": "/"]), "The receiver answered with status 302."),
            (.none, "The receiver did not answer in time, or the connection broke off."),
            (FakeProvider.Reply(410), "The receiver says that it is gone (status 410)."),
        ] {
            receiver.provider.fail(reply)
            let refusal = receiver.connect()
            #expect(refusal.status == 422 && refusal.error == sentence, "\(refusal.text)")
        }
        receiver.provider.fail(FakeProvider.Reply(429, headers: ["Retry-After": "7"]))
        let limited = receiver.connect()
        #expect(limited.status == 503 && limited.headers["Retry-After"] == "7")
        #expect(try receiver.state() == nil && store.own.auditEntries().isEmpty)
    }

    @Test(
        "Private addresses are not connected to",
        arguments: ["https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"])
    func privateAddresses(_ url: String) throws {
        let production = ["ENVIRONMENT": "production", "CREDENTIALS_KEY": FakeOkta.credentialsKey]
        // These networks are for platforms that customers run themselves.
        for networks in ["", "10.0.0.0/8"] {
            let variables = production.merging([
                "UPSTREAM_ALLOWED_NETWORKS": networks, "UPSTREAM_ANTHROPIC": "", "UPSTREAM_STRIPE": "",
            ]) { $1 }
            let reply = receiver.connect(["url": .string(url)], variables: variables)
            #expect(reply.status == 422 && reply.error == "Connections to this address are not allowed.")
        }
        #expect(try receiver.state() == nil)
    }

    @Test("A webhook is not synced") func noSync() throws {
        let id = try #require(receiver.connect().json["integrationId"]?.string)
        #expect(try store.database.first("SELECT count(*) FROM jobs") { try $0[0] as Int } == 0)
        let call = Call(
            "POST", body: ["workspaceId": .string(store.own.id.description), "integrationId": .string(id)]
        ).session(store.own.token())
        let one = store.send(call, to: SyncIntegration.self, variables: receiver.variables)
        #expect(one.status == 409 && one.error == "This integration has no data to sync. It receives events.")
        let all = store.send(Call("POST", body: [:]).key(store.own.writeKey), to: SyncFunction.self)
        #expect(all.json["status"] == "no_integrations" && all.json["platforms"] == [])
        #expect(try store.database.first("SELECT count(*) FROM jobs") { try $0[0] as Int } == 0)
    }

    @Test("Events of a webhook that was disconnected are dropped") func disconnected() throws {
        let id = try #require(receiver.connect().json["integrationId"]?.string)
        let event = OutboundEvent(.actionWaiting, ["id": "x"], at: .now)
        try receiver.workspace.withWriteLock { try receiver.workspace.announce([event]) }
        #expect(try receiver.queued().count == 1)
        let body: JSON = ["workspaceId": .string(store.own.id.description), "integrationId": .string(id)]
        let call = Call("POST", body: body).session(store.own.token())
        #expect(store.send(call, to: DisconnectIntegration.self).status == 200)
        try receiver.workspace.withWriteLock { try receiver.workspace.announce([event]) }
        try receiver.runJobs()
        #expect(try receiver.messages.isEmpty && receiver.queued().isEmpty)
    }
}
