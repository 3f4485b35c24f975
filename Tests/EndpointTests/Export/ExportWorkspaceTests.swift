import Auth
import Base
import Store
import TestSupport
import Testing

@testable import api_export_workspace

@Suite(.usesStore) struct ExportWorkspaceTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    private static let names = ["identities", "applications", "devices", "findings", "audit_log"]

    private func entities(_ reply: Reply, _ name: String) -> [JSON] { reply.json["data"]?[name]?.array ?? [] }

    @Test("The JSON export has the documented fields in their order") func answersAsTheReferenceSays() throws {
        let reply = store.exportWorkspace("json")
        #expect(reply.status == 200 && reply.headers["Content-Type"] == "application/json")
        #expect(reply.headers["Content-Disposition"] == nil && reply.headers["X-Next-Cursor"] == nil)
        let members = try #require(reply.json.object)
        #expect(
            members.keys.sorted() == ["data", "entity_counts", "exported_at", "format", "truncated", "workspace_id"])
        #expect(members["exported_at"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(members["workspace_id"]?.string == store.own.id.description)
        #expect(members["format"] == "json" && members["truncated"] == false)
        #expect(members["data"]?.object?.keys.sorted() == Self.names.sorted())
        #expect(members["entity_counts"] == ["identities": 2, "applications": 2, "devices": 1, "findings": 2])
        for (name, count) in [
            ("identities", 2), ("applications", 2), ("devices", 1), ("findings", 2), ("audit_log", 0),
        ] { #expect(entities(reply, name).count == count, "\(name)") }
        // The members are in the documented order.
        let places = ["exported_at", "workspace_id", "format", "data", "entity_counts", "truncated"].compactMap {
            reply.text.range(of: "\"\($0)\":")?.lowerBound
        }
        #expect(places.count == 6 && places == places.sorted())
    }

    @Test("Identities, applications, devices and findings are exported with their values")
    func saysWhatIsKnown() throws {
        let reply = store.exportWorkspace("json")
        let alice = try #require(entities(reply, "identities").first { $0["email"] == "alice@example.com" })
        #expect(alice["mfa_enabled"] == true && alice["department"] == "Quokka" && alice["title"] == .null)
        #expect(alice["last_login_at"]?.string == (TestStore.now - .days(5)).description)
        #expect(alice["accounts"] == nil)
        let figma = try #require(entities(reply, "applications").first { $0["name"] == "Figma" })
        #expect(figma["platform"] == "okta" && figma["sso_enabled"] == true && figma["metadata"] == nil)
        let device = try #require(entities(reply, "devices").first)
        #expect(
            device["hostname"] == "Quokka-laptop" && device["open_detections"] == 0 && device["is_encrypted"] == .null)
        #expect(device["identity_id"] == alice["id"])
        let finding = try #require(entities(reply, "findings").first { $0["severity"] == "critical" })
        #expect(finding["affected_identity_id"] == alice["id"] && finding["confidence"] == .number(0.9))
        #expect(finding["source_integrations"] == ["okta"] && finding["affected_entities"] == nil)
    }

    @Test("Findings that are not open are exported too") func findingsThatAreNoLongerOpenAreExportedToo() throws {
        for status in ["in_progress", "resolved", "dismissed", "snoozed"] {
            try store.own.addFinding("low", status: status)
        }
        let statuses = entities(store.exportWorkspace("json"), "findings").compactMap { $0["status"]?.string }
        #expect(statuses.sorted() == ["dismissed", "in_progress", "open", "open", "resolved", "snoozed"])
    }

    @Test("The audit log is exported only if it is requested") func theAuditLogIsThereWhenAsked() throws {
        let reply = store.exportWorkspace("json", ["includeAuditLog": true])
        let log = entities(reply, "audit_log")
        #expect(log.map { $0["action"] } == ["audit_chain.genesis", "workspace.exported"])
        #expect(reply.json["entity_counts"]?["audit_log"] == 2)
        #expect(log.last?["sequence_number"] == 1 && log.last?["row_hash"]?.string?.count == 64)
        #expect(log.last?["prev_hash"] == log.first?["row_hash"])
        #expect(entities(store.exportWorkspace("json", ["includeAuditLog": false]), "audit_log").isEmpty)
    }

    @Test("Raw platform data is exported only if it is requested") func everythingRawIsThereWhenAsked() throws {
        try store.database.execute(
            "UPDATE accounts SET metadata = $2, admin_roles = $3 WHERE workspace_id = $1", store.own.id,
            ["groups": ["=Everyone", "\"b\""]] as JSON, ["Owner"] as JSON)
        try store.database.execute(
            "UPDATE devices SET metadata = $2 WHERE workspace_id = $1", store.own.id, ["model": "X1"] as JSON)
        try store.database.execute(
            "UPDATE applications SET metadata = $2 WHERE workspace_id = $1", store.own.id, ["scopes": []] as JSON)
        let slack = try store.own.addIntegration("github")
        let bare = store.exportWorkspace("json")
        let alice = try #require(entities(bare, "identities").first { $0["email"] == "alice@example.com" })
        let id = try #require(alice["id"]?.string.flatMap { Identifier($0) })
        try store.own.addAccount(of: id, on: slack)

        let reply = store.exportWorkspace("json", ["includeFull": true])
        let identities = entities(reply, "identities")
        #expect(identities.count == 2)
        let accounts = try #require(identities.first { $0["id"] == alice["id"] }?["accounts"]?.array)
        #expect(accounts.map { $0["platform"] } == ["okta", "github"])
        #expect(accounts[0]["metadata"] == ["groups": ["=Everyone", "\"b\""]] && accounts[1]["metadata"] == [:])
        #expect(accounts[0]["admin_roles"] == ["Owner"] && accounts[0]["is_admin"] == false)
        #expect(identities.first { $0["id"] != alice["id"] }?["accounts"] == [])
        // Except for the accounts, the identities of the two exports are the same.
        for (full, plain) in zip(identities, entities(bare, "identities")) {
            #expect(full.object?.filter { $0.key != "accounts" } == plain.object)
        }
        #expect(entities(reply, "devices").allSatisfy { $0["metadata"] == ["model": "X1"] })
        #expect(entities(reply, "applications").allSatisfy { $0["metadata"] == ["scopes": []] })
        #expect(
            entities(reply, "findings").allSatisfy {
                $0["affected_entities"] == ["identities": [["name": "Quokka"], ["name": "Quokka"]]]
            })
    }

    @Test(
        "An invalid field is explained",
        arguments: [
            ([:], "format is required."), (["format": "pdf"], "format must be one of json, csv, xlsx."),
            (["format": "JSON"], "format must be one of json, csv, xlsx."),
            (["format": 7], "format must be one of json, csv, xlsx."),
            (["format": "json", "includeAuditLog": "yes"], "includeAuditLog must be true or false."),
            (["format": "json", "includeFull": 1], "includeFull must be true or false."),
            (["format": "json", "cursor": ""], "cursor must be a string of 1 to 200 characters."),
            (["format": "json", "cursor": "x"], "cursor must be one that an export of this workspace returned."),
        ] as [([String: JSON], String)])
    func badFieldsAreExplained(_ fields: [String: JSON], _ sentence: String) throws {
        var body = fields
        body["workspaceId"] = .string(store.own.id.description)
        let call = Call("POST", body: .object(body)).session(store.own.token())
        let reply = store.send(call, to: ExportWorkspace.self)
        #expect(reply.status == 400 && reply.error == sentence)
        #expect(try store.own.auditEntries().isEmpty)
    }

    @Test("Callers without the permission can't export a workspace, and leave no entry")
    func refusesWhoMayNot() throws {
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description), "format": "csv"])
        func reply(_ call: Call) -> Reply { store.send(call, to: ExportWorkspace.self) }
        #expect(reply(call).status == 401 && reply(call.key(store.own.writeKey)).status == 401)
        for role in [Role.securityAnalyst, .agent, .auditor, .viewer] {
            let refused = reply(call.session(store.own.token(role)))
            #expect(refused.status == 403 && refused.error == "Your role does not allow this.")
        }
        #expect(reply(call.session(store.other.token())).status == 403)
        try store.own.set(plan: .trial, trialEnd: TestStore.now - .days(8))
        #expect(reply(call.session(store.own.token())).error?.hasPrefix("The trial has expired") == true)
        #expect(try store.own.auditEntries().isEmpty)
        for plan in [Plan.free, .pro, .enterprise] {
            try store.own.set(plan: plan)
            #expect(reply(call.session(store.own.token())).status == 200)
        }
    }

    @Test("An export is recorded in the audit log, and without that entry there is no export")
    func isWrittenDown() throws {
        _ = store.exportWorkspace("csv", limit: 3, ["includeFull": true])
        let entry = try #require(try store.own.auditEntries().first)
        #expect(entry.action == "workspace.exported" && entry.userID == store.own.members[.admin])
        #expect(entry.targetType == "workspace" && entry.targetID == store.own.id.description)
        #expect(
            entry.details
                == ["format": "csv", "include_audit_log": false, "include_full": true, "continued": false])
        // Without an audit entry there is no export.
        try store.own.endAuditLog()
        #expect(store.exportWorkspace("json").status == 500)
    }

    @Test("A wrong setting gives 500 without naming the setting")
    func aMissingSecretOrAMalformedLimitIsNothingACallerLearns() throws {
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description), "format": "json"])
        for variables in [
            ["EXPORT_CURSOR_SECRET": ""], ["EXPORT_CURSOR_SECRET": "x"], ["EXPORT_MAX_ROWS": "0"],
            ["EXPORT_MAX_ROWS": "1000001"],
            ["EXPORT_MAX_ROWS": "many"],
        ] {
            let reply = store.send(call.session(store.own.token()), to: ExportWorkspace.self, variables: variables)
            #expect(reply.status == 500 && !reply.text.contains("EXPORT"), "\(reply.text)")
        }
        #expect(try store.own.auditEntries().isEmpty)
    }
}
