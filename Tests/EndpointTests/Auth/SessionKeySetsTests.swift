import Auth
import Base
import Function
import HTTP
import Invocation
import Store
import TestSupport
import Testing

@testable import api_api_keys
@testable import scheduled_session_keys

/// The keys of session tokens are fetched from their issuer and stored for all functions.
@Suite(.usesStore) struct SessionKeySetsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private static let jwks: JSON = [
        "keys": [
            [
                "kty": "EC", "kid": "ec-1", "alg": "ES256", "use": "sig", "crv": "P-256", "x": .string(Vectors.x),
                "y": .string(Vectors.y),
            ]
        ]
    ]

    private func variables(_ provider: FakeProvider?) -> Environment {
        var variables = ["ENVIRONMENT": "development"]
        variables["UPSTREAM_SUPABASE"] = provider?.url
        return store.environment(variables)
    }

    private func fetch(_ provider: FakeProvider?, at now: Timestamp) -> Int {
        Schedule(SessionKeySets.self, variables(provider)).respond(to: ScheduledEvent(time: now)).status
    }

    private func ask() -> Int {
        let call = Call(query: "workspaceId=\(store.own.id)").session(Vectors.es256)
        return store.send(call, to: APIKeysFunction.self).status
    }

    private func provider() throws -> FakeProvider {
        try FakeProvider { request in
            request.target == "/auth/v1/.well-known/jwks.json" && request.headers["Host"] == "project.example"
                ? .json(Self.jwks) : nil
        }
    }

    @Test("A token is accepted once its key has been fetched") func aTokenPassesOnceItsKeyHasBeenFetched() throws {
        let provider = try provider()
        #expect(ask() == 401)
        #expect(fetch(provider, at: TestStore.now) == 200)
        #expect(ask() == 200)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("Keys are fetched after five minutes, or after one minute if an unknown key was seen")
    func keysAreFetchedEveryFiveMinutesAndAMinuteAfterOneWasMissing() throws {
        let provider = try provider()
        let now = TestStore.now
        for time in [now, now + 60, now + 299] { #expect(fetch(provider, at: time) == 200) }
        #expect(provider.requests.count == 1)
        _ = fetch(provider, at: now + 300)
        #expect(provider.requests.count == 2)
        try store.database.execute("UPDATE session_key_sets SET key_set = $1", #"{"keys":[]}"#)
        #expect(ask() == 401)
        _ = fetch(provider, at: now + 359)
        #expect(provider.requests.count == 2)
        _ = fetch(provider, at: now + 360)
        #expect(provider.requests.count == 3)
        #expect(ask() == 200)
    }

    /// Anyone can send an unlimited number of tokens with unknown keys.
    @Test("A flood of unknown keys is recorded once") func aFloodOfUnknownKeysIsNotedOnce() throws {
        let provider = try provider()
        _ = fetch(provider, at: TestStore.now)
        try store.database.execute("UPDATE session_key_sets SET key_set = $1", #"{"keys":[]}"#)
        #expect(ask() == 401)
        let earlier = TestStore.now - 7
        try store.database.execute("UPDATE session_key_sets SET wanted_at = $1", earlier)
        for _ in 0..<3 { #expect(ask() == 401) }
        let wanted = try store.database.first("SELECT wanted_at FROM session_key_sets") { try $0[0] as Timestamp }
        #expect(wanted == earlier)
    }

    @Test("A failed or malformed key set does not replace the stored one") func whatIsNoKeySetReplacesNone() throws {
        let provider = try provider()
        _ = fetch(provider, at: TestStore.now)
        for (index, reply) in [FakeProvider.Reply(404), .init(text: "{}"), .init(text: "<html>")].enumerated() {
            provider.fail(reply)
            _ = fetch(provider, at: TestStore.now + 400 * (index + 1))
            #expect(ask() == 200)
        }
        #expect(provider.requests.count == 4)
    }

    @Test("No key set is fetched if a variable contains the keys")
    func nothingIsFetchedWhereAVariableNamesTheKeys() throws {
        let provider = try provider()
        let environment = store.environment([
            "ENVIRONMENT": "development", "UPSTREAM_SUPABASE": provider.url, "SUPABASE_JWKS": #"{"keys":[]}"#,
        ])
        let schedule = Schedule(SessionKeySets.self, environment)
        #expect(schedule.respond(to: ScheduledEvent(time: TestStore.now)).status == 200)
        #expect(provider.requests.isEmpty)
    }
}
