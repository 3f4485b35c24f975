import Base
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// Syncs in separate processes, with a fake of Okta's API.
@Suite(.serialized, .usesStore) struct SyncProcessesTests {
    private static let users = 40
    private static let token = "00plantedSecretOktaToken"
    private let store: TestStore
    private let okta: FakeProvider
    /// The department in every user's record. A test changes it after a completed sync, so that it can tell the next
    /// sync's data from the former data.
    private let version: Version

    private final class Version: Sendable {
        let number = Atomic(0)
        var text: String { "v\(number.load(ordering: .sequentiallyConsistent))" }
    }

    init() throws {
        store = try TestStore()
        let version = Version()
        self.version = version
        okta = try FakeProvider { request in Self.answer(request, version.text) }
    }

    /// Answers for an org of 40 users, with four users per page and one factor for each user.
    private static func answer(_ request: FakeProvider.Request, _ version: String) -> FakeProvider.Reply? {
        switch request.path {
        case "/oauth2/v1/token": return .json(["access_token": "t0plantedSecretAccessToken"])
        case "/api/v1/users/u7/lifecycle/suspend": return .json([:])
        case "/api/v1/org": return .json(["id": "00o"])
        case "/api/v1/users" where request.parameter("filter") == nil:
            let from = request.parameter("after").flatMap { Int($0) } ?? 0
            let page = (from..<min(from + 4, users)).map { number -> JSON in
                [
                    "id": .string("u\(number)"), "status": "ACTIVE",
                    "profile": [
                        "email": .string("u\(number)@example.com"), "login": .string("u\(number)"),
                        "department": .string(version),
                    ],
                ]
            }
            let next = "<https://example.okta.com/api/v1/users?after=\(from + 4)>; rel=\"next\""
            return .json(.array(page), headers: from + 4 < users ? ["Link": next] : [:])
        case "/api/v1/users", "/api/v1/apps", "/api/v1/devices", "/api/v1/logs": return .json([])
        case "/api/v1/iam/assignees/users": return .json(["value": []])
        case let path where path.hasSuffix("/factors"): return .json([["status": "ACTIVE"]])
        default: return nil
        }
    }

    private var variables: [String: String] {
        [
            "ENVIRONMENT": "development", "UPSTREAM_OKTA": okta.url,
            "CREDENTIALS_KEY": "k1:" + Data(repeating: 9, count: 32).base64EncodedString(),
        ]
    }

    private func call(_ function: String, _ fields: [String: JSON]) throws -> FunctionCall {
        var body = fields
        body["workspaceId"] = .string(store.own.id.description)
        return FunctionCall(
            function: function, method: "POST", body: .object(body),
            credentials: TestSession.token(of: try #require(store.own.members[.admin]), at: .now))
    }

    private func connect() throws -> Identifier {
        let reply = try #require(
            try call(
                "api-connect-integration",
                ["platform": "okta", "config": ["domain": "example.okta.com", "api_token": .string(Self.token)]]
            ).send(to: store.url, variables))
        #expect(reply.status == 200)
        return try #require(reply.json["integrationId"]?.string.flatMap { Identifier($0) })
    }

    private func texts(_ sql: SQL) throws -> [String] {
        try store.database.rows(sql, store.own.id) { row in (0..<row.columnCount).map(row.text).joined(separator: " ") }
    }

    /// Returns the departments of accounts and identities with the number of their rows. One statement reads both,
    /// because PostgreSQL may execute the COMMIT of a killed process between two statements of this one.
    private func departmentsOfBothTables() throws -> [String] {
        try texts(
            """
            SELECT department, count(*) FROM identities WHERE workspace_id = $1 GROUP BY department
            UNION ALL
            SELECT department, count(*) FROM accounts WHERE workspace_id = $1 GROUP BY department
            """)
    }

    /// Ends the leases that dead processes hold.
    private func letTimePass() throws {
        for sql in [
            "UPDATE sync_runs SET lease_expires_at = $2 WHERE workspace_id = $1 AND status = 'in_progress'",
            "UPDATE jobs SET lease_expires_at = $2 WHERE workspace_id = $1 AND state = 'running'",
        ] as [SQL] {
            try store.database.execute(sql, store.own.id, Timestamp.now - 300)
        }
    }

    @Test("A sync that is killed at fifty different times loses and doubles nothing")
    func aSyncThatIsKilledAtFiftyMomentsLosesNothingAndDoublesNothing() throws {
        let id = try connect()
        let sync = try call("api-sync-integration", ["integrationId": .string(id.description)])
        let start = Date()
        #expect(sync.send(to: store.url, variables)?.json["status"] == "completed")
        var duration = Date().timeIntervalSince(start)
        var interrupted = 0
        version.number.add(1, ordering: .sequentiallyConsistent)
        for _ in 0..<50 {
            let process = try sync.start(on: store.url, variables)
            let moment = Double.random(in: 0...duration)
            usleep(UInt32(moment * 1_000_000))
            process.program.send(SIGKILL)
            _ = try process.waitForEnd()
            // All departments are of one version, and every user is present once.
            let departments = try departmentsOfBothTables()
            #expect(departments.count == 2)
            #expect(departments.allSatisfy { $0.hasSuffix(" \(Self.users)") })
            #expect(Set(departments).count == 1, "\(departments)")
            if departments.first == "\(version.text) \(Self.users)" {
                // This sync had finished before it was killed, so it was faster than the one that was timed.
                duration = moment
                version.number.add(1, ordering: .sequentiallyConsistent)
            } else {
                interrupted += 1
            }
            try letTimePass()
        }
        #expect(interrupted > 0, "none of fifty was interrupted")
        // PostgreSQL may still execute the last statement of a killed process, and that may renew the lease.
        var last = sync.send(to: store.url, variables)
        for _ in 0..<5 where last?.status == 409 {
            try letTimePass()
            last = sync.send(to: store.url, variables)
        }
        #expect(last?.json["status"] == "completed", "\(last.map { "\($0)" } ?? "no answer")")
        #expect(
            try texts("SELECT department, count(*) FROM accounts WHERE workspace_id = $1 GROUP BY department")
                == ["\(version.text) \(Self.users)"])
        #expect(try texts("SELECT count(*) FROM sync_records WHERE workspace_id = $1") == ["0"])
        _ = try AuditLog(store.database, workspaceID: store.own.id).verify()
        #expect(okta.unexpected == [])
    }

    @Test("Concurrent syncs of an integration succeed or get 409, and no account is doubled")
    func ofManyAtOnceOneSyncs() throws {
        let id = try connect()
        let sync = try call("api-sync-integration", ["integrationId": .string(id.description)])
        let statuses = Mutex<[Int: Int]>([:])
        let (url, variables) = (store.url, variables)
        let threads = Threads(count: 6) { _ in
            let status = sync.send(to: url, variables)?.status ?? 0
            statuses.withLock { $0[status, default: 0] += 1 }
        }
        threads.join()
        let counts = statuses.withLock { $0 }
        #expect(counts[200, default: 0] >= 1 && counts[200, default: 0] + counts[409, default: 0] == 6, "\(counts)")
        #expect(try texts("SELECT count(*) FROM accounts WHERE workspace_id = $1") == ["\(Self.users)"])
    }

    @Test("No secret is in the database or in any output") func noSecretIsInTheDatabaseOrInAnyOutput() throws {
        let key = TestKey.rsa
        let secrets = ["lantedSecret"] + key.split(separator: "\n").dropFirst().dropLast().map { String($0.prefix(40)) }
        let configurations: [JSON] = [
            ["domain": "example.okta.com", "api_token": .string(Self.token)],
            ["domain": "example.okta.com", "client_id": "0oa1", "private_key": .string(key)],
        ]
        for config in configurations {
            let id = try connect()
            let calls: [(String, [String: JSON])] = [
                ("api-connect-integration", ["platform": "okta", "config": config]),
                ("api-connect-integration", ["platform": "slack", "config": config]),
                ("api-sync-integration", ["integrationId": .string(id.description)]),
                ("api-sync-integration", ["integrationId": "x"]),
                (
                    "api-execute-action",
                    ["actionType": "suspend_user", "targetPlatform": "okta", "targetEntityId": "u7"]
                ),
            ]
            for (function, fields) in calls {
                let process = try call(function, fields).start(on: store.url, variables)
                _ = try process.waitForEnd()
                for text in [process.output, process.errors] {
                    let text = String(decoding: text, as: UTF8.self)
                    for secret in secrets { #expect(!text.contains(secret), "\(function)") }
                }
            }
        }
        #expect(
            try texts("SELECT status FROM remediation_actions WHERE workspace_id = $1") == ["succeeded", "succeeded"])
        var isThere = false
        for bytes in try storedBytes() {
            for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil) }
            isThere = isThere || bytes.range(of: Data("u7@example.com".utf8)) != nil
        }
        // Proves that the search covers the synced data.
        #expect(isThere)
    }

    /// Returns everything that the database stores: its files, and for PostgreSQL also its tables, because files
    /// contain long values in compressed form.
    private func storedBytes() throws -> [Data] {
        let files = FileManager.default
        var folder = store.folder.path("")
        var found: [Data] = []
        if store.url.hasPrefix("postgres:") {
            found += try store.database.rows("SELECT CAST(schema_to_xml('thalian', true, false, '') AS text)") {
                Data($0.text(0).utf8)
            }
            try store.database.execute("CHECKPOINT")
            folder = try #require(
                try store.database.first(
                    """
                    SELECT current_setting('data_directory') || '/base/' || CAST(oid AS text) FROM pg_database
                    WHERE datname = current_database()
                    """
                ) { $0.text(0) })
        }
        found += try files.contentsOfDirectory(atPath: folder).map { name in
            try #require(files.contents(atPath: folder + "/" + name))
        }
        return found
    }
}
