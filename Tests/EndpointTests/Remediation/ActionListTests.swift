import Actions
import Base
import Store
import TestSupport
import Testing

@testable import api_execute_action

/// GET /api/execute-action.
@Suite(.usesStore) struct ActionListTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func send(_ query: String = "") -> Reply {
        store.send(Call(query: query).key(store.own.readKey), to: ExecuteAction.self)
    }

    private func ids(_ query: String = "") -> [String] {
        (send(query).json["actions"]?.array ?? []).compactMap { $0["id"]?.string }
    }

    @discardableResult
    private func add(
        _ type: String = "suspend_user", _ status: String = "pending_approval", at time: Timestamp = TestStore.now,
        parameters: JSON = [:], to workspace: TestWorkspace? = nil
    ) throws -> String {
        let workspace = workspace ?? store.own
        let id = workspace.nextID()
        try store.database.execute(
            """
            INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id,
                target_entity_label, status, requested_by, reason, extra_params, created_at, updated_at)
            VALUES ($1, $2, $3, 'jamf_pro', 'x1', 'Laptop', $4, 'agent@example.com', 'Lost.', $5, $6, $6)
            """, workspace.id, id, type, status, parameters, time)
        return id.description
    }

    @Test("A workspace without actions gets an empty list") func empty() {
        #expect(send().json == ["actions": [], "returned": 0])
    }

    @Test("An action has all that an approver needs, without secrets") func oneAction() throws {
        let id = try add("lock_device", parameters: ["pin": "123456", "message": "Call us", "code": ["sealed": "x"]])
        #expect(
            send().json == [
                "actions": [
                    [
                        "id": .string(id), "action_type": "lock_device", "platform": "jamf_pro", "target_id": "x1",
                        "target_label": "Laptop", "status": "pending_approval", "requested_by": "agent@example.com",
                        "decided_by": .null, "finding_id": .null, "error": .null, "reason": "Lost.", "tier": "never",
                        "parameters": ["pin": "‹redacted›", "message": "Call us", "code": "‹redacted›"],
                        "created_at": "2026-04-15T12:30:00Z", "updated_at": "2026-04-15T12:30:00Z",
                        "approval_ends_at": "2026-04-22T12:30:00Z",
                    ]
                ], "returned": 1,
            ])
    }

    @Test("The tier is that of the workspace's settings") func tiers() throws {
        try add("lock_device", at: TestStore.now)
        try add("create_ticket", at: TestStore.now - 1)
        try add("unheard_of", at: TestStore.now - 2)
        func tiers() -> [String?] { (send().json["actions"]?.array ?? []).map { $0["tier"]?.string } }
        #expect(tiers() == ["never", "auto_execute", "never"])
        let settings: JSON = ["tiers": ["lock_device": "auto_queue", "create_ticket": "odd"]]
        try store.database.execute("UPDATE workspaces SET remediation_settings = $1", settings)
        #expect(tiers() == ["auto_queue", "never", "never"])
    }

    @Test("Actions are filtered by status, the newest first") func filter() throws {
        let old = try add("suspend_user", "succeeded", at: TestStore.now - 60)
        let new = try add("suspend_user", "succeeded", at: TestStore.now - 30)
        let waiting = try add()
        try add(to: store.other)
        #expect(ids() == [waiting, new, old])
        #expect(ids("status=pending_approval") == [waiting] && ids("status=succeeded") == [new, old])
        #expect(ids("status=failed").isEmpty)
        let refused = send("status=waiting")
        #expect(refused.status == 400 && refused.error?.hasPrefix("status must be one of pending_approval, ") == true)
    }

    @Test("The cursor leads through all actions, while others are added and removed") func paging() throws {
        var all: [String] = []
        // Several actions have the same time.
        for number in 0..<11 { all.append(try add(at: TestStore.now - number / 3)) }
        let first = send("limit=4")
        #expect(first.json["returned"] == 4)
        var seen = ids("limit=4")
        var cursor = first.json["cursor"]?.string
        try add(at: TestStore.now + 5)
        try store.database.execute("DELETE FROM remediation_actions WHERE id = $1", Identifier(seen[3]))
        while let next = cursor {
            let page = send("limit=4&cursor=\(next)")
            seen += (page.json["actions"]?.array ?? []).compactMap { $0["id"]?.string }
            cursor = page.json["cursor"]?.string
        }
        #expect(seen == all)
    }

    @Test("A last page that is full has no cursor") func lastPage() throws {
        for _ in 0..<3 { try add() }
        #expect(send("limit=3").json["cursor"] == nil && send("limit=2").json["cursor"] != nil)
    }

    @Test("A cursor that no page had is refused", arguments: ["", "x", "eA", "MjAyNi0wNC0xNVQxMjozMDowMFogeA", "%00"])
    func badCursor(_ text: String) {
        let reply = send("cursor=" + text)
        #expect(reply.status == 400 && reply.error == "cursor must be a cursor of an earlier page of this list.")
    }
}
