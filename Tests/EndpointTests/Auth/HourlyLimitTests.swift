import Base
import Foundation
import Store
import TestSupport
import Testing

@testable import api_mcp_findings
@testable import api_mcp_rules

@Suite(.usesStore) struct HourlyLimitTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func limits(_ reply: Reply) -> [String?] {
        ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"].map { reply.headers[$0] }
    }

    @Test("A key has a thousand requests an hour") func aThousandAnHour() {
        var now = TestStore.now
        let pipeline = TestPipeline(RulesFunction.self, store.environment(), now: { now })
        let call = Call().key(store.own.readKey)
        #expect(limits(pipeline.send(call)) == ["1000", "999", "1800", nil])
        for _ in 2..<1_000 { _ = pipeline.send(call) }
        let last = pipeline.send(call)
        #expect(last.status == 200 && limits(last) == ["1000", "0", "1800", nil])
        let refused = pipeline.send(call)
        #expect(refused.status == 429 && limits(refused) == ["1000", "0", "1800", "1800"])
        #expect(refused.error == "This API key has used its 1000 requests for this hour. Try again later.")
        #expect(pipeline.send(Call().key(store.own.writeKey)).status == 200, "each key has its own")
        now = TestStore.now + 1_799
        #expect(limits(pipeline.send(call)) == ["1000", "0", "1", "1"])
        now = TestStore.now + 1_800
        #expect(limits(pipeline.send(call)) == ["1000", "999", "3600", nil])
    }

    @Test("Requests to all endpoints count together") func allEndpointsCountTogether() {
        for (index, operation) in (Operation.keyed + Operation.either).enumerated() {
            let call = operation.call(workspace: nil).key(store.own.writeKey)
            #expect(store.send(call, to: operation.function).headers["RateLimit-Remaining"] == String(999 - index))
        }
    }

    @Test("Requests that the handler refuses count, and the answer has the limit fields")
    func errorsOfTheHandlerCountAndSaySo() {
        let reply = store.send(Call(query: "limit=0").key(store.own.readKey), to: FindingsFunction.self)
        #expect(reply.status == 400 && limits(reply) == ["1000", "999", "1800", nil])
    }

    @Test("Requests that the workspace's address rule refuses do not count")
    func whatIsRefusedBeforeDoesNotCount() throws {
        try store.own.set(allowlist: #"["192.0.2.1"]"#)
        for _ in 0..<3 { #expect(store.send(Call().key(store.own.readKey), to: RulesFunction.self).status == 403) }
        try store.own.set()
        #expect(
            store.send(Call().key(store.own.readKey), to: RulesFunction.self).headers["RateLimit-Remaining"] == "999")
    }

    @Test("A variable sets the hourly limit") func theLimitIsAVariable() {
        func send(_ limit: String) -> Reply {
            store.send(
                Call().key(store.own.readKey), to: RulesFunction.self, variables: ["API_KEY_HOURLY_LIMIT": limit])
        }
        #expect(
            send("2").status == 200 && send("2").status == 200 && send("2").status == 429 && send("3").status == 429)
        #expect(send("100").status == 200)
    }

    /// A malformed API_KEY_HOURLY_LIMIT must neither remove the limit nor restore the default.
    @Test(
        "A limit that is not a number is an internal error",
        arguments: ["abc", "1e3", " 5", "5 ", "-5", "1.5", "0x10", "99999999999999999999"])
    func aLimitThatIsNoNumberIsAnErrorOfOurs(_ limit: String) {
        let reply = store.send(
            Call().key(store.own.readKey), to: RulesFunction.self, variables: ["API_KEY_HOURLY_LIMIT": limit])
        #expect(reply.status == 500 && !reply.text.contains(limit))
        #expect(limits(reply) == [nil, nil, nil, nil])
    }

    @Test("A limit of 0 refuses every request") func aLimitOfNoneLetsNothingThrough() {
        let reply = store.send(
            Call().key(store.own.readKey), to: RulesFunction.self, variables: ["API_KEY_HOURLY_LIMIT": "0"])
        #expect(reply.status == 429)
    }

    @Test("If the file of counters is lost, keys work and counting begins again")
    func lostCountersCostNothingButTheCount() throws {
        let store = try TestStore(on: .sqlite)
        #expect(store.send(Call().key(store.own.readKey), to: RulesFunction.self).status == 200)
        store.database.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: store.path + "-counters" + suffix)
        }
        let reply = store.send(Call().key(store.own.readKey), to: RulesFunction.self)
        #expect(reply.status == 200 && reply.headers["RateLimit-Remaining"] == "999")
    }

    /// A request that can't be counted is refused; migrating starts a new count.
    @Test("With damaged counters, keys get 503 until the next migration")
    func damagedCountersMakeKeysUnavailableUntilMigration() throws {
        let store = try TestStore(on: .sqlite)
        store.database.close()
        try store.folder.write("store.db-counters", String(repeating: "no database here. ", count: 500))
        let reply = store.send(Call().key(store.own.readKey), to: RulesFunction.self)
        #expect(reply.status == 503 && reply.headers["Retry-After"] == "5")
        #expect(try store.connect().isCurrent())
        try store.connect().migrate()
        #expect(store.send(Call().key(store.own.readKey), to: RulesFunction.self).status == 200)
    }
}
