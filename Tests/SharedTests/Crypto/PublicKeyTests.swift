import Base
import Crypto
import TestSupport
import Testing

@Suite struct PublicKeyTests {
    private func bytes(_ text: some StringProtocol) throws -> [UInt8] { try #require(Base64.urlSafe.decode(text)) }

    private func verifies(_ key: PublicKey?, _ token: String) throws -> Bool {
        let parts = token.split(separator: ".")
        return try #require(key).verifies(bytes(parts[2]), of: Array((parts[0] + "." + parts[1]).utf8))
    }

    private func rsa(_ modulus: String) throws -> PublicKey? {
        PublicKey.rsa(modulus: try bytes(modulus), exponent: try bytes("AQAB"))
    }

    private func p256(_ x: String, _ y: String) throws -> PublicKey? {
        PublicKey.p256(x: try bytes(x), y: try bytes(y))
    }

    /// Checking one signature with an 80,000-bit key takes longer than a request may.
    @Test("RSA keys must have 2,048 to 8,192 bits and a short exponent")
    func refusesKeysThatCostTooMuch() throws {
        func key(_ modulus: Int, _ exponent: Int) -> PublicKey? {
            PublicKey.rsa(
                modulus: [0x80] + Array(repeating: 0x01, count: modulus - 1),
                exponent: Array(repeating: 0x01, count: exponent))
        }
        for modulus in [256, 512, 1_024] { #expect(key(modulus, 3) != nil, "\(modulus)") }
        for modulus in [255, 1_025, 4_096, 10_000] { #expect(key(modulus, 3) == nil, "\(modulus)") }
        #expect(key(256, 9) == nil && key(256, 256) == nil)
    }

    @Test("A private key of fewer than 2,048 or more than 8,192 bits, or in more than 16 KB, is refused")
    func refusesPrivateKeysThatCostTooMuch() throws {
        // Returns a private key in PKCS #1 (RFC 8017 §A.1.2), with made-up numbers. OpenSSL reads a key without
        // checking that its numbers belong together.
        func pem(bits: Int) -> String {
            func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
                content.count < 128
                    ? [tag, UInt8(content.count)] + content
                    : [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
            }
            func number(_ bits: Int) -> [UInt8] {
                element(0x02, [0x00, 0x80] + Array(repeating: 0x01, count: bits / 8 - 1))
            }
            let numbers =
                [element(0x02, [0]), number(bits), element(0x02, [1, 0, 1]), number(bits)]
                + (0..<5).map { _ in number(bits / 2) }
            let text = Base64.standard.encode(element(0x30, Array(numbers.joined())))
            let lines = stride(from: 0, to: text.count, by: 64).map { String(text.dropFirst($0).prefix(64)) }
            return (["-----BEGIN RSA PRIVATE KEY-----"] + lines + ["-----END RSA PRIVATE KEY-----", ""])
                .joined(separator: "\n")
        }
        for bits in [2_048, 4_096, 8_192] { #expect(PrivateKey(pem: pem(bits: bits)) != nil, "\(bits)") }
        for bits in [1_024, 8_208, 16_384, 32_768] { #expect(PrivateKey(pem: pem(bits: bits)) == nil, "\(bits)") }
        #expect(PrivateKey(pem: pem(bits: 2_048) + String(repeating: "\n", count: 16_384)) == nil)
    }

    /// RFC 7515 A.2.
    @Test("The RSA signature in RFC 7515 is verified") func verifiesTheRFCsRSASignature() throws {
        #expect(try verifies(rsa(Vectors.rfcModulus), Vectors.rfcRS256))
        #expect(try !verifies(rsa(Vectors.modulus), Vectors.rfcRS256))
    }

    /// RFC 7515 A.3.
    @Test("The ECDSA signature in RFC 7515 is verified") func verifiesTheRFCsECDSASignature() throws {
        #expect(try verifies(p256(Vectors.rfcX, Vectors.rfcY), Vectors.rfcES256))
        #expect(try !verifies(p256(Vectors.x, Vectors.y), Vectors.rfcES256))
    }

    @Test("Changed signatures and changed messages are refused") func refusesEveryChangedSignatureAndMessage() throws {
        for (key, token) in [
            (try rsa(Vectors.rfcModulus), Vectors.rfcRS256), (try p256(Vectors.rfcX, Vectors.rfcY), Vectors.rfcES256),
        ] {
            let key = try #require(key)
            let parts = token.split(separator: ".")
            let message = Array((parts[0] + "." + parts[1]).utf8)
            let signature = try bytes(parts[2])
            for place in signature.indices {
                var changed = signature
                changed[place] ^= 1
                #expect(!key.verifies(changed, of: message), "byte \(place)")
            }
            #expect(!key.verifies(signature, of: message + [0]) && !key.verifies(signature, of: []))
            #expect(!key.verifies([], of: message) && !key.verifies(signature + [0], of: message))
            #expect(!key.verifies(Array(signature.dropLast()), of: message))
            #expect(!key.verifies([UInt8](repeating: 0, count: signature.count), of: message))
            #expect(!key.verifies([UInt8](repeating: 0xFF, count: signature.count), of: message))
        }
    }

    @Test("Invalid public keys are refused") func refusesKeysThatAreNone() throws {
        #expect(PublicKey.rsa(modulus: [], exponent: [1, 0, 1]) == nil)
        #expect(PublicKey.rsa(modulus: try bytes(Vectors.modulus), exponent: []) == nil)
        #expect(try rsa(Vectors.smallModulus) == nil)
        let padded = [UInt8](repeating: 0, count: 128) + (try bytes(Vectors.smallModulus))
        #expect(PublicKey.rsa(modulus: padded, exponent: [1, 0, 1]) == nil)
        let (x, y) = (try bytes(Vectors.x), try bytes(Vectors.y))
        #expect(PublicKey.p256(x: y, y: x) == nil, "the point is not on the curve")
        #expect(PublicKey.p256(x: Array(x.dropLast()), y: y) == nil && PublicKey.p256(x: [], y: []) == nil)
        #expect(PublicKey.p256(x: [UInt8](repeating: 0, count: 32), y: [UInt8](repeating: 0, count: 32)) == nil)
        #expect(PublicKey.p256(x: try bytes(Vectors.x384), y: try bytes(Vectors.y384)) == nil)
    }
}
