import Base
import Foundation
import HTTP
import TestSupport
import Testing

@testable import Auth
@testable import Export

/// Readers of outside text get hostile inputs: none traps, and an accepted value is read back as it was written.
@Suite struct HostileInputTests {
    @Test("Hostile JSON is refused, or read back unchanged") func jsonIsRefusedOrReadBack() throws {
        let samples = [
            #"{"a":[1,-2.5e3,"é\u00e9\ud83d\ude00\n",true,false,null],"b":{"c":{}},"":[[[]]]}"#, "[0]", "\"\\\\\"",
            "12",
        ]
        var accepted = 0
        for bytes in HostileInputs(samples, count: 5_000) {
            guard let json = try? JSON(parsing: bytes) else { continue }
            accepted += 1
            // The test compares texts, because the value may differ: -2.5e3 is written as -2500, which is read back as
            // an integer.
            let written = JSONWriter.bytes(json)
            #expect(try JSONWriter.bytes(JSON(parsing: written)) == written)
        }
        #expect(accepted > 0)
    }

    @Test("Hostile timestamps are refused, or written back unchanged") func momentsAreRefusedOrReadBack() {
        for bytes in HostileInputs(["2026-04-15T12:30:00Z", "0000-02-29T23:59:59Z"]) {
            let text = String(decoding: bytes, as: UTF8.self)
            if let moment = Timestamp(text) { #expect(moment.description == text) }
        }
    }

    @Test("An accepted address range contains the address that it begins with") func addressRangesHoldTheirBeginning() {
        for bytes in HostileInputs(["10.0.0.0/8", "::ffff:10.0.0.0/104", "2001:db8::/32", "fe80::1", "1.2.3.4"]) {
            let text = String(decoding: bytes, as: UTF8.self)
            guard let range = IPRange(text), let address = text.split(separator: "/").first else { continue }
            #expect(IPAddress(String(address)).map { range.contains($0) } == true)
        }
    }

    @Test("Hostile Base64 is refused, or read back unchanged", arguments: [Base64.standard, .urlSafe])
    func base64IsRefusedOrReadBack(_ base: Base64) {
        for bytes in HostileInputs(["", "AA==", "Zm9vYmFy", "-_-_", "+/+/", "Zm8="]) {
            let text = String(decoding: bytes, as: UTF8.self)
            guard let decoded = base.decode(text) else { continue }
            #expect(base.decode(base.encode(decoded)) == decoded)
        }
    }

    @Test("Hostile identifiers and API keys are refused, or read back unchanged")
    func namesAndKeysAreRefusedOrReadBack() {
        let identifier = "aaaaaaaa-0000-4000-8000-000000000001"
        for bytes in HostileInputs([identifier, APIKey.generate().secret.reveal { $0 }]) {
            let text = String(decoding: bytes, as: UTF8.self)
            if let identifier = Identifier(text) { #expect(identifier.description == text.lowercased()) }
            if let key = APIKey(text) { #expect(key.secret.reveal { $0 } == text) }
        }
    }

    @Test("Hostile query strings are refused, or their values survive percent-encoding")
    func queriesAreRefusedOrRead() {
        for bytes in HostileInputs(["a=1&b=%20c+d&a=2&=&e", "?x=%F0%9F%98%80&y", "&&==&"]) {
            guard let query = Query(String(decoding: bytes, as: UTF8.self)) else { continue }
            for value in query.values("a") {
                #expect(PercentEncoding.decode(PercentEncoding.encode(value).utf8) == value)
            }
        }
    }

    @Test("Every changed session token is refused") func sessionTokensAreRefused() throws {
        let keys = try SessionKeys(
            Environment(["SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 }]))
        let user = try #require(Identifier("aaaaaaaa-0000-4000-8000-000000000002"))
        let good = TestSession.token(of: user)
        #expect(SessionToken(good, keys: keys, now: TestStore.now) != nil)
        let others = [#"{"alg":"none"}"#, #"{"alg":"HS256","crit":[]}"#].map { Base64.urlSafe.encode(Array($0.utf8)) }
        for bytes in HostileInputs([good, good] + others) {
            let text = String(decoding: bytes, as: UTF8.self)
            _ = SessionToken.namesPublicKey(text)
            #expect(text == good || SessionToken(text, keys: keys, now: TestStore.now) == nil)
        }
    }

    /// The holder of the secret may still write any claim.
    @Test("Signed tokens with arbitrary claims trap no reader, and name only the user of their subject")
    func claimsMayBeAnything() throws {
        let keys = try SessionKeys(
            Environment(["SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 }]))
        let user = try #require(Identifier("aaaaaaaa-0000-4000-8000-000000000002"))
        let claims = String(decoding: JSONWriter.bytes(JSON.object(TestSession.claims(of: user))), as: UTF8.self)
        for bytes in HostileInputs([claims]) {
            guard let json = try? JSON(parsing: bytes) else { continue }
            let token = SessionToken(
                SessionToken.sign(json, secret: TestSession.secret), keys: keys, now: TestStore.now)
            #expect(token == nil || json["sub"]?.string?.lowercased() == token?.userID.description)
        }
    }

    @Test("Hostile key sets are refused or read, and a set with too many keys is refused")
    func keySetsAreRefusedOrRead() {
        let set =
            #"{"keys":[{"kty":"EC","crv":"P-256","x":"\#(String(repeating: "A", count: 43))","y":"AQ","kid":"k"}]}"#
        let rsa = #"{"keys":[{"kty":"RSA","n":"\#(Vectors.rfcModulus)","e":"AQAB","alg":"RS256","use":"sig"}]}"#
        for bytes in HostileInputs([set, rsa]) {
            #expect(!SessionKeys.isKeySet(bytes) || (try? JSON(parsing: bytes))?["keys"]?.array != nil)
        }
        let many = "{\"keys\":[" + Array(repeating: "{}", count: 101).joined(separator: ",") + "]}"
        #expect(
            !SessionKeys.isKeySet(Array(many.utf8))
                && SessionKeys.isKeySet(Array(many.replacing("{},{}", with: "{}", maxReplacements: 1).utf8)))
    }

    @Test("Every changed export cursor is refused") func cursorsAreRefused() throws {
        let cursor = Cursor(key: TestSession.secret, workspaceID: .random())
        let good = cursor.encode(Position(entity: .devices, key: "k"))
        #expect(try cursor.decode(good) == Position(entity: .devices, key: "k"))
        for bytes in HostileInputs([good]) {
            let text = String(decoding: bytes, as: UTF8.self)
            if text != good { #expect(throws: ExportError.self) { try cursor.decode(text) } }
        }
    }
}
