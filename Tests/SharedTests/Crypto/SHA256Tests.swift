import Base
import Crypto
import Testing

@Suite struct SHA256Tests {
    /// NIST's examples for FIPS 180-4, and an input of exactly one block.
    @Test(
        "SHA-256 matches the published vectors, also if the input comes in parts",
        arguments: [
            ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
            ("a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
        ])
    func followsTheStandard(_ text: String, _ count: Int, _ digest: String) {
        let bytes = Array(String(repeating: text, count: count).utf8)
        #expect(SHA256.hexadecimal(bytes) == digest)
        var parts = SHA256()
        for start in stride(from: 0, to: bytes.count, by: 1_013) {
            parts.update(Array(bytes[start..<min(start + 1_013, bytes.count)]))
        }
        #expect(Hex.encode(parts.finalize()) == digest)
    }

    /// RFC 4231 §4.2, §4.3 and §4.6 to §4.8; for §4.6 the first 16 bytes.
    @Test(
        "HMAC-SHA256 matches the vectors of RFC 4231 that consist of text",
        arguments: [
            ([0x0B], 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                Array("Jefe".utf8), 1, "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            ([0x0C], 20, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
            (
                [0xAA], 131, "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [0xAA], 131,
                "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ] as [([UInt8], Int, String, String)])
    func authenticates(_ part: [UInt8], _ count: Int, _ message: String, _ code: String) {
        let key = Array(repeatElement(part, count: count).joined())
        #expect(Hex.encode(hmacSHA256(Array(message.utf8), key: key)).hasPrefix(code))
    }

    @Test("HMAC-SHA256 matches the vectors of RFC 4231 that consist of bytes") func authenticatesBytes() {
        let code = hmacSHA256([UInt8](repeating: 0xDD, count: 50), key: [UInt8](repeating: 0xAA, count: 20))
        #expect(Hex.encode(code) == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
        let other = hmacSHA256([UInt8](repeating: 0xCD, count: 50), key: Array(1...25))
        #expect(Hex.encode(other) == "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
    }

    @Test("The constant-time comparison finds a difference at every position") func comparesWhole() {
        #expect(constantTimeEqual([], []) && constantTimeEqual([1, 2], [1, 2]))
        for place in 0..<32 {
            var changed = [UInt8](repeating: 7, count: 32)
            changed[place] ^= 0x80
            #expect(!constantTimeEqual(changed, [UInt8](repeating: 7, count: 32)))
        }
        #expect(!constantTimeEqual([1], [1, 2]) && !constantTimeEqual([1, 2], [1]) && !constantTimeEqual([], [0]))
    }
}
