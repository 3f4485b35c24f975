import Base
import Crypto
import TestSupport
import Testing

@testable import Auth

/// A token names the algorithm and key that signed it; it must not choose how it is checked (RFC 8725 §2.1, §3.1).
@Suite struct SessionKeysTests {
    private static let rsa: JSON = [
        "kty": "RSA", "kid": "rsa-1", "alg": "RS256", "use": "sig", "n": .string(Vectors.modulus), "e": "AQAB",
    ]
    private static let curve: JSON = [
        "kty": "EC", "kid": "ec-1", "alg": "ES256", "use": "sig", "crv": "P-256", "x": .string(Vectors.x),
        "y": .string(Vectors.y),
    ]
    private static let small: JSON = [
        "kty": "RSA", "kid": "rsa-small", "n": .string(Vectors.smallModulus), "e": "AQAB",
    ]

    private func keys(_ keys: [JSON], secret: String? = nil) throws -> SessionKeys {
        var variables = ["SUPABASE_URL": TestSession.url, "SUPABASE_JWKS": Self.text(["keys": .array(keys)])]
        variables["SUPABASE_JWT_SECRET"] = secret
        return try SessionKeys(Environment(variables))
    }

    private static func text(_ value: JSON) -> String { String(decoding: JSONWriter.bytes(value), as: UTF8.self) }

    private func holds(_ token: String, _ keys: SessionKeys) -> Bool {
        SessionToken(token, keys: keys, now: TestStore.now) != nil
    }

    @Test(
        "Tokens that the project's keys signed are accepted",
        arguments: [
            Vectors.rs256, Vectors.rs256WithoutKeyID, Vectors.es256, Vectors.es256WithoutKeyID,
        ])
    func takesTheProjectsTokens(_ token: String) throws {
        #expect(holds(token, try keys([Self.rsa, Self.curve])))
        #expect(holds(token, try keys([Self.curve, Self.rsa], secret: "a secret of the tests that is long enough")))
    }

    @Test(
        "Tokens with other algorithms, key ids or keys are refused",
        arguments: [
            Vectors.rs256OtherKeyID, Vectors.rs256KeyIDOfTheCurve, Vectors.rs256Stranger, Vectors.rs256Small,
            Vectors.ps256,
            Vectors.pssAsRS256, Vectors.rs512, Vectors.es256OtherKeyID, Vectors.es256InASN1, Vectors.esAsRS256,
            Vectors.rsAsES256,
        ])
    func refusesOtherAlgorithmsAndKeys(_ token: String) throws {
        #expect(!holds(token, try keys([Self.rsa, Self.curve, Self.small])))
    }

    @Test("Tokens of keys that are not in the set are refused") func refusesTokensOfAbsentKeys() throws {
        #expect(!holds(Vectors.rs256, try keys([Self.curve])))
        #expect(!holds(Vectors.es256, try keys([Self.rsa])))
        let secret = try SessionKeys(
            Environment([
                "SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": "a secret of the tests that is long enough",
            ]))
        #expect(!holds(Vectors.rs256, secret) && !holds(Vectors.es256, secret))
    }

    /// With a guessable secret, an attacker could sign any session (RFC 7518 §3.2).
    @Test("A secret of fewer than 32 bytes is refused", arguments: ["a", String(repeating: "x", count: 31)])
    func shortSecretsAreRefused(_ secret: String) throws {
        func keys(_ secret: String) throws -> SessionKeys {
            try SessionKeys(Environment(["SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": secret]))
        }
        #expect(throws: EnvironmentError.self) { try keys(secret) }
        _ = try keys(String(repeating: "x", count: 32))
    }

    @Test("While one secret replaces another, tokens signed with either are accepted")
    func twoSecrets() throws {
        let (new, old) = (String(repeating: "n", count: 32), String(repeating: "o", count: 32))
        let user = Identifier.random()
        func token(_ secret: String) -> String {
            SessionToken.sign(.object(TestSession.claims(of: user)), secret: Secret(secret))
        }
        let rotating = try keys([], secret: "\(new),\(old)")
        #expect(holds(token(new), rotating) && holds(token(old), rotating))
        let rotated = try keys([], secret: new)
        #expect(holds(token(new), rotated) && !holds(token(old), rotated))
        #expect(!holds(token(String(repeating: "x", count: 32)), rotating))
    }

    /// A public key is not secret: a token signed with HS256 and that key must not pass.
    @Test("A public key can't be used as an HS256 secret") func refusesPublicKeysAsSecrets() throws {
        let keys = try keys([Self.rsa, Self.curve])
        let modulus = try #require(Base64.urlSafe.decode(Vectors.modulus))
        let secrets: [[UInt8]] = [
            Array(Vectors.pem.utf8), Array(Vectors.pem.utf8.dropLast()), modulus, Array(Vectors.modulus.utf8), [],
            Array(Self.text(Self.rsa).utf8), Array(Vectors.x.utf8),
        ]
        for secret in secrets {
            for header: JSON in [
                ["alg": "HS256"], ["alg": "HS256", "kid": "rsa-1"], ["alg": "RS256", "kid": "rsa-1"],
            ] {
                #expect(!holds(try Self.sign(header, secret), keys))
            }
        }
    }

    @Test(
        "A token signed with HMAC is refused if its header names another algorithm or critical fields",
        arguments: [
            ["alg": "none"], ["alg": "None"], ["alg": "nOnE"], ["alg": ""], [:], ["alg": .null], ["alg": ["HS256"]],
            ["alg": "hs256"], ["alg": "HS512"], ["alg": "RS256"], ["alg": "ES256"], ["alg": "HS256 "],
            ["alg": "HS256", "crit": ["exp"]], ["alg": "HS256", "crit": []], ["alg": "HS256", "crit": .null], [],
            "HS256",
        ] as [JSON])
    func refusesHeadersThatDoNotNameTheAlgorithm(_ header: JSON) throws {
        let secret = "the secret of the project, of 40 letters"
        let keys = try keys([Self.rsa, Self.curve], secret: secret)
        let token = try Self.sign(header, Array(secret.utf8))
        #expect(!holds(token, keys))
        let unsigned = token.split(separator: ".").dropLast().joined(separator: ".") + "."
        #expect(!holds(unsigned, keys))
        #expect(holds(try Self.sign(["alg": "HS256"], Array(secret.utf8)), keys))
    }

    @Test("Keys that are malformed or not for our signatures are skipped")
    func passesOverKeysThatAreNotForSignatures() throws {
        func changed(_ key: JSON, _ name: String, _ value: JSON?) -> JSON {
            var members = key.object ?? [:]
            members[name] = value
            return .object(members)
        }
        for key in [
            changed(Self.rsa, "use", "enc"), changed(Self.rsa, "alg", "RS512"), changed(Self.rsa, "alg", "PS256"),
            changed(Self.rsa, "n", nil), changed(Self.rsa, "e", nil), changed(Self.rsa, "n", "!"),
            changed(Self.rsa, "kty", nil), changed(Self.rsa, "kty", "oct"), "RSA", .null,
        ] {
            #expect(!holds(Vectors.rs256, try keys([key, Self.curve])), "\(key)")
        }
        for key in [
            changed(Self.curve, "crv", "P-384"), changed(Self.curve, "crv", nil), changed(Self.curve, "x", nil),
            changed(Self.curve, "alg", "ES384"),
        ] {
            #expect(!holds(Vectors.es256, try keys([key, Self.rsa])), "\(key)")
        }
        #expect(holds(Vectors.rs256, try keys([changed(changed(Self.rsa, "use", nil), "alg", nil)])))
    }

    @Test("The key set is read from a file, and a missing file is an error") func readsTheKeySetFromAFile() throws {
        let folder = try TemporaryFolder()
        try folder.write("jwks.json", Self.text(["keys": [Self.rsa]]))
        var variables = ["SUPABASE_URL": TestSession.url, "SUPABASE_JWKS_FILE": folder.path("jwks.json")]
        #expect(holds(Vectors.rs256, try SessionKeys(Environment(variables))))
        variables["SUPABASE_JWKS_FILE"] = folder.path("missing.json")
        #expect(throws: EnvironmentError.self) { try SessionKeys(Environment(variables)) }
    }

    @Test(
        "Malformed key settings are errors",
        arguments: [
            [:], ["SUPABASE_JWT_SECRET": "a secret of the tests that is long enough"],
            ["SUPABASE_URL": "https://a.example", "SUPABASE_JWT_SECRET": "a"],
            ["SUPABASE_URL": "https://a.example", "SUPABASE_JWT_SECRET": "31 bytes are one byte too few ."],
            ["SUPABASE_URL": "https://a.example", "SUPABASE_JWKS": "{"],
            ["SUPABASE_URL": "https://a.example", "SUPABASE_JWKS": "[]"],
        ])
    func malformedKeysAreNoKeys(_ variables: [String: String]) {
        #expect(throws: EnvironmentError.self) { try SessionKeys(Environment(variables)) }
    }

    private static func sign(_ header: JSON, _ secret: [UInt8]) throws -> String {
        let user = try #require(Identifier("aaaaaaaa-0000-4000-8000-000000000002"))
        let claims = JSON.object(TestSession.claims(of: user))
        let content = [header, claims].map { Base64.urlSafe.encode(JSONWriter.bytes($0)) }.joined(separator: ".")
        return content + "." + Base64.urlSafe.encode(hmacSHA256(Array(content.utf8), key: secret))
    }
}
