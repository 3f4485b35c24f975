public import Base
import Crypto

/// An API key in plain text: `thal_` and 40 random characters of base 62. It is shown once, when it is created, and
/// never stored.
public struct APIKey: Sendable {
    private static let marker = "thal_"
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    private static let length = 45

    /// The key itself.
    public let secret: Secret
    /// The first nine characters, which are shown so that people can tell keys apart.
    public let prefix: String
    /// The SHA-256 hash of the key, which is stored instead of the key. The key has 238 bits of entropy, so the hash
    /// needs neither a salt nor stretching.
    let hash: [UInt8]

    /// Returns true if a bearer token begins as an API key does, so that it is meant as one, well-formed or not, and
    /// not as a session token.
    static func isMarked(_ token: String) -> Bool { token.hasPrefix(marker) }

    /// Reads an API key. Returns nil if the text does not have the form of one.
    public init?(_ text: String) {
        guard text.utf8.count == Self.length, Self.isMarked(text),
            text.utf8.dropFirst(Self.marker.utf8.count).allSatisfy(Self.isDigit)
        else { return nil }
        self.init(trusted: text)
    }

    /// Returns a new random key.
    public static func generate() -> APIKey {
        let random = (marker.utf8.count..<length).map { _ in digits[Int.random(in: 0..<digits.count)] }
        return APIKey(trusted: marker + String(decoding: random, as: UTF8.self))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private init(trusted text: String) {
        secret = Secret(text)
        prefix = String(text.prefix(9))
        hash = SHA256.hash(Array(text.utf8))
    }
}
