import Base
import TestSupport
import Testing

@testable import api_mcp_integrations

@Suite(.usesStore) struct IntegrationsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func read() -> JSON { store.send(Call().key(store.own.readKey), to: IntegrationsFunction.self).json }

    @Test("A workspace without integrations gets an empty list") func noneIsAnEmptyList() {
        #expect(read() == ["integrations": [], "connected_count": 0, "total_count": 0])
    }

    @Test("Integrations are listed by name with their state") func platformsAreListedByName() throws {
        let next: JSON = "2026-04-15T13:00:00Z"
        let slack = try store.own.addIntegration(
            "slack", category: "collaboration", status: "error", lastSyncAt: nil)
        let okta = try store.own.addIntegration("okta", category: "idp", idpRole: "primary_idp")
        let google = try store.own.addIntegration("google_workspace", category: "idp", idpRole: "directory")
        try store.database.execute("UPDATE integrations SET next_auto_sync_at = '2026-04-15T13:00:00Z'")
        let sync: JSON = "2026-04-15T11:30:00Z"
        #expect(
            read() == [
                "integrations": [
                    [
                        "id": .string(google.description), "platform": "google_workspace", "category": "idp",
                        "status": "connected", "last_sync_at": sync,
                        "idp_role": "directory", "next_sync_at": next,
                    ],
                    [
                        "id": .string(okta.description), "platform": "okta", "category": "idp", "status": "connected",
                        "last_sync_at": sync,
                        "idp_role": "primary_idp", "next_sync_at": next,
                    ],
                    [
                        "id": .string(slack.description), "platform": "slack", "category": "collaboration",
                        "status": "error", "last_sync_at": .null,
                        "next_sync_at": next,
                    ],
                ], "connected_count": 2, "total_count": 3,
            ])
    }

    @Test("A failing integration has the reason and the time of the next attempt")
    func anIntegrationThatFailsSaysWhyAndWhenItIsTriedAgain() throws {
        let id = try store.own.addIntegration("okta", status: "connected")
        try store.database.execute("UPDATE integrations SET error_kind = 'provider_error', error = 'Okta is down.'")
        // The job's next attempt comes before the next hourly sync.
        try store.database.execute(
            """
            INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, unique_key, payload, run_after,
                created_at)
            VALUES ($1, $2, 'sync', 'sync:okta', 'waiting', 0, 0, $3, '{}', $4, $4)
            """, store.own.id, Identifier.random(), "sync \(id)", TestStore.now + 60)
        let integration = read()["integrations"]?.array?.first
        #expect(integration?["last_error"] == "Okta is down.")
        #expect(integration?["next_sync_at"] == .string((TestStore.now + 60).description))
        try store.database.execute("UPDATE integrations SET status = 'paused'")
        #expect(read()["integrations"]?.array?.first?["next_sync_at"] == nil)
    }

    @Test("An integration names the lists that its last successful sync left out, with the reasons")
    func leftOutLists() throws {
        try store.own.addIntegration("okta", status: "connected")
        try store.database.execute(
            """
            UPDATE integrations SET lists = '{"users":{"entries":4},"devices":{"reason":"Not allowed.",\
            "left_out_at":"2026-04-15T11:00:00Z"},"factors":{"reason":"Refused."}}'
            """)
        let lists: JSON = [
            ["list": "devices", "reason": "Not allowed.", "since": "2026-04-15T11:00:00Z"],
            ["list": "factors", "reason": "Refused.", "since": .null],
        ]
        #expect(read()["integrations"]?.array?.first?["left_out"] == lists)
        try store.database.execute("UPDATE integrations SET status = 'disconnected'")
        #expect(read()["integrations"]?.array?.first?["left_out"] == nil)
    }

    @Test("Only integrations with the status connected are counted as connected")
    func onlyConnectedOnesCountAsConnected() throws {
        for status in ["connected", "disconnected", "error", "paused", "pending"] {
            try store.own.addIntegration("on_" + status, status: status)
        }
        #expect(read()["connected_count"] == 1 && read()["total_count"] == 5)
        let statuses = Set((read()["integrations"]?.array ?? []).compactMap { $0["status"]?.string })
        #expect(statuses == ["connected", "disconnected", "error", "paused", "pending"])
    }
}
