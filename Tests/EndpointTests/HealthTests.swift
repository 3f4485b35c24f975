import Base
import Store
import TestSupport
import Testing

@testable import api_health

@Suite struct HealthTests {
    private func check(_ reply: Reply, _ status: Int, _ overall: JSON, _ database: JSON) {
        #expect(reply.status == status)
        #expect(reply.json["status"] == overall && reply.json["services"] == ["database": database])
        #expect(reply.json["timestamp"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(reply.json["latencyMs"]?.integer.map { $0 >= 0 } == true)
        #expect(reply.json.object?.count == 4)
    }

    @Test func isOKForAnyone() throws {
        let store = try TestStore()
        check(store.send(Call(), to: Health.self), 200, "ok", "ok")
        check(store.send(Call().session("not a token").key("thal_x"), to: Health.self), 200, "ok", "ok")
    }

    @Test func isDegradedWhileMigrationsAreMissing() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        _ = try database.isCurrent()
        let pipeline = TestPipeline(Health.self, Environment(["DATABASE_URL": empty.url]))
        check(pipeline.send(Call()), 200, "degraded", "degraded")
        try database.migrate()
        check(pipeline.send(Call()), 200, "ok", "ok")
    }

    @Test func isUnavailableWithoutADatabase() throws {
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
    @Test func recovers() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("late.db")
        let pipeline = TestPipeline(Health.self, Environment(["DATABASE_URL": "sqlite:" + path]))
        check(pipeline.send(Call()), 503, "degraded", "unreachable")
        try SQLiteDatabase(path: path, creates: true).migrate()
        check(pipeline.send(Call()), 200, "ok", "ok")
    }

    @Test func anUnknownEngineIsAnErrorOfOurs() {
        let reply = TestPipeline(Health.self, Environment(["DATABASE_URL": "oracle:x"])).send(Call())
        #expect(reply.status >= 500 && !reply.text.contains("oracle"))
    }
}
