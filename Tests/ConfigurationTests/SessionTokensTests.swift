import Auth
import Base
import Testing

@testable import local_runner

@Suite struct SessionTokensTests {
    private static let variables = [
        "SUPABASE_URL": "http://127.0.0.1:54321/", "SUPABASE_JWT_SECRET": "a secret of the tests that is long enough",
    ]

    private func tokens(_ variables: [String: String] = variables) throws -> SessionTokens {
        let configuration = Configuration(
            name: "thalian", listen: ListenAddress(ip: "127.0.0.1", port: 0), functions: [], crons: [],
            variables: variables.mapValues { Secret($0) })
        return try SessionTokens(configuration)
    }

    private let person = SessionTokens.Person(userID: .random(), email: "ada@example.com")

    @Test("Tokens that the runner issues are accepted by the functions") func areWhatTheFunctionsAccept() throws {
        let keys = try SessionKeys(Environment(Self.variables))
        let now = Timestamp.now
        for level in ["aal1", "aal2"] {
            let compact = try tokens().issue(person, level: level, lifetime: 60)
            let token = try #require(SessionToken(compact, keys: keys, now: now))
            #expect(token.userID == person.userID && token.email == person.email)
            #expect(token.hasSecondFactor == (level == "aal2"))
            #expect(abs(token.sessionBegan.seconds - now.seconds) <= 1)
            #expect(SessionToken(compact, keys: keys, now: now + 120) == nil)
        }
        #expect(SessionToken(try tokens().issue(person, lifetime: -60), keys: keys, now: now) == nil)
        var others = Self.variables
        others["SUPABASE_JWT_SECRET"] = "another secret of the tests, long enough"
        #expect(SessionToken(try tokens(others).issue(person), keys: keys, now: now) == nil)
    }

    @Test("Issuing tokens needs a secret and an issuer") func needASecretAndAnIssuer() {
        for name in Self.variables.keys {
            var variables = Self.variables
            variables[name] = ""
            let failure = #expect(throws: Failure.self) { try tokens(variables) }
            #expect(failure?.description.hasPrefix(name) == true)
        }
    }
}
