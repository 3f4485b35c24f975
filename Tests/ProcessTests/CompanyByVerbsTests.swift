import Base
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// A company that is made from an empty database by the verbs of local-runner alone, with a fake of Okta's API.
@Suite(.usesStore) struct CompanyByVerbsTests {
    private let folder: TemporaryFolder
    private let database: EmptyDatabase
    private let okta: FakeProvider
    private let interruption: Interruption

    /// Holds code that runs whenever the fake Okta is asked for the apps.
    private final class Interruption: Sendable {
        let action = Mutex<(@Sendable () -> Void)?>(nil)
    }

    init() throws {
        folder = try TemporaryFolder()
        database = try EmptyDatabase()
        let interruption = Interruption()
        self.interruption = interruption
        okta = try Self.makeOkta(interruption)
        let project = try String(contentsOfFile: BuiltProducts.project + "/wrangler-like.json", encoding: .utf8)
        try folder.write("wrangler-like.json", project)
        let secret = String(repeating: "0a", count: 32)
        try folder.write(
            ".dev.vars",
            """
            SUPABASE_JWT_SECRET=\(secret)
            CREDENTIALS_KEY=\(FakeOkta.credentialsKey)
            EXPORT_CURSOR_SECRET=\(secret)
            CONFIRMATION_SECRET=\(secret)
            AUDIT_SIGNING_KEY=\(secret)
            UPSTREAM_OKTA=\(okta.url)

            """)
    }

    /// An org of two people: ann, and bob, who has not signed in for a year.
    private static func makeOkta(_ interruption: Interruption) throws -> FakeProvider {
        try FakeProvider { request in
            if request.path == "/api/v1/apps" { interruption.action.withLock { $0 }?() }
            guard request.headers["Authorization"] == "SSWS " + FakeOkta.token else { return nil }
            func person(_ name: String, lastLogin: Timestamp) -> JSON {
                [
                    "id": .string("u-" + name), "status": "ACTIVE",
                    "created": .string((Timestamp.now - .days(700)).description),
                    "lastLogin": .string(lastLogin.description),
                    "profile": [
                        "email": .string("\(name)@example.com"), "login": .string("\(name)@example.com"),
                        "firstName": .string(name), "lastName": "Example",
                    ],
                ]
            }
            switch (request.method, request.path) {
            case ("GET", "/api/v1/org"): return .json(["id": "00o"])
            case ("GET", "/api/v1/users") where request.parameter("filter") == nil:
                return .json([
                    person("ann", lastLogin: .now - .hours(1)), person("bob", lastLogin: .now - .days(365)),
                ])
            case ("GET", "/api/v1/users"), ("GET", "/api/v1/apps"), ("GET", "/api/v1/devices"),
                ("GET", "/api/v1/logs"):
                return .json([])
            case ("GET", "/api/v1/iam/assignees/users"): return .json(["value": []])
            case ("GET", let path) where path.hasSuffix("/factors"): return .json([["status": "ACTIVE"]])
            case ("GET", "/api/v1/users/u-bob"): return .json(["id": "u-bob", "status": "ACTIVE"])
            case ("POST", "/api/v1/users/u-bob/lifecycle/suspend"): return .json([:])
            default: return nil
            }
        }
    }

    /// Runs a verb; returns its exit status, its output and its errors.
    private func run(_ words: [String]) throws -> Done { try Self.run(words) }

    private typealias Done = (status: Int32, output: String, errors: String)

    private static func run(_ words: [String]) throws -> (status: Int32, output: String, errors: String) {
        let process = try PipedProgram(
            BuiltProducts.program("local-runner"), arguments: words,
            environment: ["DATABASE_URL": "sqlite:/nonexistent", "USER": "ada"], seconds: 90)
        let status = try process.waitForEnd()
        return (
            status, String(decoding: process.output, as: UTF8.self), String(decoding: process.errors, as: UTF8.self)
        )
    }

    /// Runs a verb that only needs the database, and returns the JSON that it prints.
    @discardableResult
    private func verb(_ words: String...) throws -> JSON {
        let done = try run(words + ["--format", "json", "--database", database.url])
        #expect(done.status == 0, "\(words): \(done.errors)")
        return try JSON(parsing: done.output.utf8)
    }

    /// The options of a verb that needs the configuration.
    private var configured: [String] {
        [
            "--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state"), "--database",
            database.url,
        ]
    }

    /// Calls a function by the verb `invoke`, and returns the body of its response, whose status must be 200.
    private func call(_ function: String, _ credentials: String, path: String? = nil, body: JSON? = nil) throws
        -> String
    {
        var words = ["invoke", function, "--header", "Authorization: Bearer \(credentials)"] + configured
        if let path { words += ["--path", path] }
        if let body { words += ["--body", String(decoding: JSONWriter.bytes(body), as: UTF8.self)] }
        let done = try run(words)
        #expect(done.output.hasPrefix("HTTP/1.1 200\n"), "\(function): \(done.output)\(done.errors)")
        return done.output.firstRange(of: "\n\n").map { String(done.output[$0.upperBound...]) } ?? ""
    }

    private func json(_ text: String) throws -> JSON { try JSON(parsing: text.utf8) }

    private func token(_ user: Identifier) throws -> String {
        let done = try run(["token", "--user", user.description, "--email", "\(user)@example.com"] + configured)
        #expect(done.status == 0, "\(done.errors)")
        return done.output.trimmingCharacters(in: .newlines)
    }

    @Test(
        "Verbs alone make a company: members, a key, Okta, a sync, findings, an approval, an export",
        .timeLimit(.minutes(30)))
    func company() throws {
        // If the schema does not exist yet, a verb names the remedy.
        let early = try run(["workspace", "list", "--database", database.url])
        #expect(early.status == 1 && early.errors.contains("local-runner migrate"), "\(early.errors)")
        #expect(try run(["migrate", "--database", database.url]).status == 0)

        let workspace = try #require(
            try verb("workspace", "create", "--name", "Acme", "--plan", "enterprise")["id"]?.string)
        let (admin, analyst) = (Identifier.random(), Identifier.random())
        for (user, role) in [(admin, "admin"), (analyst, "security_analyst")] {
            try verb(
                "member", "add", "--workspace", workspace, "--user", user.description, "--role", role, "--email",
                "\(role)@example.com")
        }
        let key = try #require(
            try verb("key", "create", "--workspace", workspace, "--name", "Assistant", "--scope", "write")["key"]?
                .string)
        // An API key may suspend no account without a person's approval.
        try verb("workspace", "set", workspace, "tiers.suspend_user=never", "session_timeout_hours=8")

        let adminToken = try token(admin)
        let connected = try json(
            call(
                "api-connect-integration", adminToken,
                body: [
                    "workspaceId": .string(workspace), "platform": "okta",
                    "config": ["domain": "example.okta.com", "api_token": .string(FakeOkta.token)],
                ]))
        let integration = try #require(connected["integrationId"]?.string)
        #expect(try run(["invoke", "scheduled-jobs"] + configured).status == 0)
        let record = try verb("integration", "show", integration, "--workspace", workspace)
        #expect(record["status"] == "connected" && record["accounts"]?.integer == 2, "\(record)")
        #expect(record["last_sync_at"]?.string != nil && record["error"] == .null, "\(record)")
        #expect(try verb("jobs", "--status", "dead")["jobs"] == [])

        let findings = try json(call("api-mcp-findings", key, path: "/api/mcp/findings"))
        let stale = try #require(
            findings["findings"]?.array?.first { $0["rule_id"]?.string?.contains("stale_account") == true }
                ?? findings["findings"]?.array?.first { $0["title"]?.string?.contains("has not signed in") == true },
            "\(findings)")
        let finding = try #require(stale["id"]?.string)
        _ = try call("api-mcp-findings-remediate", key, body: ["findingId": .string(finding)])
        let waiting = try verb("action", "list", "--workspace", workspace, "--status", "pending_approval")
        let action = try #require(waiting["actions"]?.array?.first?["id"]?.string, "\(waiting)")
        let decided = try json(
            call(
                "api-execute-action", token(analyst),
                body: ["workspaceId": .string(workspace), "actionId": .string(action), "decision": "approve"]))
        #expect(decided["success"] == true)
        #expect(try run(["invoke", "scheduled-jobs"] + configured).status == 0)
        let done = try verb("action", "list", "--status", "succeeded")
        #expect(done["actions"]?.array?.compactMap { $0["id"]?.string } == [action], "\(done)")

        let export = try call("api-export-audit-log", adminToken, body: ["workspaceId": .string(workspace)])
        try folder.write("audit.json", export)
        let verified = try run(["audit-verify", folder.path("audit.json")])
        #expect(verified.status == 0, "\(verified.errors)")
        let actions = Set(try json(export)["entries"]?.array?.compactMap { $0["action"]?.string } ?? [])
        #expect(
            actions.isSuperset(of: [
                "workspace.created", "member.added", "api_key.created", "workspace.settings_changed",
                "integration.connected", "remediation.approved",
            ]), "\(actions)")
        #expect(export.contains("Operator ada"))

        if TestStore.Engine.ofThisRun == .sqlite { try restore(workspace, key: key) }

        // The member is removed, and so is the access.
        try verb("member", "remove", "--workspace", workspace, "--user", admin.description, "--leave-no-admin")
        let refused = try run(
            [
                "invoke", "api-api-keys", "--path", "/api/api-keys?workspaceId=\(workspace)", "--header",
                "Authorization: Bearer \(adminToken)",
            ] + configured)
        #expect(refused.output.hasPrefix("HTTP/1.1 403\n"), "\(refused.output)")
    }

    /// Makes a backup, changes data, restores the backup, and expects the state at the time of the backup.
    private func restore(_ workspace: String, key: String) throws {
        func state() throws -> [JSON] {
            let own = ["--workspace", workspace]
            return try [
                ["workspace", "show", workspace], ["workspace", "list", "--deleted"], ["member", "list"] + own,
                ["key", "list"] + own, ["integration", "list"] + own, ["action", "list"] + own, ["jobs"],
            ].map { words in
                let done = try run(words + ["--format", "json", "--database", database.url])
                #expect(done.status == 0, "\(words): \(done.errors)")
                // The time at which a key was last used is a counter, and counters are not in a backup.
                let output = done.output.replacing(/"last_used_at":("[^"]*"|null)/, with: "\"last_used_at\":null")
                return try JSON(parsing: output.utf8)
            }
        }
        func findings() throws -> JSON? {
            try json(call("api-mcp-findings", key, path: "/api/mcp/findings"))["findings"]
        }
        let (before, findingsBefore) = try (state(), findings())
        let file = folder.path("acme.backup")
        let backup = try verb("backup", file)
        #expect(backup["workspaces"] == 1 && backup["audit_entries"]?.integer.map { $0 > 8 } == true, "\(backup)")

        try verb("workspace", "set", workspace, "name=Changed", "mfa_required=true", "tiers.suspend_user=default")
        try verb(
            "member", "add", "--workspace", workspace, "--user", Identifier.random().description, "--role", "viewer")
        try verb("key", "create", "--workspace", workspace, "--name", "Another")
        try verb("workspace", "create", "--name", "Second", "--plan", "free")
        try verb("workspace", "delete", workspace, "--confirm", "Changed")
        #expect(try run(["member", "list", "--workspace", workspace, "--database", database.url]).status == 1)

        let refused = try run(["restore", file, "--database", database.url])
        #expect(refused.status == 1 && refused.errors.contains("--replace"), "\(refused.errors)")
        #expect(try run(["member", "list", "--workspace", workspace, "--database", database.url]).status == 1)
        let restored = try verb("restore", file, "--replace")
        #expect(restored["audit_entries"] == backup["audit_entries"])
        #expect(try state() == before)
        // The product works with the restored database.
        #expect(try findings() == findingsBefore && findingsBefore != nil)
    }

    @Test("A workspace that is deleted while its sync runs stays empty", .timeLimit(.minutes(30)))
    func deletedDuringSync() throws {
        #expect(try run(["migrate", "--database", database.url]).status == 0)
        let workspace = try #require(
            try verb("workspace", "create", "--name", "Acme", "--plan", "enterprise")["id"]?.string)
        let admin = Identifier.random()
        try verb("member", "add", "--workspace", workspace, "--user", admin.description, "--role", "admin")
        // The sync begins after the response, or in the job.
        let url = database.url
        let statuses = Mutex<[Int32]>([])
        let deletion = { @Sendable in
            let done = try? Self.run(["workspace", "delete", workspace, "--confirm", "Acme", "--database", url])
            statuses.withLock { $0.append(done?.status ?? -1) }
        }
        interruption.action.withLock { $0 = deletion }
        _ = try call(
            "api-connect-integration", token(admin),
            body: [
                "workspaceId": .string(workspace), "platform": "okta",
                "config": ["domain": "example.okta.com", "api_token": .string(FakeOkta.token)],
            ])
        _ = try run(["invoke", "scheduled-jobs"] + configured)
        #expect(statuses.withLock { $0.first } == 0)
        let connection = database.connect()
        defer { connection.close() }
        let id = try #require(Identifier(workspace))
        let left = try StoredRows(connection)[id].filter { row in
            !["workspaces", "audit_log", "audit_heads"].contains { row.hasPrefix($0) }
        }
        #expect(left == [])
        #expect(try AuditLog(connection, workspaceID: id).verify() > 0)
        // The queue is empty, and the next run does not fail.
        #expect(try run(["invoke", "scheduled-jobs"] + configured).status == 0)
        #expect(try verb("jobs")["jobs"] == [])
    }

    @Test("A failing verb says what happened, where, and what to do, and changes nothing")
    func failures() throws {
        let made = try run(["migrate", "--database", database.url]).output
        #expect(
            made.hasPrefix("Created the schema of ") && made.contains("version \(SchemaState.ofThisBuild)."), "\(made)")
        let again = try run(["migrate", "--database", database.url])
        #expect(again.status == 0 && again.output.hasSuffix(" was up to date.\n"), "\(again.output)")
        let on = ["--database", database.url]
        let unknown = Identifier.random().description
        for (words, status, text) in [
            (["workspace", "show", unknown] + on, 1, "local-runner workspace list"),
            (["workspace", "set", unknown, "plan=pro"] + on, 1, "there is no workspace \(unknown)"),
            (["member", "list", "--workspace", unknown] + on, 1, "there is no workspace"),
            (["member", "list"] + on, 2, "--workspace UUID"),
            (["workspace", "create", "--name", "Acme", "--plan", "gold"] + on, 2, "free, trial, pro, enterprise"),
            (["workspace", "create", "--plan", "pro"] + on, 2, "--name NAME"),
            (["workspace", "create"] + on, 2, "--name NAME (the company's name) and --plan PLAN"),
            (
                ["member", "add", "--workspace", unknown, "--user", unknown, "--role", "boss"] + on, 2,
                "--role boss is unknown; known: super_admin, admin,"
            ),
            (["workspace", "show"] + on, 2, "the workspace's id is missing"),
            (["backup"] + on, 2, "FILE, the file to write, is missing"),
            (["backup", "a", "b"] + on, 2, "\"b\" is an unexpected argument"),
            (["jobs", "--database", "foo"], 1, "begins with sqlite: or postgres://; write sqlite:PATH for a file"),
            (["backup", "x", "--database", "foo"], 1, "write sqlite:PATH for a file"),
            (["workspace", "craete"] + on, 2, "did you mean \"create\"?"),
            (["worksapce", "list"] + on, 2, "did you mean \"workspace\"?"), (["workspace"], 2, "workspace create"),
            (["workspace", "list", "--databse", "x"], 2, "did you mean \"--database\"?"),
            (["workspace", "list", "--database", "sqlite:/nonexistent/x.db"], 1, "local-runner migrate"),
            (["jobs", "--retry", unknown] + on, 1, "--status dead"),
            (["workspace", "list", "--database", "mysql:x"], 1, "write sqlite:PATH"),
        ] {
            let done = try run(words)
            #expect(done.status == status && done.errors.contains(text), "\(words): \(done.status) \(done.errors)")
        }
        for (words, text) in [
            (["jobs"], "The queue has no jobs.\n"), (["action", "list"], "There are no actions.\n"),
            (["action", "list", "--status", "failed"], "No action has the status failed.\n"),
        ] {
            #expect(try run(words + on).output == text)
        }
        // The refused verbs have not created a workspace either.
        #expect(try verb("workspace", "list")["workspaces"] == [])
        let acme = try verb("workspace", "create", "--name", "Acme", "--plan", "pro")
        let id = try #require(acme["id"]?.string)
        #expect(try run(["workspace", "set", id, "mfa_required=true", "plan=gold"] + on).status == 2)
        #expect(try verb("workspace", "show", id)["mfa_required"] == false)
        #expect(try run(["workspace", "delete", id] + on).status == 2)
        #expect(try verb("workspace", "delete", id, "--confirm", "Acme")["id"]?.string == id)
        #expect(try verb("workspace", "list")["workspaces"] == [])
        #expect(try verb("workspace", "list", "--deleted")["workspaces"]?.array?.count == 1)
    }
}
