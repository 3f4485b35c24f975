import Base
import Foundation
import TestSupport
import Testing

/// The verb check, on a whole build and on installations that lack something.
@Suite(.usesStore) struct CheckTests {
    private let folder: TemporaryFolder
    private let store: TestStore

    init() throws {
        folder = try TemporaryFolder()
        store = try TestStore()
        try folder.write(
            "wrangler-like.json",
            try String(contentsOfFile: BuiltProducts.project + "/wrangler-like.json", encoding: .utf8))
        let secret = String(repeating: "0a", count: 32)
        try write(
            """
            SUPABASE_JWT_SECRET=\(secret)
            CREDENTIALS_KEY=\(FakeOkta.credentialsKey)
            EXPORT_CURSOR_SECRET=\(secret)
            CONFIRMATION_SECRET=\(secret)
            AUDIT_SIGNING_KEY=\(secret)

            """)
    }

    private func write(_ text: String) throws {
        try folder.write(".dev.vars", folder.read(".dev.vars") + text)
        chmod(folder.path(".dev.vars"), 0o600)
    }

    private func check(database: String? = nil) throws -> (status: Int32, findings: [String]) {
        try check(["--database", database ?? store.url], BuiltProducts.program("local-runner"), [:])
    }

    private func check(
        _ options: [String], _ program: String, _ environment: [String: String]
    ) throws -> (status: Int32, findings: [String]) {
        let process = try PipedProgram(
            program, arguments: ["check", "--config", folder.path("wrangler-like.json"), "--format", "json"] + options,
            environment: environment, seconds: 90)
        let status = try process.waitForEnd()
        let json = try JSON(parsing: process.output)
        #expect(json["ok"] == .bool(status == 0))
        return (
            status,
            (json["findings"]?.array ?? []).map { finding in
                ["verdict", "subject", "text", "advice"].compactMap { finding[$0]?.string }.joined(separator: " | ")
            }
        )
    }

    @Test("A complete installation passes, and every subject is checked") func whole() throws {
        chmod(store.path, 0o600)
        let (status, findings) = try check()
        #expect(status == 0, "\(findings)")
        #expect(findings.allSatisfy { $0.hasPrefix("ok | ") }, "\(findings)")
        for subject in ["configuration", "database", "functions", "certificates"] {
            #expect(findings.contains { $0.hasPrefix("ok | \(subject) | ") }, "\(subject)")
        }
        let hasClock = findings.contains { $0.hasPrefix("ok | clock | ") }
        #expect(hasClock == (TestStore.Engine.ofThisRun == .postgreSQL))
    }

    @Test("A database without a schema is a failure with its remedy, and the other subjects are still checked")
    func unmigrated() throws {
        let empty = try EmptyDatabase()
        _ = try empty.connect().isCurrent()
        let (status, findings) = try check(database: empty.url)
        #expect(status == 1)
        #expect(findings.contains { $0.hasPrefix("failed | database | ") && $0.contains("local-runner migrate") })
        #expect(findings.contains { $0.hasPrefix("ok | functions | ") })
    }

    @Test("A database that can't be reached is a failure") func unreachable() throws {
        let url =
            TestStore.Engine.ofThisRun == .postgreSQL
            ? "postgres://thalian@127.0.0.1:1/thalian" : "sqlite:" + folder.path("missing.db")
        let (status, findings) = try check(database: url)
        #expect(status == 1 && findings.contains { $0.hasPrefix("failed | database | ") }, "\(findings)")
    }

    @Test(
        "A variable with an unusable value is a failure, and the value is not shown",
        arguments: [
            "HTTPS_PROXY=socks5://ann:s3cret@proxy.example", "CREDENTIALS_KEY=k1:s3cret", "JOB_PROCESSES=s3cret",
            "UPSTREAM_ALLOWED_NETWORKS=10.0.0.0/99", "SSL_CERT_FILE=/nonexistent/s3cret",
        ])
    func wrongVariables(_ line: String) throws {
        let name = String(line.prefix { $0 != "=" })
        let others = folder.read(".dev.vars").split(separator: "\n").filter { !$0.hasPrefix(name + "=") }
        try folder.write(".dev.vars", others.joined(separator: "\n") + "\n" + line + "\n")
        chmod(folder.path(".dev.vars"), 0o600)
        let (status, findings) = try check()
        #expect(status == 1 && findings.contains { $0.hasPrefix("failed | configuration | ") && $0.contains(name) })
        #expect(!findings.contains { $0.contains("s3cret") })
    }

    @Test("If the environment names the database, the environment's values are checked, not those of .dev.vars")
    func production() throws {
        try folder.write("url", store.url + "\n")
        let secret = String(repeating: "0b", count: 32)
        let given = [
            "DATABASE_URL_FILE": folder.path("url"), "CREDENTIALS_KEY": FakeOkta.credentialsKey,
            "EXPORT_CURSOR_SECRET": secret, "CONFIRMATION_SECRET": secret, "AUDIT_SIGNING_KEY": secret,
            "SUPABASE_URL": "https://abc.supabase.co",
        ]
        func findings(_ more: [String: String]) throws -> [String] {
            try check([], BuiltProducts.folder + "/local-runner", given.merging(more) { $1 }).findings
        }
        let missing = try findings([:])
        #expect(missing.contains { $0.hasPrefix("failed | configuration | ") && $0.contains("SUPABASE_JWT_SECRET") })
        // The rest is checked nevertheless.
        #expect(missing.contains { $0.hasPrefix("ok | database | ") }, "\(missing)")
        let sound = try findings(["SUPABASE_JWT_SECRET": secret])
        #expect(sound.contains { $0.hasPrefix("ok | configuration | ") && $0.contains("for production") }, "\(sound)")
        #expect(!FileManager.default.fileExists(atPath: folder.path(".local-runner")))
        for (more, problem) in [
            (["SUPABASE_JWT_SECRET": secret + ",short"], "warning | configuration | SUPABASE_JWT_SECRET contains a"),
            (["NO_PROXY": "http://x.example/"], "failed | configuration | the environment: NO_PROXY"),
            (["SUPABASE_URL": "http://127.0.0.1:54321"], "the environment: SUPABASE_URL names this machine"),
            (["UPSTREAM_ALLOWED_NETWORKS": "10.0.0.0/99"], "UPSTREAM_ALLOWED_NETWORKS"),
            (["UPSTREAM_OKTA": "http://127.0.0.1:1"], "UPSTREAM_OKTA may be set only if ENVIRONMENT is development"),
            (["DATABASE_URL": "sqlite:/nonexistent/x.db"], "there is none at sqlite:/nonexistent/x.db"),
        ] {
            let found = try findings(["SUPABASE_JWT_SECRET": secret].merging(more) { $1 })
            #expect(found.contains { $0.contains(problem) }, "\(found)")
        }
    }

    @Test("Missing secrets are named with their files, and it is said how .dev.vars is made") func noDevVars() throws {
        chmod(store.path, 0o600)
        try FileManager.default.removeItem(atPath: folder.path(".dev.vars"))
        let (status, findings) = try check()
        #expect(status == 1)
        #expect(
            findings.first?.contains("\(folder.path(".dev.vars")) does not exist | local-runner dev creates it") == true
        )
        let secrets = findings.filter { $0.contains("\(folder.path("wrangler-like.json")), secrets.required[") }
        #expect(secrets.count == 5 && secrets.allSatisfy { $0.contains("has no value") }, "\(findings)")
        #expect(!FileManager.default.fileExists(atPath: folder.path(".dev.vars")))
    }

    @Test("Secrets that others can read are a warning, which leaves the status at 0") func openFiles() throws {
        chmod(store.path, 0o600)
        chmod(folder.path(".dev.vars"), 0o644)
        let (status, findings) = try check()
        #expect(status == 0 && findings.contains { $0.hasPrefix("warning | files | ") && $0.contains("chmod 600") })
    }
}
