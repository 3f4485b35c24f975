import Auth
import Base
import Function
import Invocation
import Store
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_mcp_rules
@testable import scheduled_housekeeping

/// Too many requests with invalid credentials get 429, and valid requests are not affected.
@Suite(.usesStore) struct FailedAuthenticationsTests {
    private let store: TestStore
    private static let limit = 60

    init() throws { store = try TestStore() }

    private func rules(_ key: String, from peer: String = "203.0.113.9", at now: Timestamp = TestStore.now) -> Reply {
        store.send(Call().key(key).from(peer), to: RulesFunction.self, at: now)
    }

    private func list(_ token: String, from peer: String = "203.0.113.9") -> Reply {
        store.send(
            Call(query: "workspaceId=\(store.own.id)").session(token).from(peer), to: APIKeysFunction.self)
    }

    /// Returns a well-formed key that does not exist.
    private func wrongKey(_ number: Int = 0) -> String {
        let digits = String(number)
        return "thal_" + String(repeating: "0", count: 40 - digits.count) + digits
    }

    private func counts() throws -> [String: Int] {
        let rows = try store.database.counters.rows(
            "SELECT subject, count FROM counters WHERE subject LIKE 'failed_authentication:%'"
        ) { (try $0[0] as String, try $0[1] as Int) }
        return Dictionary(rows) { $0 + $1 }
    }

    @Test("An address with too many failed authentications gets 429 until the minute ends")
    func anAddressWithTooManyFailuresGets429() {
        for number in 1...Self.limit { #expect(rules("thal_\(number)").status == 401) }
        let reply = rules("thal_x")
        #expect(reply.status == 429 && reply.headers["Retry-After"] == "60")
        #expect(reply.error == "Too many requests with credentials that are not valid. Try again later.")
        // Invalid session tokens from this address are refused too, and other addresses are not affected.
        #expect(list("no.token.atall").status == 429)
        #expect(rules("thal_x", from: "203.0.113.10").status == 401)
        #expect(rules("thal_x", at: TestStore.now + 60).status == 401)
    }

    @Test("Valid credentials are accepted even from a blocked address") func credentialsThatHoldAreNeverRefused() {
        for number in 1...Self.limit + 5 { _ = rules("thal_\(number)") }
        #expect(rules(store.own.readKey).status == 200)
        #expect(list(store.own.token()).status == 200)
    }

    @Test("Guesses at one prefix from many addresses get 429, and the key's owner does not")
    func aPrefixThatIsTriedFromManyAddressesGets429AndItsOwnerDoesNot() throws {
        let key = store.own.readKey
        func guess(_ number: Int) -> String {
            let digits = String(number)
            return key.prefix(9) + String(repeating: "0", count: 36 - digits.count) + digits
        }
        for number in 1...Self.limit {
            #expect(rules(guess(number), from: "198.51.100.\(number)").status == 401)
        }
        #expect(rules(guess(100), from: "198.51.100.200").status == 429)
        #expect(rules(key, from: "198.51.100.201").status == 200)
        #expect(rules(wrongKey(), from: "198.51.100.202").status == 401)
    }

    /// Providers usually give each customer an IPv6 network with 2^64 or more addresses.
    @Test("Addresses of one IPv6 network are counted together") func addressesOfOneNetworkCountTogether() {
        for number in 1...Self.limit { _ = rules("thal_x", from: "2001:db8:1:2::\(number)") }
        #expect(rules("thal_x", from: "2001:db8:1:2:ffff::1").status == 429)
        #expect(rules("thal_x", from: "2001:db8:1:3::1").status == 401)
    }

    /// A flood of requests must not cause unlimited writes.
    @Test("Failures beyond the limit write nothing") func failuresBeyondTheLimitWriteNothing() throws {
        for _ in 1...Self.limit + 1 { _ = rules("thal_x") }
        let before = try counts()
        for _ in 1...20 { #expect(rules("thal_x").status == 429) }
        #expect(try counts() == before && before.values.max() == Self.limit + 1)
    }

    @Test("Invented keys can't fill the table of counters") func madeUpKeysFillNothing() throws {
        for number in 0..<Self.limit + 40 {
            let digits = String(number + 1_000)
            _ = rules("thal_" + digits + String(repeating: "0", count: 40 - digits.count))
        }
        #expect(try counts().count == Self.limit + 1)
    }

    @Test("Requests without credentials do not count") func requestsWithoutCredentialsDoNotCount() throws {
        for _ in 1...5 { #expect(store.send(Call(), to: RulesFunction.self).status == 401) }
        #expect(try counts().isEmpty)
    }

    @Test("Old counts are deleted by housekeeping") func oldCountsAreForgotten() throws {
        _ = rules("thal_x")
        _ = rules(store.own.readKey)
        #expect(try counts().count == 1)
        let schedule = Schedule(Housekeeping.self, store.environment())
        #expect(schedule.respond(to: ScheduledEvent(time: TestStore.now + 600)).status == 200)
        #expect(try counts().count == 1)
        #expect(schedule.respond(to: ScheduledEvent(time: TestStore.now + .hours(1) + 1)).status == 200)
        #expect(try counts().isEmpty)
        let others = try store.database.counters.first("SELECT count(*) FROM counters") { try $0[0] as Int }
        #expect(others == 1)
    }
}
