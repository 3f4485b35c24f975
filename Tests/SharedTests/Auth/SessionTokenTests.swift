import Base
import TestSupport
import Testing

@testable import Auth

@Suite struct SessionTokenTests {
    private static let userID = "aaaaaaaa-0000-4000-8000-000000000002"
    private static let now = TestStore.now

    private func keys() throws -> SessionKeys {
        try SessionKeys(
            Environment(["SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 }]))
    }

    private func read(
        at now: Timestamp = Self.now, _ change: (inout [String: JSON]) -> Void = { _ in }
    ) throws -> SessionToken? {
        let user = try #require(Identifier(Self.userID))
        return SessionToken(TestSession.token(of: user, at: Self.now, change), keys: try keys(), now: now)
    }

    @Test("A token contains the user, the address, the second factor and the start of the session")
    func saysWhoItIs() throws {
        let token = try #require(try read())
        #expect(token.userID.description == Self.userID && token.email == "member@example.com")
        #expect(!token.hasSecondFactor && token.sessionBegan == Self.now - 60)
    }

    @Test("The subject of a token must be a UUID") func theSubjectIsAnyUUID() throws {
        #expect(try read { $0["sub"] = "AAAAAAAA-0000-4000-8000-000000000002" }?.userID.description == Self.userID)
        for subject: JSON? in [nil, .null, "", "alice", "aaaaaaaa", 7, ["x"], .string(Self.userID + " ")] {
            #expect(try read { $0["sub"] = subject } == nil, "\(String(describing: subject))")
        }
    }

    /// Thirty seconds of clock skew: a token is valid 29 seconds after its end, but not 30.
    @Test(
        "A token expires, with 30 seconds of tolerance",
        arguments: [(3_600, true), (1, true), (0, true), (-29, true), (-30, false), (-31, false), (-3_600, false)])
    func expires(_ lifetime: Int, _ holds: Bool) throws {
        #expect(try (read { $0["exp"] = .integer(Self.now.seconds + lifetime) } != nil) == holds)
    }

    @Test(
        "A token is not valid before its nbf time, with 30 seconds of tolerance",
        arguments: [(-3_600, true), (0, true), (30, true), (31, false), (3_600, false)])
    func isNotYetGood(_ start: Int, _ holds: Bool) throws {
        #expect(try (read { $0["nbf"] = .integer(Self.now.seconds + start) } != nil) == holds)
    }

    @Test(
        "A token without a numeric expiry time is refused",
        arguments: [nil, .null, "4102444800", true, [], .string("never")] as [JSON?])
    func needsAnExpiryThatIsATime(_ expiry: JSON?) throws {
        #expect(try read { $0["exp"] = expiry } == nil)
        if expiry != nil { #expect(try read { $0["nbf"] = expiry } == nil) }
    }

    @Test(
        "Any number in the future is accepted as expiry time",
        arguments: [.number(1e300), .integer(.max), .number(1_776_256_300.5)] as [JSON])
    func takesAnyNumberAsATime(_ expiry: JSON) throws { #expect(try read { $0["exp"] = expiry } != nil) }

    @Test("A token whose expiry is long past is refused", arguments: [.number(-1e300), .integer(.min), 0] as [JSON])
    func longPastIsExpired(_ expiry: JSON) throws { #expect(try read { $0["exp"] = expiry } == nil) }

    @Test(
        "A token must be for the audience authenticated",
        arguments: [
            ("authenticated", true), (["authenticated"], true), (["other", "authenticated"], true), ("anon", false),
            ([], false), (["other"], false), ("Authenticated", false), ("", false), (nil, false), (7, false),
            ([7], false),
            (["authenticated": true], false),
        ] as [(JSON?, Bool)])
    func isForTheAudience(_ audience: JSON?, _ holds: Bool) throws {
        #expect(try (read { $0["aud"] = audience } != nil) == holds)
    }

    @Test(
        "A token of another issuer is refused",
        arguments: [
            nil, "", "https://project.example", "https://project.example/auth/v1/", "https://other.example/auth/v1",
            ["https://project.example/auth/v1"], "HTTPS://project.example/auth/v1",
        ] as [JSON?])
    func isFromTheIssuer(_ issuer: JSON?) throws { #expect(try read { $0["iss"] = issuer } == nil) }

    @Test("The issuer is derived from the project URL, with or without a final slash")
    func theIssuerIsTheProjectWithOrWithoutASlash() throws {
        for url in ["https://a.example", "https://a.example/"] {
            let keys = try SessionKeys(
                Environment(["SUPABASE_URL": url, "SUPABASE_JWT_SECRET": "a secret of the tests that is long enough"]))
            #expect(keys.issuer == "https://a.example/auth/v1")
        }
    }

    @Test("Only the assurance level aal2 counts as a second factor") func knowsTheSecondFactor() throws {
        #expect(try read { $0["aal"] = "aal2" }?.hasSecondFactor == true)
        for level: JSON? in [nil, "aal1", "AAL2", "aal3", 2, true] {
            #expect(try read { $0["aal"] = level }?.hasSecondFactor == false)
        }
    }

    /// A session begins with its first sign-in; refreshing a token gives it a new `iat`, but no new session.
    @Test("A session begins at the time of its first sign-in") func knowsWhenTheSessionBegan() throws {
        let (now, day) = (Self.now.seconds, 86_400)
        func method(_ age: Int) -> JSON { ["method": "password", "timestamp": .integer(now - age)] }
        func began(_ change: (inout [String: JSON]) -> Void) throws -> Int? {
            try read(change).map { now - $0.sessionBegan.seconds }
        }
        #expect(try began { $0["amr"] = [method(day), method(60)] } == day)
        #expect(try began { $0["amr"] = [method(60), method(day)] } == day)
        #expect(try began { $0["amr"] = nil } == now)
        #expect(try began { $0["amr"] = [] } == now)
        #expect(try began { $0["amr"] = ["password"] } == now)
        #expect(try began { ($0["amr"], $0["iat"]) = (nil, nil) } == now)
        #expect(try began { ($0["amr"], $0["iat"]) = ("password", "x") } == now)
    }

    @Test(
        "A token of another role than authenticated is not accepted as a session",
        arguments: ["anon", "service_role", "", nil, 1] as [JSON])
    func isAPersons(_ role: JSON) throws { #expect(try read { $0["role"] = role } == nil) }

    @Test("A token without a role is not accepted as a session")
    func aTokenWithoutARoleIsNoSession() throws { #expect(try read { $0["role"] = nil } == nil) }

    @Test("An empty e-mail address counts as none")
    func anEmptyAddressIsNone() throws {
        #expect(try read { $0["email"] = "" } != nil)
        #expect(try read { $0["email"] = "" }?.email == nil)
        #expect(try read { $0["email"] = "a@example.com" }?.email == "a@example.com")
    }

    @Test("A token with one changed character is refused") func everyChangedPartIsRefused() throws {
        let user = try #require(Identifier(Self.userID))
        let token = Array(TestSession.token(of: user).utf8)
        let keys = try keys()
        for place in token.indices where token[place] != UInt8(ascii: ".") {
            var changed = token
            changed[place] = changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: changed, as: UTF8.self)
            #expect(SessionToken(text, keys: keys, now: Self.now) == nil, "byte \(place)")
        }
    }

    @Test("A token must have exactly three parts") func onlyThreePartsAreAToken() throws {
        let user = try #require(Identifier(Self.userID))
        let token = TestSession.token(of: user)
        let parts = token.split(separator: ".").map(String.init)
        for text in [
            "", ".", "..", "...", token + ".", "." + token, token + "=", token + " ", " " + token, token + "\n",
            parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", "." + parts[1] + "." + parts[2],
            parts[0] + ".." + parts[2], token + "." + parts[2], "é.é.é",
            parts[0] + "\0." + parts[1] + "." + parts[2],
        ] {
            #expect(SessionToken(text, keys: try keys(), now: Self.now) == nil, "\(text.prefix(40))")
        }
    }

    @Test("A token that is too long is refused") func anOversizeTokenIsRefused() throws {
        #expect(try read { $0["app_metadata"] = .string(String(repeating: "x", count: 11_000)) } != nil)
        #expect(try read { $0["app_metadata"] = .string(String(repeating: "x", count: 12_300)) } == nil)
    }

    @Test("The claims of a token must be a JSON object") func claimsMustBeAnObject() throws {
        for claims: JSON in [.null, [], "x", 7] {
            let token = SessionToken.sign(claims, secret: TestSession.secret)
            #expect(SessionToken(token, keys: try keys(), now: Self.now) == nil)
        }
    }
}
