import Base
import Foundation
import TestSupport
import Testing

@testable import Store

/// Runs of scheduled functions as a platform starts them. The exit status says if a run succeeded.
@Suite(.usesStore) struct ScheduledRunTests {
    private let store: TestStore
    private static let event: JSON = [
        "detail-type": "Scheduled Event", "source": "aws.scheduler", "time": "2026-04-15T12:30:00Z", "detail": "{}",
    ]

    init() throws { store = try TestStore() }

    private func run(
        _ function: String, _ variables: [String: String], event: [UInt8] = JSONWriter.bytes(Self.event)
    ) throws -> (status: Int32, response: JSON, log: String) {
        let process = try PipedProgram(
            BuiltProducts.program(function), environment: variables, input: event, seconds: 60)
        let status = try process.waitForEnd()
        return (status, try JSON(parsing: process.output), String(decoding: process.errors, as: UTF8.self))
    }

    @Test(
        "A scheduled function that gets no event of a schedule says so and ends with 1",
        arguments: ["", "{}", #"{"source":"aws.events"}"#])
    func noEvent(_ event: String) throws {
        for function in ["scheduled-housekeeping", "scheduled-sync", "scheduled-jobs", "scheduled-session-keys"] {
            let run = try run(function, ["DATABASE_URL": store.url], event: Array(event.utf8))
            #expect(run.status == 1 && run.response["statusCode"]?.integer == 400, "\(run)")
            #expect(run.response["body"]?.string?.contains("A schedule runs this function.") == true, "\(run)")
        }
    }

    @Test(
        "A run that does its work ends with 0, and one that can't ends with 1",
        arguments: ["scheduled-housekeeping", "scheduled-sync", "scheduled-jobs"])
    func statuses(_ function: String) throws {
        let variables = ["CREDENTIALS_KEY": FakeOkta.credentialsKey]
        let done = try run(function, variables.merging(["DATABASE_URL": store.url]) { $1 })
        #expect(done.status == 0 && done.response["statusCode"]?.integer == 200, "\(done.response)")
        let failed = try run(function, variables.merging(["DATABASE_URL": "sqlite:/nonexistent/store.db"]) { $1 })
        #expect(failed.status == 1 && failed.response["statusCode"]?.integer == 503, "\(failed.response)")
    }

    /// The functions of an older release must not write into a database whose schema is too new for them.
    @Test(
        "A run on a schema that is too old or too new gets 503 and ends with 1",
        arguments: ["scheduled-housekeeping", "scheduled-sync", "scheduled-jobs", "scheduled-session-keys"])
    func schemas(_ function: String) throws {
        let empty = try EmptyDatabase()
        let variables = ["CREDENTIALS_KEY": FakeOkta.credentialsKey]
        _ = try empty.connect().isCurrent()
        let early = try run(function, variables.merging(["DATABASE_URL": empty.url]) { $1 })
        #expect(early.status == 1 && early.response["statusCode"]?.integer == 503, "\(early.response)")
        let later = SchemaState.ofThisBuild + 1
        try store.database.execute(
            "INSERT INTO schema_migrations (version, name, applied_at, oldest_build) VALUES ($1, 'later', $2, $1)",
            later, Timestamp.now)
        if TestStore.Engine.ofThisRun == .sqlite {
            try store.database.execute(SQL(text: "PRAGMA user_version = \(later)"))
        }
        let late = try run(function, variables.merging(["DATABASE_URL": store.url]) { $1 })
        #expect(late.status == 1 && late.response["statusCode"]?.integer == 503, "\(late.response)")
    }

    @Test("A run that gets no key set ends with 1")
    func noKeySet() throws {
        let issuer = try FakeProvider { _ in .json(["nothing": true]) }
        let variables = [
            "DATABASE_URL": store.url, "ENVIRONMENT": "development", "SUPABASE_URL": TestSession.url,
            "UPSTREAM_SUPABASE": issuer.url, "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 },
        ]
        let failed = try run("scheduled-session-keys", variables)
        #expect(failed.status == 1 && failed.response["statusCode"]?.integer == 502, "\(failed.response)")
        let dead = try run(
            "scheduled-session-keys", variables.merging(["UPSTREAM_SUPABASE": "http://127.0.0.1:1"]) { $1 })
        #expect(dead.status == 1 && dead.response["statusCode"]?.integer == 502, "\(dead.response)")
        let host = TestSession.url.dropFirst("https://".count)
        #expect(dead.log.contains("the issuer of session tokens at \(host) gave no answer"), "\(dead.log)")
    }

    @Test("local-runner invoke prints the response of a run that fails, and exits with 1")
    func invoked() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "wrangler-like.json",
            """
            {"name": "test", "functions": [{"route": "/scheduled/sync", "function": "scheduled-sync", "methods": [],
                "bindings": ["DATABASE_URL"]}],
             "triggers": {"crons": [{"cron": "* * * * *", "function": "scheduled-sync"}]}}
            """)
        func invoke(_ url: String) throws -> (status: Int32, output: String) {
            let process = try PipedProgram(
                BuiltProducts.program("local-runner"),
                arguments: [
                    "invoke", "scheduled-sync", "--config", folder.path("wrangler-like.json"), "--database", url,
                ], environment: [:], seconds: 60)
            let status = try process.waitForEnd()
            return (status, String(decoding: process.output, as: UTF8.self))
        }
        let failed = try invoke("sqlite:/nonexistent/store.db")
        #expect(failed.status == 1 && failed.output.hasPrefix("HTTP/1.1 503\n"), "\(failed)")
        let done = try invoke(store.url)
        #expect(done.status == 0 && done.output.hasPrefix("HTTP/1.1 200\n"), "\(done)")
    }
}
