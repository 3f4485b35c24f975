import Base
import TestSupport
import Testing

@testable import api_mcp_integrations

@Suite struct IntegrationsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func read() -> JSON { store.send(Call().key(store.own.readKey), to: IntegrationsFunction.self).json }

    @Test func noneIsAnEmptyList() {
        #expect(read() == ["integrations": [], "connected_count": 0, "total_count": 0])
    }

    @Test func platformsAreListedByName() throws {
        try store.own.addIntegration("slack", category: "collaboration", status: "error", lastSyncAt: nil)
        try store.own.addIntegration("okta", category: "idp", idpRole: "primary_idp")
        try store.own.addIntegration("google_workspace", category: "idp", idpRole: "directory")
        let sync: JSON = "2026-04-15T11:30:00Z"
        #expect(
            read() == [
                "integrations": [
                    [
                        "platform": "google_workspace", "category": "idp", "status": "connected", "last_sync_at": sync,
                        "idp_role": "directory",
                    ],
                    [
                        "platform": "okta", "category": "idp", "status": "connected", "last_sync_at": sync,
                        "idp_role": "primary_idp",
                    ],
                    ["platform": "slack", "category": "collaboration", "status": "error", "last_sync_at": .null],
                ], "connected_count": 2, "total_count": 3,
            ])
    }

    @Test func onlyConnectedOnesCountAsConnected() throws {
        for status in ["connected", "disconnected", "error", "paused", "pending"] {
            try store.own.addIntegration("on_" + status, status: status)
        }
        #expect(read()["connected_count"] == 1 && read()["total_count"] == 5)
        let statuses = Set((read()["integrations"]?.array ?? []).compactMap { $0["status"]?.string })
        #expect(statuses == ["connected", "disconnected", "error", "paused", "pending"])
    }
}
