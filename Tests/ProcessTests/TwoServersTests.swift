import Base
import Foundation
import Store
import TestSupport
import Testing

/// Two `local-runner serve` that share a database, as two machines do.
@Suite(.serialized, .usesStore) struct TwoServersTests {
    private let store: TestStore
    private let folder: TemporaryFolder
    private let okta: FakeProvider

    init() throws {
        store = try TestStore()
        folder = try TemporaryFolder()
        // An org that refuses the credentials ends a sync with its first requests.
        okta = try FakeProvider { _ in .json(["errorCode": "E0000011", "errorSummary": "Invalid token"], status: 401) }
        try FileManager.default.copyItem(
            atPath: BuiltProducts.project + "/wrangler-like.json", toPath: folder.path("wrangler-like.json"))
    }

    private func serve(_ log: String) throws -> TestProcess {
        let secret = String(repeating: "a1", count: 32)
        return try TestProcess(
            BuiltProducts.program("local-runner"),
            [
                "serve", "--config", folder.path("wrangler-like.json"), "--ip", "127.0.0.1", "--port", "0", "--workers",
                "2", "--metrics", "127.0.0.1:0",
            ],
            environment: [
                "DATABASE_URL": store.url, "ENVIRONMENT": "development", "UPSTREAM_OKTA": okta.url,
                "CREDENTIALS_KEY": FakeOkta.credentialsKey, "SUPABASE_URL": "http://127.0.0.1:1",
                "SUPABASE_JWT_SECRET": secret, "EXPORT_CURSOR_SECRET": secret, "CONFIRMATION_SECRET": secret,
                "AUDIT_SIGNING_KEY": secret,
            ], log: folder.path(log))
    }

    private func lines(_ log: String) -> [JSON] {
        folder.read(log).split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) }
    }

    /// True if a server has run this function by its schedule.
    private func hasFired(_ function: String, in log: String) -> Bool {
        lines(log).contains { $0["method"] == "CRON" && $0["function"] == .string(function) && $0["status"] == 200 }
    }

    /// Reads a counter of a server; returns 0 if the metrics don't have it.
    private func counter(_ sample: String, in log: String) throws -> Int {
        let message = lines(log).compactMap(\.["message"]?.string).first { $0.hasPrefix("metrics on ") }
        let port = try #require(message?.split(separator: ":").last.flatMap { Int($0) })
        let reply = try TCPClient(port: port).request("GET", "/metrics")
        let line = reply.text.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
        return line.flatMap { Int($0.dropFirst(sample.count + 1)) } ?? 0
    }

    /// Both servers run every schedule, and their workers look for due work too. Schedules fire at full minutes.
    @Test("Work that is due is done once although two servers run the schedules")
    func once() throws {
        let start = Timestamp.now
        let integrations = try [store.own, store.other].map { try $0.connectOkta() }
        try store.database.execute("UPDATE integrations SET next_auto_sync_at = $1", start - 60)
        let logs = ["first", "second"]
        let servers = try logs.map(serve)
        let functions = ["scheduled-sync", "scheduled-housekeeping", "scheduled-session-keys"]
        #expect(
            poll(seconds: 90) { logs.allSatisfy { log in functions.allSatisfy { hasFired($0, in: log) } } },
            "\(folder.read("first")) \(folder.read("second"))")
        func isIdle() throws -> Bool {
            try store.database.first("SELECT 1 FROM jobs WHERE kind = 'sync'") { _ in true } == nil
        }
        #expect(try poll(seconds: 30) { try isIdle() })
        // Each integration also has its own second of the hour, which may be in this test's time.
        let expected = integrations.map { $0.hourlyMoments(from: start, to: .now) + 1 }
        for (integration, count) in zip(integrations, expected) {
            let runs = try store.database.first(
                "SELECT count(*) FROM sync_runs WHERE integration_id = $1", integration
            ) { try $0[0] as Int }
            #expect((1...count).contains(runs ?? 0), "\(runs ?? 0) syncs")
        }
        // The counters of both servers together show a number of syncs in the same range.
        let syncs = try logs.map {
            try counter(#"thalian_syncs_total{platform="okta",result="authentication_expired"}"#, in: $0)
        }
        #expect((integrations.count...expected.reduce(0, +)).contains(syncs.reduce(0, +)), "\(syncs)")
        let calls = try logs.map {
            try counter(#"thalian_upstream_requests_total{platform="okta",status="401"}"#, in: $0)
        }
        #expect(calls.reduce(0, +) >= 2, "\(calls)")
        for server in servers { server.send(SIGTERM) }
        for server in servers { #expect(server.waitForEnd(seconds: 30) == 0) }
    }
}

extension Identifier {
    /// Returns the number of times from `start` to `end` at which hourly work for the object with this id is due.
    fileprivate func hourlyMoments(from start: Timestamp, to end: Timestamp) -> Int {
        let offset = (Int(description.prefix(8), radix: 16) ?? 0) % 3_600
        return (start.seconds...end.seconds).count { $0 % 3_600 == offset }
    }
}
