import Base
import Foundation
import HTTP
import Store
import TestSupport
import Testing

@testable import api_health

/// On a full disk and with a read-only database, reads are answered, writes get 503, health is degraded, and the log
/// has the reason.
@Suite(.usesStore) struct UnwritableStoreTests {
    /// Expects 200 for a GET and 503 for every other call while nothing can be written. A call to which a writable
    /// store answers 404 may get 404 here too.
    private func check(_ operation: Operation, _ status: Int?, _ body: JSON?, _ fields: (String) -> String?) {
        let explanation: Comment = "\(operation.testDescription): \(status ?? 0) \(body ?? .null)"
        if operation.method == "GET" {
            #expect(status == 200, explanation)
        } else if status == 503 {
            #expect(fields("Retry-After") == "60", explanation)
            #expect(
                body == [
                    "error": "Changes are not possible now; nothing was changed. Reading still works. Try again later."
                ], explanation)
        } else {
            #expect(operation.answer == 404 && status == 404, explanation)
        }
    }

    // MARK: SQLite

    /// The report of small-disk.py about a call.
    private struct Outcome {
        let status: Int?
        let body: JSON?
        let headers: JSON?
        let log: [JSON]

        init(_ report: JSON) {
            status = report["response"]?["statusCode"]?.integer
            body = (report["response"]?["body"]?.string).flatMap { try? JSON(parsing: $0.utf8) }
            headers = report["response"]?["headers"]
            log = (report["log"]?.array ?? []).compactMap { try? JSON(parsing: ($0.string ?? "").utf8) }
        }
    }

    /// Calls functions while their database's disk is in a state: full, read-only, limited (no process may write to a
    /// file), or full and then freed (Tests/Fixtures/small-disk.py).
    private func outcomes(_ state: String, _ store: TestStore, _ calls: [(program: String, call: Call)]) throws
        -> [Outcome]
    {
        let list = calls.map { call -> JSON in
            [
                "program": .string(BuiltProducts.program(call.program)), "event": call.call.event,
                "environment": .object(store.variables().mapValues { .string($0) }),
            ]
        }
        store.database.close()
        try Data(JSONWriter.bytes(JSON.array(list))).write(to: URL(filePath: store.folder.path("calls.json")))
        let user = geteuid() == 0 ? "" : "--map-root-user"
        let report = try Shell.run(
            #"unshare $3 --mount python3 "$1" "$2" "$4""#,
            [BuiltProducts.project + "/Tests/Fixtures/small-disk.py", store.folder.path, user, state], seconds: 120)
        let outcomes = try #require(try JSON(parsing: report.utf8).array).map(Outcome.init)
        try #require(outcomes.count == calls.count)
        return outcomes
    }

    @Test(
        "On a full, limited or read-only disk, reads are answered and writes get 503",
        arguments: ["full", "read-only", "limited"], [true, false])
    func sqlite(_ state: String, _ hasCounters: Bool) throws {
        let store = try TestStore(filled: true, on: .sqlite)
        store.database.close()
        if !hasCounters {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: store.path + "-counters" + suffix)
            }
        }
        let outcomes = try outcomes(state, store, Operation.all.map { ($0.program, $0.callNow(store)) })
        for (operation, outcome) in zip(Operation.all, outcomes) {
            check(operation, outcome.status, outcome.body) { outcome.headers?[$0]?.string }
            // A key's reads can't be counted, but are answered.
            if case .apiKey(.read) = operation.access { #expect(outcome.headers?["RateLimit-Limit"] == nil) }
            let isRefused = outcome.status == 503
            let isUncounted = if case .apiKey(.read) = operation.access { true } else { false }
            guard isRefused || isUncounted else { continue }
            // Calls of a provider are logged as well.
            let log = outcome.log.filter { $0["counter"] == nil }
            #expect(log.count == 1 && log.first?["level"] == "error", "\(operation.name): \(outcome.log)")
            let message = log.first?["message"]?.string ?? ""
            #expect(message.hasPrefix("the database can't be written, but reading still works: "), "\(message)")
        }
    }

    @Test(
        "Health is degraded on a full or read-only disk, and the log has the reason",
        arguments: ["full", "read-only"])
    func health(_ state: String) throws {
        let store = try TestStore(on: .sqlite)
        let outcome = try outcomes(state, store, [("api-health", Call())])[0]
        #expect(outcome.status == 200)
        #expect(outcome.body?["status"] == "degraded" && outcome.body?["services"] == ["database": "degraded"])
        #expect(outcome.log.count == 1 && outcome.log[0]["message"]?.string?.contains("can't be written") == true)
    }

    @Test("An invalid session token or API key is refused on a read-only disk too")
    func badTokens() throws {
        let store = try TestStore(on: .sqlite)
        for outcome in try outcomes(
            "read-only", store,
            [
                ("api-api-keys", Call(query: "workspaceId=\(store.own.id)").session("a.b.c")),
                ("api-mcp-rules", Call().key("thal_" + String(repeating: "x", count: 40))),
            ])
        { #expect(outcome.status == 401) }
    }

    @Test("A refused write is accepted once there is room again, and left nothing behind")
    func room() throws {
        let store = try TestStore(filled: true, on: .sqlite)
        let make = Operation.session[1]
        let list = Operation.session[0]
        let health: (String, Call) = ("api-health", Call())
        let calls = [make, list].map { ($0.program, $0.callNow(store)) } + [health]
        let outcomes = try outcomes("freed", store, calls + calls)
        #expect(outcomes.map(\.status) == [503, 200, 200, 200, 200, 200])
        let before = try #require(outcomes[1].body?["keys"]?.array).count
        #expect(outcomes[4].body?["keys"]?.array?.count == before + 1)
        #expect([outcomes[2], outcomes[5]].map { $0.body?["status"] } == ["degraded", "ok"])
    }

    // MARK: PostgreSQL

    #if PostgreSQL
        private static let isPostgreSQL = TestStore.Engine.ofThisRun == .postgreSQL

        /// Makes the transactions of all new sessions read-only, as some providers of databases do if a disk is nearly
        /// full, or writable again.
        private func setReadOnly(_ isReadOnly: Bool, _ store: TestStore) throws {
            try store.database.transaction(.write) {
                try store.database.execute("SET TRANSACTION READ WRITE")
                let value: SQL = isReadOnly ? "on" : "off"
                try store.database.execute(
                    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = " + value
                        + "', current_database()); END $$")
            }
            // A pooler must not continue with old sessions. This session ends last, because an ended session can't end
            // others.
            try store.database.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """)
            _ = try? store.database.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        }

        @Test(
            "On a read-only PostgreSQL, reads are answered and writes get 503",
            .enabled(if: isPostgreSQL, "SQLite has tests of its own"))
        func readOnlyPostgreSQL() throws {
            let store = try TestStore(filled: true)
            try setReadOnly(true, store)
            for operation in Operation.all {
                let reply = store.send(operation.goodCall(store), to: operation.function)
                check(operation, reply.status, reply.json) { reply.headers[$0] }
            }
            // From its second request on, this process has cached the key, and reads and counts in one round trip.
            let reads = Operation.reads[0]
            let pipeline = TestPipeline(reads.function, store.environment())
            for _ in 0..<3 { #expect(pipeline.send(reads.goodCall(store)).status == 200) }
            #expect(store.send(Call(), to: Health.self).json["status"] == "degraded")
            try setReadOnly(false, store)
            // The old, read-only session may take a moment to end.
            #expect(poll { pipeline.send(reads.goodCall(store)).headers["RateLimit-Limit"] == "1000" })
            let make = Operation.session[1]
            #expect(store.send(make.goodCall(store), to: make.function).status == 200)
        }

        /// Triggers raise disk_full (53100) if a counter or an audit entry is written.
        @Test(
            "On a PostgreSQL with a full disk, reads are answered and writes get 503",
            .enabled(if: isPostgreSQL, "SQLite has tests of its own"))
        func fullPostgreSQL() throws {
            let store = try TestStore(filled: true)
            try store.database.execute(
                """
                DO $$ BEGIN
                    CREATE FUNCTION raise_full() RETURNS trigger LANGUAGE plpgsql AS
                        'BEGIN RAISE EXCEPTION ''no space left on device'' USING ERRCODE = ''53100''; END';
                    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON counters
                        FOR EACH ROW EXECUTE FUNCTION raise_full();
                    CREATE TRIGGER full_disk BEFORE INSERT ON audit_log
                        FOR EACH ROW EXECUTE FUNCTION raise_full();
                END $$
                """)
            for operation in Operation.keyed {
                let reply = store.send(operation.goodCall(store), to: operation.function)
                check(operation, reply.status, reply.json) { reply.headers[$0] }
            }
            let make = Operation.session[1]
            let reply = store.send(make.goodCall(store), to: make.function)
            check(make, reply.status, reply.json) { reply.headers[$0] }
            #expect(
                try store.database.first("SELECT count(*) FROM api_keys WHERE name = 'made'") { $0.integer(0) } == 0)
        }
    #endif
}
