import Auth
import Base
import Crypto
import Function
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_mcp_rules

@Suite(.usesStore) struct APIKeysTests {
    private let store: TestStore
    private var workspace: JSON { .string(store.own.id.description) }

    init() throws { store = try TestStore(filled: true) }

    private func send(_ call: Call, role: Role = .admin) -> Reply {
        store.send(call.session(store.own.token(role)), to: APIKeysFunction.self)
    }

    private func list() -> [JSON] {
        send(Call(query: "workspaceId=\(store.own.id)")).json["keys"]?.array ?? []
    }

    private func create(_ name: JSON, scope: JSON? = nil) -> Reply {
        var body: [String: JSON] = ["workspaceId": workspace, "name": name]
        body["scope"] = scope
        return send(Call("POST", body: .object(body)))
    }

    private func revoke(_ id: JSON) -> Reply { send(Call("DELETE", body: ["workspaceId": workspace, "keyId": id])) }

    private func use(_ key: String) -> Reply { store.send(Call().key(key), to: RulesFunction.self) }

    private func auditActions() throws -> [String] {
        try store.database.rows(
            "SELECT action FROM audit_log WHERE workspace_id = $1 ORDER BY sequence_number", store.own.id
        ) { try $0[0] }
    }

    // MARK: GET

    @Test("Active keys are listed without the secret part or its hash")
    func activeKeysAreListedWithoutThemselves() throws {
        let reply = send(Call(query: "workspaceId=\(store.own.id)"))
        #expect(reply.status == 200 && reply.json.object?.count == 1)
        let keys = list()
        #expect(keys.map { $0["name"] } == ["Quokka read", "Quokka write"])
        let first = try #require(keys.first)
        #expect(first["id"]?.string == store.own.readKeyID.description)
        #expect(first["prefix"]?.string == String(store.own.readKey.prefix(9)))
        #expect(first["scope"] == "read" && first["last_used_at"] == .null)
        #expect(first["created_at"]?.string.flatMap { Timestamp($0) } != nil && first.object?.count == 6)
        for key in [store.own.readKey, store.own.writeKey, store.own.revokedKey] {
            #expect(!reply.wire.contains(key) && !reply.wire.contains(SHA256.hexadecimal(Array(key.utf8))))
        }
    }

    @Test("The last use of a key is recorded") func useIsRemembered() throws {
        #expect(use(store.own.readKey).status == 200)
        #expect(list().map { $0["last_used_at"] } == ["2026-04-15T12:30:00Z", .null])
        _ = store.send(Call().key(store.own.readKey), to: RulesFunction.self, at: TestStore.now + 60)
        #expect(list().first?["last_used_at"] == "2026-04-15T12:31:00Z")
    }

    // MARK: POST

    @Test("A new key is shown once and stored as its hash") func aNewKeyIsShownOnceAndStoredAsItsHash() throws {
        let reply = create("CI pipeline")
        let key = try #require(reply.json["key"]?.string)
        #expect(reply.status == 200)
        #expect(key.hasPrefix("thal_") && key.utf8.count == 45)
        #expect(key.dropFirst(5).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        #expect(reply.json["prefix"]?.string == String(key.prefix(9)) && reply.json["name"] == "CI pipeline")
        #expect(reply.json["created_at"]?.string.flatMap { Timestamp($0) } != nil && reply.json["scope"] == "read")
        #expect(use(key).status == 200)
        let row = try store.database.first(
            "SELECT key_hash, created_by FROM api_keys WHERE name = 'CI pipeline'"
        ) { (try $0[0] as [UInt8], try $0[1] as Identifier) }
        #expect(row?.0 == SHA256.hash(Array(key.utf8)) && row?.1 == store.own.members[.admin])
        #expect(!send(Call(query: "workspaceId=\(store.own.id)")).text.contains(key))
        try store.database.run("SELECT details, target_id FROM audit_log", []) { row in
            #expect(!row.text(0).contains(key) && !row.text(1).contains(key))
        }
        #expect(create("second").json["key"] != reply.json["key"])
    }

    @Test("A key's scope is read or write, and read by default") func scopesAreReadOrWrite() {
        #expect(create("w", scope: "write").json["scope"] == "write")
        #expect(create("r", scope: "read").json["scope"] == "read")
        #expect(create("n", scope: .null).json["scope"] == "read")
        for scope: JSON in ["admin", "", "READ", 1, ["read"]] {
            let reply = create("x", scope: scope)
            #expect(reply.status == 400 && reply.error == "scope must be one of read, write.")
        }
    }

    @Test("A key's name has 1 to 100 characters") func namesHaveOneToAHundredCharacters() {
        let hundred = String(repeating: "é", count: 100)
        #expect(create(.string(hundred)).json["name"] == .string(hundred))
        #expect(create("x").status == 200)
        #expect(create("\"; DROP TABLE api_keys; --").status == 200)
        for name: JSON in ["", .string(hundred + "e"), "a\nb", "a\u{0}", 7, true, [], [:]] {
            let reply = create(name)
            #expect(reply.status == 400 && reply.error == "name must be a string of 1 to 100 characters.", "\(name)")
        }
        let missing = send(Call("POST", body: ["workspaceId": workspace]))
        #expect(missing.status == 400 && missing.error == "name is required.")
        #expect(create(.null).error == "name is required.")
    }

    @Test("A workspace has at most ten active keys") func tenAreTheMost() throws {
        for number in 3...10 { #expect(create(.string("key \(number)")).status == 200) }
        let reply = create("one too many")
        #expect(reply.status == 409 && reply.error?.contains("10") == true)
        #expect(list().count == 10)
        let id = try #require(list().last?["id"])
        #expect(revoke(id).status == 200 && create("again").status == 200)
    }

    @Test("Concurrent requests can't create more than ten keys") func tenAreTheMostAtOnceToo() throws {
        let (environment, token) = (store.environment(), store.own.token())
        let body: JSON = ["workspaceId": workspace, "name": "at once"]
        let statuses = Mutex<[Int]>([])
        Threads(count: 6) { _ in
            let pipeline = TestPipeline(APIKeysFunction.self, environment)
            for _ in 0..<4 {
                let status = pipeline.send(Call("POST", body: body).session(token)).status
                statuses.withLock { $0.append(status) }
            }
        }.join()
        #expect(statuses.withLock { $0.sorted() } == Array(repeating: 200, count: 8) + Array(repeating: 409, count: 16))
        #expect(list().count == 10)
    }

    // MARK: DELETE

    @Test("A revoked key is refused from then on") func aRevokedKeyHoldsNoLonger() throws {
        #expect(use(store.own.readKey).status == 200)
        let reply = revoke(.string(store.own.readKeyID.description))
        #expect(reply.status == 200 && reply.json["revoked"] == true && reply.json.object?.count == 2)
        #expect(reply.json["revoked_at"]?.string.flatMap { Timestamp($0) } != nil)
        let refused = use(store.own.readKey)
        #expect(refused.status == 401 && refused.error == "Missing or invalid API key.")
        #expect(list().map { $0["name"] } == ["Quokka write"])
        #expect(use(store.own.writeKey).status == 200)
    }

    @Test("A process that has cached a key refuses it as soon as it is revoked")
    func aProcessThatKnowsAKeyForgetsItAtOnce() throws {
        let pipeline = TestPipeline(RulesFunction.self, store.environment())
        #expect(pipeline.send(Call().key(store.own.readKey)).status == 200)
        _ = revoke(.string(store.own.readKeyID.description))
        #expect(pipeline.send(Call().key(store.own.readKey)).status == 401)
    }

    @Test("Only active keys of the own workspace can be revoked") func onlyOnesOwnActiveKeysAreRevoked() throws {
        let missing = revoke(.string(Identifier.random().description))
        #expect(missing.status == 404 && missing.error == "No active API key has this id.")
        #expect(revoke(.string(store.other.readKeyID.description)).status == 404)
        #expect(revoke("aaaaaaaa-0000-4000-8000-000000000013").status == 404, "revoked already")
        #expect(store.send(Call().key(store.other.readKey), to: RulesFunction.self).status == 200)
        for id: JSON in ["", "x", 7, .string(store.own.readKeyID.description + " ")] {
            #expect(revoke(id).status == 400 && revoke(id).error == "keyId must be a UUID.")
        }
        #expect(send(Call("DELETE", body: ["workspaceId": workspace])).error == "keyId is required.")
        #expect(list().count == 2)
    }

    @Test("Key ids are accepted in either case") func idsAreTakenInEitherCase() {
        #expect(revoke(.string(store.own.readKeyID.description.uppercased())).status == 200)
    }

    // MARK: The audit log

    @Test("Creating and revoking a key are in the audit log") func changesAreInTheAuditLog() throws {
        let created = create("Audited", scope: "write")
        let id = try #require(created.json["id"]?.string)
        _ = revoke(.string(id))
        let entries = try store.database.rows(
            """
            SELECT action, user_id, actor_email, target_type, target_id, details FROM audit_log
            WHERE workspace_id = $1 AND sequence_number > 0 ORDER BY sequence_number
            """, store.own.id
        ) { row in
            (
                try (0..<5).map { try row[$0] as String? },
                JSON.object((try row[5] as JSON).object?.filter { $0.key != "request_id" } ?? [:])
            )
        }
        let admin = store.own.members[.admin]?.description
        let prefix = try #require(created.json["prefix"])
        #expect(
            entries.map(\.0) == [
                ["api_key.created", admin, "member@example.com", "api_key", id],
                ["api_key.revoked", admin, "member@example.com", "api_key", id],
            ])
        #expect(entries.first?.1 == ["name": "Audited", "prefix": prefix, "scope": "write"])
        #expect(entries.last?.1 == ["name": "Audited", "prefix": prefix])
    }

    @Test("If a session has no e-mail address, the audit log names the member's", arguments: ["", nil] as [JSON?])
    func aSessionWithoutAnAddressIsTheMembers(_ email: JSON?) throws {
        let token = store.own.token { $0["email"] = email }
        let call = Call("POST", body: ["workspaceId": workspace, "name": "By a session without an address"])
        #expect(store.send(call.session(token), to: APIKeysFunction.self).status == 200)
        let actors = try store.database.rows(
            "SELECT actor_email FROM audit_log WHERE workspace_id = $1 AND action = 'api_key.created'", store.own.id
        ) { try $0[0] as String? }
        #expect(actors == ["admin@quokka.example"])
    }

    private enum ByKey: Function {
        static let onRequestPost = Handler("test", .apiKey(.write), "", returns: .json(.anything)) { context in
            .json(try context.workspace.createAPIKey(name: "by key", scope: .read).summary)
        }
    }

    @Test("A change that is made with a key names the key in the audit log")
    func whatAKeyChangesIsInTheAuditLogToo() throws {
        let reply = store.send(Call("POST", body: [:]).key(store.own.writeKey), to: ByKey.self)
        #expect(reply.status == 200)
        let entry = try store.database.first(
            """
            SELECT user_id, actor_email, details FROM audit_log
            WHERE workspace_id = $1 AND action = 'api_key.created'
            """, store.own.id
        ) { row in (try row[0] as String?, try row[1] as String?, try row[2] as JSON) }
        #expect(entry?.0 == nil && entry?.1 == "API key Quokka write (\(store.own.writeKey.prefix(9)))")
        #expect(entry?.2["api_key_name"] == "Quokka write")
        #expect(entry?.2["api_key_id"] == "aaaaaaaa-0000-4000-8000-000000000012")
    }

    @Test("The audit entry of a change has the id of the request, and the chain includes it")
    func requestIDIsAudited() throws {
        let call = Call("POST", body: [:]).key(store.own.writeKey)
        for id in ["request-1", nil] {
            let reply = store.send(id.map { call.with("X-Request-Id", $0) } ?? call, to: ByKey.self)
            let details = try store.database.first(
                """
                SELECT details FROM audit_log WHERE workspace_id = $1 ORDER BY sequence_number DESC LIMIT 1
                """, store.own.id
            ) { try $0[0] as JSON }
            #expect(details?["request_id"]?.string == reply.headers["X-Request-Id"])
            #expect(id == nil || details?["request_id"]?.string == id)
        }
        #expect(try AuditLog(store.database, workspaceID: store.own.id).verify() == 3)
    }

    @Test("A failed request leaves no audit entry") func whatFailsLeavesNoEntry() throws {
        _ = create("")
        _ = revoke(.string(Identifier.random().description))
        _ = send(Call("POST", body: ["workspaceId": workspace, "name": "x"]), role: .viewer)
        for number in 3...11 { _ = create(.string("key \(number)")) }
        let actions = try auditActions()
        #expect(actions == ["audit_chain.genesis"] + Array(repeating: "api_key.created", count: 8))
    }

    @Test("A change whose audit entry fails is undone") func anEffectWithoutItsEntryIsUndone() throws {
        try store.own.endAuditLog()
        let reply = create("unlogged")
        #expect(reply.status == 500 && reply.error == "Something went wrong on our side. Try again later.")
        #expect(revoke(.string(store.own.readKeyID.description)).status == 500)
        #expect(list().count == 2 && use(store.own.readKey).status == 200)
    }
}
