import Base
import Foundation
import TestSupport
import Testing

@testable import Store
@testable import api_health
@testable import api_mcp_rules

/// Declares setfsuid(2), which Swift's module for the C library lacks.
@_silgen_name("setfsuid") @discardableResult private func setfsuid(_ user: uid_t) -> Int32

@Suite(.usesStore) struct HealthTests {
    private func check(_ reply: Reply, _ status: Int, _ overall: JSON, _ database: JSON) {
        #expect(reply.status == status)
        #expect(reply.json["status"] == overall && reply.json["services"] == ["database": database])
        #expect(reply.json["timestamp"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(reply.json["latencyMs"]?.integer.map { $0 >= 0 } == true)
        #expect(reply.json.object?.count == 4)
    }

    @Test("Health is ok for every caller") func isOKForAnyone() throws {
        let store = try TestStore()
        check(store.send(Call(), to: Health.self), 200, "ok", "ok")
        check(store.send(Call().session("not a token").key("thal_x"), to: Health.self), 200, "ok", "ok")
    }

    @Test("Health answers 503 while the schema is too old for this build") func answers503ForAnOldSchema() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        _ = try database.isCurrent()
        let pipeline = TestPipeline(Health.self, Environment(["DATABASE_URL": empty.url]))
        check(pipeline.send(Call()), 503, "degraded", "degraded")
        try database.migrate(upTo: SchemaState.ofThisBuild - 1)
        check(pipeline.send(Call()), 503, "degraded", "degraded")
        try database.migrate()
        check(pipeline.send(Call()), 200, "ok", "ok")
    }

    /// A later migration names the oldest build that works with it; nil if it only adds.
    @Test("Health is ok while later migrations only add, and 503 once one does more")
    func followsLaterMigrations() throws {
        let store = try TestStore()
        let own = SchemaState.ofThisBuild
        for (version, oldestBuild) in [(own + 1, nil), (own + 2, own + 2)] as [(Int, Int?)] {
            try store.database.execute(
                "INSERT INTO schema_migrations (version, name, applied_at, oldest_build) VALUES ($1, 'later', $2, $3)",
                version, TestStore.now, oldestBuild)
            if TestStore.Engine.ofThisRun == .sqlite {
                try store.database.execute(SQL(text: "PRAGMA user_version = \(version)"))
            }
            if oldestBuild == nil {
                check(store.send(Call(), to: Health.self), 200, "ok", "ok")
                #expect(store.send(Call().key(store.own.readKey), to: RulesFunction.self).status == 200)
            } else {
                check(store.send(Call(), to: Health.self), 503, "degraded", "degraded")
            }
        }
    }

    @Test("A request that fails because of the schema gets 503, and only the log says what to do")
    func requestsGet503ForAnOldSchema() throws {
        let empty = try EmptyDatabase()
        try empty.connect().migrate(upTo: 1)
        let pipeline = TestPipeline(RulesFunction.self, Environment(["DATABASE_URL": empty.url]))
        let call = Call().key(try TestStore().own.readKey)
        let reply = pipeline.send(call)
        #expect(reply.status == 503 && !reply.text.contains("schema"), "\(reply.text)")
        // The log, which a program writes to its standard error, says what to do.
        let program = try PipedProgram(
            BuiltProducts.program("api-mcp-rules"), environment: ["DATABASE_URL": empty.url],
            input: JSONWriter.bytes(call.event))
        #expect(try program.waitForEnd() == 0)
        #expect(try JSON(parsing: program.output)["statusCode"] == 503)
        let log = String(decoding: program.errors, as: UTF8.self)
        #expect(log.contains("has schema version 1") && log.contains("run local-runner migrate"), "\(log)")
    }

    @Test(
        "Health is degraded while the database is read-only",
        .enabled(if: TestStore.Engine.ofThisRun == .postgreSQL, "SQLite has the test of read-only files"))
    func isDegradedWhileTheDatabaseIsReadOnly() throws {
        let store = try TestStore()
        func set(_ value: SQL) throws {
            try store.database.transaction(.write) {
                try store.database.execute("SET TRANSACTION READ WRITE")
                try store.database.execute(
                    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = " + value
                        + "', current_database()); END $$")
            }
            // The setting applies to new sessions, so a pooler must close its old ones. The statement ends the
            // sessions of this database, including its own.
            _ = try? store.database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()")
        }
        try set("on")
        check(store.send(Call(), to: Health.self), 200, "degraded", "degraded")
        try set("off")
        check(store.send(Call(), to: Health.self), 200, "ok", "ok")
    }

    @Test("Health is degraded while the counters can't be opened")
    func isDegradedWhileTheCountersCannotBeOpened() throws {
        let store = try TestStore(on: .sqlite)
        let counters = store.path + "-counters"
        store.database.counters.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: counters + suffix) }
        check(store.send(Call(), to: Health.self), 200, "ok", "ok")
        try FileManager.default.createDirectory(atPath: counters, withIntermediateDirectories: false)
        check(store.send(Call(), to: Health.self), 200, "degraded", "degraded")
        // A read is answered even if its limit can't be counted.
        let uncounted = store.send(Call().key(store.own.readKey), to: RulesFunction.self)
        #expect(uncounted.status == 200 && uncounted.headers["RateLimit-Limit"] == nil)
        try FileManager.default.removeItem(atPath: counters)
        check(store.send(Call(), to: Health.self), 200, "ok", "ok")
    }

    /// Runs as a user without root's right to write every file: the file system checks the thread's own user
    /// (setfsuid(2)).
    @Test("Health is degraded while the database's files are read-only") func isDegradedWhileFilesAreReadOnly() throws {
        let store = try TestStore(on: .sqlite)
        store.database.close()
        let nobody: uid_t = getuid() == 0 ? 65_534 : getuid()
        chmod(store.folder.path, 0o777)
        func check(_ modes: (data: mode_t, counters: mode_t), _ health: JSON) {
            chmod(store.path, modes.data)
            chmod(store.path + "-counters", modes.counters)
            setfsuid(nobody)
            defer { setfsuid(geteuid()) }
            // The parent folders may be closed to this user.
            guard access(store.path, "r") else { return }
            self.check(store.send(Call(), to: Health.self), 200, health, health)
        }
        check((0o666, 0o666), "ok")
        check((0o666, 0o444), "degraded")
        check((0o444, 0o666), "degraded")
        check((0o666, 0o666), "ok")
    }

    /// Returns true if this thread may open the file in a mode of fopen(3).
    private func access(_ path: String, _ mode: String) -> Bool {
        guard let file = fopen(path, mode) else { return false }
        fclose(file)
        return true
    }

    @Test("Health answers 503 without a database, and shows no path") func isUnavailableWithoutADatabase() throws {
        let folder = try TemporaryFolder()
        try folder.write("noise.db", String(repeating: "no database here. ", count: 500))
        for path in ["missing.db", "noise.db", "no/folder.db"] {
            let reply = TestPipeline(Health.self, Environment(["DATABASE_URL": "sqlite:" + folder.path(path)])).send(
                Call())
            check(reply, 503, "degraded", "unreachable")
            #expect(!reply.wire.contains(folder.path), "no path may be shown")
        }
    }

    /// A process that outlives an outage finds the database again.
    @Test("Health becomes ok as soon as the database is back") func recovers() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("late.db")
        let pipeline = TestPipeline(Health.self, Environment(["DATABASE_URL": "sqlite:" + path]))
        check(pipeline.send(Call()), 503, "degraded", "unreachable")
        try SQLiteDatabase(path: path, creates: true).migrate()
        check(pipeline.send(Call()), 200, "ok", "ok")
    }

    @Test("An unknown database engine is an internal error") func anUnknownEngineIsAnErrorOfOurs() {
        let reply = TestPipeline(Health.self, Environment(["DATABASE_URL": "oracle:x"])).send(Call())
        #expect(reply.status >= 500 && !reply.text.contains("oracle"))
    }
}
