import Base
import Foundation
import Function
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import api_connect_integration
@testable import api_disconnect_integration
@testable import api_execute_action
@testable import api_mcp_sync
@testable import api_sync_integration

/// Connects, syncs and disconnects a platform through the endpoints, with a fake of Okta's API.
@Suite(.usesStore) struct IntegrationSyncTests {
    private let store: TestStore
    private let okta: FakeProvider
    private static let token = "00plantedSecretOktaToken"
    private static let accessToken = "t0plantedSecretAccessToken"

    init() throws {
        store = try TestStore()
        okta = try FakeProvider { request in
            if request.path == "/oauth2/v1/token" { return .json(["access_token": .string(Self.accessToken)]) }
            guard ["SSWS " + Self.token, "Bearer " + Self.accessToken].contains(request.headers["Authorization"]) else {
                return .json(["errorCode": "E0000011", "errorSummary": "Invalid token provided"], status: 401)
            }
            switch request.path {
            case "/api/v1/org": return .json(["id": "00o"])
            case "/api/v1/users" where request.parameter("filter") == nil:
                return .json([
                    [
                        "id": "u1", "status": "ACTIVE",
                        "profile": ["email": "ann@example.com", "login": "ann@example.com", "firstName": "Ann"],
                    ]
                ])
            case "/api/v1/users", "/api/v1/apps", "/api/v1/devices", "/api/v1/logs": return .json([])
            case "/api/v1/users/u1/lifecycle/suspend": return .json([:])
            case "/api/v1/users/u1/factors": return .json([["status": "ACTIVE"]])
            case "/api/v1/iam/assignees/users": return .json(["value": []])
            default: return nil
            }
        }
    }

    private var variables: [String: String] {
        [
            "ENVIRONMENT": "development", "UPSTREAM_OKTA": okta.url,
            "CREDENTIALS_KEY": "k1:" + Data(repeating: 9, count: 32).base64EncodedString(),
        ]
    }

    private func send(_ function: any Function.Type, _ fields: [String: JSON]) -> Reply {
        var body = fields
        body["workspaceId"] = .string(store.own.id.description)
        let call = Call("POST", body: .object(body)).session(store.own.token(at: .now))
        return store.send(call, to: function, variables: variables, at: .now)
    }

    private func connect(
        _ config: JSON = ["domain": "example.okta.com", "api_token": .string(token)], platform: String = "okta"
    ) -> Reply {
        send(ConnectIntegration.self, ["platform": .string(platform), "config": config])
    }

    private func texts(_ sql: SQL) throws -> [String] {
        try store.database.rows(sql, store.own.id) { row in row.isNull(0) ? "null" : row.text(0) }
    }

    @Test("A platform is connected, synced, disconnected and connected again")
    func aPlatformIsConnectedSyncedAndDisconnected() throws {
        let connected = connect()
        let id = try #require(connected.json["integrationId"]?.string)
        #expect(connected.status == 200)
        #expect(connected.json == ["success": true, "integrationId": .string(id)])
        // The first sync ran after the response.
        #expect(try texts("SELECT email FROM identities WHERE workspace_id = $1") == ["ann@example.com"])
        #expect(try texts("SELECT kind FROM jobs WHERE workspace_id = $1") == [])
        let synced = send(SyncIntegration.self, ["integrationId": .string(id)])
        #expect(synced.status == 200)
        #expect(synced.json["status"] == "completed" && synced.json["platform"] == "okta")
        #expect(
            synced.json["entities_synced"]
                == ["identities": 1, "applications": 0, "devices": 0, "entitlements": 0, "audit_events": 0])
        #expect(synced.json["duration_ms"]?.integer != nil)
        #expect(synced.json["next_auto_sync_at"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(synced.json.object?.count == 5)
        let finding = try store.own.addFinding("high")
        for status in ["pending_approval", "queued", "running", "succeeded"] { try addAction(status, on: "okta") }
        try addAction("queued", on: "slack")
        let gone = send(DisconnectIntegration.self, ["integrationId": .string(id)])
        #expect(gone.status == 200 && gone.json.object?.count == 4)
        #expect(gone.json["success"] == true && gone.json["platform"] == "okta")
        #expect(gone.json["pending_actions_cancelled"] == 3)
        #expect(gone.json["disconnected_at"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(
            try texts("SELECT status FROM remediation_actions WHERE workspace_id = $1 ORDER BY status") == [
                "cancelled", "cancelled", "cancelled", "queued", "succeeded",
            ])
        #expect(try texts("SELECT credentials FROM integrations WHERE workspace_id = $1") == ["null"])
        #expect(try texts("SELECT status FROM integrations WHERE workspace_id = $1") == ["disconnected"])
        #expect(
            try store.database.first("SELECT status FROM findings WHERE id = $1", finding) { try $0[0] as String }
                == "open")
        #expect(try texts("SELECT email FROM identities WHERE workspace_id = $1") == ["ann@example.com"])
        for function in [SyncIntegration.self, DisconnectIntegration.self] as [any Function.Type] {
            let again = send(function, ["integrationId": .string(id)])
            #expect(again.status == 404 && again.error == "This workspace has no such integration.")
        }
        // Connecting again uses the same row.
        #expect(connect().json["integrationId"]?.string == id)
        #expect(
            try texts(
                "SELECT action FROM audit_log WHERE workspace_id = $1 AND sequence_number > 0 ORDER BY sequence_number"
            )
            .filter { $0.hasPrefix("integration") } == [
                "integration.connected", "integration.synced", "integration.synced", "integration.disconnected",
                "integration.connected", "integration.synced",
            ])
        #expect(okta.unexpected == [])
    }

    private func addAction(_ status: String, on platform: String) throws {
        try store.database.execute(
            """
            INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id, status,
                requested_by, created_at, updated_at) VALUES ($1, $2, 'suspend_user', $3, 'u1', $4, 'x', $5, $5)
            """, store.own.id, Identifier.random(), platform, status, Timestamp.now)
    }

    @Test("Errors in a request are explained") func whatIsWrongWithARequestIsSaid() throws {
        for (config, platform, status, sentence) in [
            ([:], "pingone", 404, "This platform is not supported. GET /api/platforms lists the platforms."),
            (
                ["domain": "not a domain", "token": "x"], "okta", 400,
                "config.domain is not valid: The org's domain, such as example.okta.com. config.token is not a field of this platform; known: domain, api_token, client_id, private_key."
            ),
            (
                ["domain": "example.okta.com", "api_tokn": "x"], "okta", 400,
                #"config.api_tokn is not a field of this platform; did you mean "api_token"?"#
            ),
            // A request with very many unknown fields gets a short answer.
            (
                .object(Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("x\($0)\n", 1) })), "okta", 400,
                "config.domain is required: The org's domain, such as example.okta.com. config.x0  is not a field of this platform; known: domain, api_token, client_id, private_key."
            ),
            ("text", "okta", 400, "config must be an object."),
            (["domain": "example.okta.com", "api_token": "wrong"], "okta", 422, "Okta refuses the API token."),
            (
                ["domain": "example.okta.com"], "okta", 422,
                "Okta takes either api_token, or client_id with private_key."
            ),
        ] as [(JSON, String, Int, String)] {
            let reply = connect(config, platform: platform)
            #expect(reply.status == status && reply.error == sentence, "\(reply.text)")
        }
        #expect(try texts("SELECT id FROM integrations WHERE workspace_id = $1") == [])
        #expect(send(SyncIntegration.self, ["integrationId": "x"]).error == "integrationId must be a UUID.")
    }

    @Test("A plan covers a limited number of integrations") func aPlanCoversOnlySoManyIntegrations() throws {
        try store.own.set(plan: .free)
        for platform in ["a", "b"] { try store.own.addIntegration(platform) }
        try store.own.addIntegration("c", status: "paused")
        #expect(connect().status == 200)
        #expect(connect().status == 200, "reconnecting takes no more room")
        try store.database.execute(
            "UPDATE integrations SET status = 'disconnected' WHERE workspace_id = $1 AND platform = 'okta'",
            store.own.id)
        try store.own.addIntegration("d", status: "error")
        let reply = connect()
        #expect(reply.status == 403 && reply.error == "Integration limit reached for your plan: it covers 3.")
    }

    @Test("A sync that needs a person's help says so") func aSyncThatNeedsSomebodysHelpSaysSo() throws {
        let id = try #require(connect().json["integrationId"]?.string)
        let refusal = FakeProvider.Reply.json(["errorCode": "E0000011"], status: 401)
        okta.fail(refusal) { $0.path == "/api/v1/users" }
        // A refused list is no proof of bad credentials as long as another call is accepted.
        let passing = send(SyncIntegration.self, ["integrationId": .string(id)])
        #expect(passing.status == 503)
        okta.fail(refusal) { $0.path == "/api/v1/users" }
        okta.fail(refusal) { $0.path == "/api/v1/org" }
        let reply = send(SyncIntegration.self, ["integrationId": .string(id)])
        #expect(reply.status == 422 && reply.error == "Okta refuses the API token.")
        #expect(
            try texts("SELECT status || ' ' || error_kind FROM integrations WHERE workspace_id = $1")
                == ["error authentication_expired"])
        let paused = try store.own.addIntegration("slack", status: "paused")
        #expect(send(SyncIntegration.self, ["integrationId": .string(paused.description)]).status == 409)
        let theirs = try store.other.addIntegration("okta")
        #expect(send(SyncIntegration.self, ["integrationId": .string(theirs.description)]).status == 404)
        #expect(send(DisconnectIntegration.self, ["integrationId": .string(theirs.description)]).status == 404)
    }

    @Test("Requesting a sync while one is running gets 409") func aSyncUnderWayIsAConflict() throws {
        let id = try #require(connect().json["integrationId"]?.string)
        try addJob(of: id, state: "running")
        let reply = send(SyncIntegration.self, ["integrationId": .string(id)])
        #expect(reply.status == 409 && reply.error == "A sync of this integration is in progress.")
    }

    @Test("A sync that another worker takes over gets 409") func aSyncThatAWorkerTakesOverIsAConflict() throws {
        let id = try #require(connect().json["integrationId"]?.string)
        let (open, own) = (store.connect, store.own.id)
        okta.fail(.none) { request in
            guard request.path == "/api/v1/users" else { return false }
            _ = try? open().execute(
                "UPDATE jobs SET claim_no = claim_no + 1 WHERE workspace_id = $1 AND state = 'running'", own)
            return false
        }
        let reply = send(SyncIntegration.self, ["integrationId": .string(id)])
        #expect(reply.status == 409 && reply.error == "Another sync of this integration has begun.")
        #expect(try texts("SELECT count(*) FROM jobs WHERE workspace_id = $1 AND state = 'running'") == ["1"])
    }

    /// Adds a sync job in a state, with the unique key of an integration's sync.
    private func addJob(of integration: String, state: String) throws {
        try store.database.execute(
            """
            INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, unique_key, payload, run_after,
                lease_expires_at, created_at)
            VALUES ($1, $2, 'sync', 'sync:okta', $3, 0, 0, $4, '{}', $5, $6, $5)
            """, store.own.id, Identifier.random(), state, "sync " + integration, Timestamp.now + 30, Timestamp.now + 60
        )
    }

    @Test("A request that syncs holds the job with a lease until the sync is finished")
    func aRequestThatSyncsHasTheJobUntilItIsOver() throws {
        let id = try #require(connect().json["integrationId"]?.string)
        let seen = Mutex<[Int]>([])
        let (open, own) = (store.connect, store.own.id)
        okta.fail(.none) { request in
            guard request.path == "/api/v1/users" else { return false }
            let found = try? open().rows(
                "SELECT lease_expires_at FROM jobs WHERE workspace_id = $1 AND state = 'running'", own
            ) { row in (try row[0] as Timestamp).seconds - Timestamp.now.seconds }
            seen.withLock { $0 += found ?? [] }
            return false
        }
        #expect(send(SyncIntegration.self, ["integrationId": .string(id)]).status == 200)
        #expect(seen.withLock { !$0.isEmpty && $0.allSatisfy { (70...75).contains($0) } })
        for path in ["/api/v1/users", "/api/v1/org"] {
            okta.fail(.json(["errorCode": "E0000011"], status: 401)) { $0.path == path }
        }
        #expect(send(SyncIntegration.self, ["integrationId": .string(id)]).status == 422)
        #expect(send(SyncIntegration.self, ["integrationId": .string(own.description)]).status == 404)
        #expect(try texts("SELECT id FROM jobs WHERE workspace_id = $1 AND kind = 'sync'") == [])
        #expect(try texts("SELECT error FROM dead_jobs WHERE workspace_id = $1") == ["Okta refuses the API token."])
    }

    @Test("A person can start a sync whose job waits for its next attempt")
    func aPersonNeedNotWaitForTheNextTryOfTheJob() throws {
        let id = try #require(connect().json["integrationId"]?.string)
        try addJob(of: id, state: "waiting")
        #expect(send(SyncIntegration.self, ["integrationId": .string(id)]).json["status"] == "completed")
        #expect(try texts("SELECT id FROM jobs WHERE workspace_id = $1 AND kind = 'sync'") == [])
    }

    @Test("A workspace runs at most four syncs at once, and the next one is queued")
    func aWorkspaceSyncsFourAtOnceAndTheNextOneIsQueued() throws {
        let id = try #require(connect().json["integrationId"]?.string)
        let next = Timestamp.now + 1_234
        try store.database.execute(
            "UPDATE integrations SET next_auto_sync_at = $2, error = 'Okta is down.' WHERE id = $1", id, next)
        for other in 0..<4 { try addJob(of: "\(other)", state: "running") }
        let reply = send(SyncIntegration.self, ["integrationId": .string(id)])
        #expect(reply.json["status"] == "queued" && reply.json["next_auto_sync_at"] == .string(next.description))
        #expect(reply.json["last_error"] == "Okta is down.")
        #expect(
            try texts("SELECT state FROM jobs WHERE workspace_id = $1 AND state <> 'running'") == ["ready"])
    }

    @Test("Credentials are in no answer, no audit entry and no file of a SQLite database")
    func credentialsAreNowhereToBeRead() throws {
        let key = TestKey.rsa
        let app: JSON = ["domain": "example.okta.com", "client_id": "0oa1", "private_key": .string(key)]
        let replies = [
            connect(), connect(["domain": "example.okta.com", "api_token": "00anotherPlantedSecret"]), connect(app),
        ]
        let id = replies[0].json["integrationId"] ?? .null
        let synced = send(SyncIntegration.self, ["integrationId": id])
        let suspend: [String: JSON] = [
            "actionType": "suspend_user", "targetPlatform": "okta", "targetEntityId": "u1",
        ]
        let acted = send(ExecuteAction.self, suspend)
        #expect(synced.status == 200 && acted.json["success"] == true)
        // Any line of the key would be a leak, also without its line breaks.
        let secrets = ["lantedSecret"] + key.split(separator: "\n").dropFirst().dropLast().map { String($0.prefix(40)) }
        for reply in replies + [synced, acted] {
            for secret in secrets { #expect(!reply.wire.contains(secret)) }
        }
        for text in try texts("SELECT CAST(details AS text) FROM audit_log WHERE workspace_id = $1") {
            for secret in secrets { #expect(!text.contains(secret)) }
        }
        store.database.close()
        for name in try FileManager.default.contentsOfDirectory(atPath: store.folder.path("")) {
            let bytes = FileManager.default.contents(atPath: store.folder.path(name)) ?? Data()
            for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)") }
        }
        // Proves that the search for secrets works: the same files do contain an address that was synced.
        if TestStore.Engine.ofThisRun == .sqlite {
            let everything = try FileManager.default.contentsOfDirectory(atPath: store.folder.path("")).map {
                FileManager.default.contents(atPath: store.folder.path($0)) ?? Data()
            }
            #expect(everything.contains { $0.range(of: Data("ann@example.com".utf8)) != nil })
        }
    }

    /// Runs the programs, since they write the log to their standard error.
    @Test("Credentials are in no log and no output of the programs, also if the provider refuses them")
    func credentialsAreNotLogged() throws {
        func run(_ program: String, _ fields: [String: JSON]) throws -> (status: Int?, body: JSON, text: String) {
            var body = fields
            body["workspaceId"] = .string(store.own.id.description)
            let call = Call("POST", body: .object(body)).session(store.own.token(at: .now))
            let process = try PipedProgram(
                BuiltProducts.program(program), environment: store.variables(variables),
                input: JSONWriter.bytes(call.event), seconds: 60)
            #expect(try process.waitForEnd() == 0)
            let response = try JSON(parsing: process.output)
            let answer = try JSON(parsing: (response["body"]?.string ?? "").utf8)
            return (
                response["statusCode"]?.integer, answer,
                String(decoding: process.output + process.errors, as: UTF8.self)
            )
        }
        func connect(_ config: JSON) throws -> (status: Int?, body: JSON, text: String) {
            try run("api-connect-integration", ["platform": "okta", "config": config])
        }
        let connected = try connect(["domain": "example.okta.com", "api_token": .string(Self.token)])
        let refused = try connect(["domain": "example.okta.com", "api_token": "00anotherPlantedSecret"])
        let asApp = try connect([
            "domain": "example.okta.com", "client_id": "0oa1", "private_key": .string(TestKey.rsa),
        ])
        let synced = try run("api-sync-integration", ["integrationId": connected.body["integrationId"] ?? .null])
        let acted = try run(
            "api-execute-action",
            ["actionType": "suspend_user", "targetPlatform": "okta", "targetEntityId": "u1"])
        #expect(connected.status == 200 && refused.status != 200 && asApp.status == 200)
        #expect(synced.status == 200 && acted.body["success"] == true)
        let texts = [connected, refused, asApp, synced, acted].map(\.text)
        let lines = TestKey.rsa.split(separator: "\n").dropFirst().dropLast().map { String($0.prefix(40)) }
        for secret in ["lantedSecret"] + lines { for text in texts { #expect(!text.contains(secret)) } }
        // Proves that the log was read: it counts the calls of the provider.
        #expect(texts.allSatisfy { $0.contains("upstream_requests") })
    }

    // MARK: All integrations

    @Test("All connected integrations are queued for a sync, once each")
    func allConnectedIntegrationsAreQueued() throws {
        func trigger() -> JSON {
            store.send(Call("POST").key(store.own.writeKey), to: SyncFunction.self).json
        }
        #expect(
            trigger()
                == [
                    "status": "no_integrations", "integrations_queued": 0, "platforms": [],
                    "message": "There are no connected integrations to sync.",
                ])
        try store.own.addIntegration("okta", category: "idp")
        try store.own.addIntegration("slack", status: "paused")
        // No credentials are stored, as in the demonstration workspace.
        #expect(
            trigger()
                == [
                    "status": "no_integrations", "integrations_queued": 0, "platforms": [],
                    "message": "There are no connected integrations to sync; no credentials are stored for: okta.",
                ])
        #expect(try texts("SELECT kind FROM jobs WHERE workspace_id = $1") == [])
        func addCredentials() throws {
            try store.database.execute(
                "UPDATE integrations SET credentials = $2 WHERE workspace_id = $1", store.own.id, [1] as [UInt8])
        }
        try addCredentials()
        #expect(
            trigger()
                == [
                    "status": "triggered", "integrations_queued": 1, "platforms": ["okta"],
                    "message": "Sync triggered for 1 integration",
                ])
        try store.own.addIntegration("aws")
        #expect(
            trigger()["message"] == "Sync triggered for 1 integration; no credentials are stored for: aws.")
        try addCredentials()
        #expect(
            trigger()
                == [
                    "status": "triggered", "integrations_queued": 2, "platforms": ["aws", "okta"],
                    "message": "Sync triggered for 2 integrations",
                ])
        // There is one job for each integration, however often a sync is requested.
        #expect(try texts("SELECT kind FROM jobs WHERE workspace_id = $1") == ["sync", "sync"])
    }
}
