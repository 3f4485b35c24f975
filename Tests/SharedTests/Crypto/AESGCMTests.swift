import Base
import Crypto
import Testing

@Suite struct AESGCMTests {
    private let cipher: AESGCM

    init() throws { cipher = try #require(AESGCM(key: [UInt8](repeating: 0, count: 32))) }

    /// Test case 14 of the paper on which NIST SP 800-38D is based (McGrew and Viega): key, IV and message are all
    /// zeros.
    @Test("The published AES-256-GCM test vector is decrypted") func opensThePublishedVector() {
        let iv = [UInt8](repeating: 0, count: 12)
        let ciphertext: [UInt8] = [
            0xCE, 0xA7, 0x40, 0x3D, 0x4D, 0x60, 0x6B, 0x6E, 0x07, 0x4E, 0xC5, 0xD3, 0xBA, 0xF3, 0x9D, 0x18,
        ]
        let tag: [UInt8] = [
            0xD0, 0xD1, 0xC8, 0xA7, 0x99, 0x99, 0x6B, 0xF0, 0x26, 0x5B, 0x98, 0xB5, 0xD4, 0x8A, 0xB9, 0x19,
        ]
        #expect(cipher.open(iv + ciphertext + tag, authenticating: []) == [UInt8](repeating: 0, count: 16))
    }

    @Test("A changed, shortened or differently authenticated ciphertext is refused")
    func opensNothingThatWasChanged() throws {
        let message = Array("of the customer".utf8)
        let sealed = try #require(cipher.seal(message, authenticating: [1]))
        #expect(cipher.open(sealed, authenticating: [1]) == message)
        #expect(cipher.open(sealed, authenticating: [2]) == nil)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(cipher.open(changed, authenticating: [1]) == nil)
        }
        for length in 0..<sealed.count {
            #expect(cipher.open(Array(sealed[..<length]), authenticating: [1]) == nil)
        }
    }

    @Test("Sealing the same message twice gives different ciphertexts, and the cipher prints no key")
    func neverSealsTheSameTwice() throws {
        let message = Array("of the customer".utf8)
        let first = try #require(cipher.seal(message, authenticating: []))
        #expect(cipher.seal(message, authenticating: []) != first)
        #expect("\(cipher)" == "‹redacted›")
    }
}
