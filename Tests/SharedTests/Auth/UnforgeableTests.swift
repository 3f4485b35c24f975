import Base
import Crypto
import Store
import TestSupport
import Testing

@testable import Auth

/// Keys that only their owner can have, and tokens that only their issuer can make.
@Suite struct UnforgeableTests {
    private func token(header: JSON, sign: ([UInt8]) -> [UInt8]) -> String {
        let claims = JSON.object(TestSession.claims(of: .random()))
        let content = [header, claims].map { Base64.urlSafe.encode(JSONWriter.bytes($0)) }.joined(separator: ".")
        return content + "." + Base64.urlSafe.encode(sign(Array(content.utf8)))
    }

    /// A token can contain a key, or name a place that has one (RFC 7515 §4.1.2 to §4.1.6).
    @Test("A key that a token brings along is not believed") func aTokensOwnKeyIsNotBelieved() throws {
        let environment = Environment([
            "SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 },
        ])
        let keys = try SessionKeys(environment)
        let secret = [UInt8](repeating: 1, count: 32)
        let own: JSON = ["kty": "oct", "k": .string(Base64.urlSafe.encode(secret))]
        let rsa = try #require(PrivateKey(pem: TestKey.rsa))
        let places: [[String: JSON]] = [
            ["jwk": own], ["jku": "https://attacker.example/keys"], ["x5u": "https://attacker.example/chain.pem"],
            ["x5c": ["MIIB"]], ["kid": "../../dev/null"], ["x5t": "YQ"],
        ]
        for place in places {
            func header(_ algorithm: JSON) -> JSON { .object(place.merging(["alg": algorithm]) { $1 }) }
            let symmetric = token(header: header("HS256")) { hmacSHA256($0, key: secret) }
            let asymmetric = token(header: header("RS256")) { rsa.signature(of: $0) ?? [] }
            for forged in [symmetric, asymmetric] {
                #expect(SessionToken(forged, keys: keys, now: TestStore.now) == nil, "\(place)")
            }
            // A token that is signed by the right key may have the same header field, which is ignored.
            let genuine = token(header: header("HS256")) { message in
                TestSession.secret.reveal { hmacSHA256(message, key: Array($0.utf8)) }
            }
            #expect(SessionToken(genuine, keys: keys, now: TestStore.now) != nil, "\(place)")
        }
    }

    /// 238 bits: forty characters out of sixty-two, each chosen independently.
    @Test("A new API key has 40 random characters and can't be guessed") func aNewAPIKeyIsNotToBeGuessed() {
        let keys = (0..<300).map { _ in APIKey.generate().secret.reveal { Array($0.utf8) } }
        #expect(keys.allSatisfy { $0.count == 45 && $0.starts(with: Array("thal_".utf8)) } && Set(keys).count == 300)
        for place in 5..<45 {
            #expect(Set(keys.compactMap { $0.dropFirst(place).first }).count > 45, "character \(place)")
        }
    }
}

/// A new database contains no way in.
@Suite(.usesStore) struct NewDatabaseTests {
    @Test("A new database has no workspaces, members or API keys") func itHasNoMembersAndNoKeys() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        try database.migrate()
        for sql: SQL in ["SELECT * FROM workspaces", "SELECT * FROM members", "SELECT * FROM api_keys"] {
            #expect(try database.rows(sql) { $0.columnCount } == [])
        }
        database.close()
    }
}
