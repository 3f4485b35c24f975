import Auth
import Base
import HTTP
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_mcp_rules

@Suite(.usesStore) struct CredentialsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func list(_ authorization: String?, at now: Timestamp = TestStore.now) -> Int {
        var call = Call(query: "workspaceId=\(store.own.id)")
        call.headers["Authorization"] = authorization
        return store.send(call, to: APIKeysFunction.self, at: now).status
    }

    private func rules(_ headers: [String: String]) -> Reply {
        var call = Call()
        call.headers = headers
        return store.send(call, to: RulesFunction.self)
    }

    @Test("A session token is accepted as a Bearer token only") func sessionTokensAreBearerTokens() {
        let token = store.own.token()
        for good in ["Bearer \(token)", "bearer \(token)", "BEARER \(token)"] { #expect(list(good) == 200, "\(good)") }
        for bad in [
            nil, "", "Bearer", "Bearer ", token, "Basic \(token)", "Bearer\(token)", "Bearer \(token) x",
            "Token \(token)",
            "Bearer \(token), Bearer \(token)", "Bearer \(store.own.readKey)", "Bearer \(store.own.writeKey)",
        ] {
            #expect(list(bad) == 401, "\(bad ?? "none")")
        }
    }

    @Test("A 401 answer says how to authenticate") func aRefusalSaysHowToAuthenticate() {
        for operation in Operation.all {
            let reply = store.send(operation.call(workspace: store.own.id.description), to: operation.function)
            #expect(reply.status == 401 && reply.headers["WWW-Authenticate"] == "Bearer")
            let wanted =
                switch operation.access {
                case .session: "session token"
                case .apiKey: "API key"
                case .sessionOrKey: "session token or API key"
                }
            #expect(reply.error == "Missing or invalid \(wanted).")
        }
    }

    @Test("A session ends when its token expires, with 30 seconds of tolerance") func sessionsEndWithTheirToken() {
        let token = "Bearer " + store.own.token()
        #expect(list(token, at: TestStore.now + 3_629) == 200 && list(token, at: TestStore.now + 3_630) == 401)
    }

    @Test("A token that has expired is told apart from an invalid one") func expiredTokens() {
        func error(_ token: String) -> String? {
            var call = Call(query: "workspaceId=\(store.own.id)")
            call.headers["Authorization"] = "Bearer " + token
            let reply = store.send(call, to: APIKeysFunction.self)
            #expect(reply.status == 401 && reply.headers["WWW-Authenticate"] == "Bearer")
            return reply.error
        }
        let end: JSON = .integer(TestStore.now.seconds - 31)
        #expect(error(store.own.token { $0["exp"] = end }) == "The session token has expired. Sign in again.")
        for invalid in [
            store.own.token { ($0["exp"], $0["aud"]) = (end, "anon") }, store.own.token { $0["exp"] = end } + "0",
            store.own.token { $0["exp"] = nil },
        ] {
            #expect(error(invalid) == "Missing or invalid session token.")
        }
    }

    @Test("An API key is accepted as a Bearer token or in X-Api-Key") func keysAreBearerTokensOrInTheirOwnField() {
        let key = store.own.readKey
        #expect(rules(["Authorization": "Bearer \(key)"]).status == 200)
        #expect(rules(["X-Api-Key": key]).status == 200 && rules(["x-api-key": key]).status == 200)
        for bad in [
            [:], ["Authorization": key], ["X-Api-Key": "Bearer \(key)"], ["X-Api-Key": ""], ["X-Api-Key": key + " "],
            ["X-Api-Key": key + "," + key], ["Authorization": "Bearer \(store.own.token())"],
            ["X-Api-Key": store.own.revokedKey], ["X-Api-Key": String(key.dropLast())], ["X-Api-Key": key + "0"],
            ["X-Api-Key": "thal_"], ["X-Api-Key": "THAL_" + key.dropFirst(5)],
            ["X-Api-Key": "thal_" + String(repeating: "0", count: 40)],
            ["X-Api-Key": String(key.dropLast()) + "é"],
            ["X-Api-Key": store.own.revokedKey, "Authorization": "Bearer \(key)"],
            ["X-Api-Key": "' OR 1=1 --"],
        ] {
            let reply = rules(bad)
            #expect(reply.status == 401 && reply.error?.hasPrefix("Missing or invalid API key.") == true, "\(bad)")
        }
    }

    @Test("Credentials of the other kind are refused with a sentence that says so") func wrongKind() {
        let (token, key) = (store.own.token(), store.own.readKey)
        for fields in [["Authorization": "Bearer " + token], ["X-Api-Key": token]] {
            #expect(
                rules(fields).error == "Missing or invalid API key. This operation does not accept session tokens.")
        }
        for fields in [["Authorization": "Bearer " + key], ["X-Api-Key": key], ["Authorization": "Bearer thal_x"]] {
            var call = Call(query: "workspaceId=\(store.own.id)")
            call.headers = fields
            let reply = store.send(call, to: APIKeysFunction.self)
            #expect(reply.status == 401 && reply.headers["WWW-Authenticate"] == "Bearer")
            #expect(reply.error == "Missing or invalid session token. This operation does not accept API keys.")
        }
        // An expired token, and a text that only looks like one, are of this kind too.
        for text in ["eyJ.x.y", token + "0"] {
            #expect(rules(["X-Api-Key": text]).error?.hasSuffix("does not accept session tokens.") == true, "\(text)")
        }
        for text in ["x.y.z", "eyJ.x", "x"] {
            #expect(rules(["X-Api-Key": text]).error == "Missing or invalid API key.", "\(text)")
        }
    }

    /// The prefix selects the stored key; the hash of the whole key must match.
    @Test("Every character of an API key counts") func everyCharacterOfAKeyCounts() {
        let key = Array(store.own.readKey.utf8)
        let pipeline = TestPipeline(RulesFunction.self, store.environment())
        for place in key.indices {
            var changed = key
            changed[place] = changed[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(
                pipeline.send(Call().key(String(decoding: changed, as: UTF8.self))).status == 401, "character \(place)")
        }
    }

    @Test("Keys with the same prefix are told apart") func keysMayShareAPrefix() throws {
        try store.database.execute("UPDATE api_keys SET prefix = $1", String(store.own.readKey.prefix(9)))
        #expect(rules(["X-Api-Key": store.own.readKey]).status == 200)
        #expect(rules(["X-Api-Key": store.own.revokedKey]).status == 401)
    }
}
