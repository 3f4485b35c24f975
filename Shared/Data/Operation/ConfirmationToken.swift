public import Base
import Crypto

/// A token by which a person confirms one call of one tool: 16 random bytes, followed by an HMAC over them and the
/// content of the call. It is valid only for the same content.
public enum ConfirmationToken {
    /// The seconds for which a token is valid. The content must include the time of its expiry.
    public static let lifetime = 300

    /// Returns a new token.
    public static func make(for content: [String: JSON], _ key: Secret) -> String {
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<16).map { _ in generator.next() as UInt8 }
        return Base64.urlSafe.encode(nonce + hmacSHA256(message(content, nonce), key: key))
    }

    /// Returns true if a token was made for this content with the key.
    public static func isValid(_ token: [UInt8], for content: [String: JSON], _ key: Secret) -> Bool {
        isHMACSHA256(Array(token.dropFirst(16)), of: message(content, Array(token.prefix(16))), key: key)
    }

    private static func message(_ content: [String: JSON], _ nonce: [UInt8]) -> [UInt8] {
        JSONWriter.bytes(JSON.object(content.merging(["nonce": .string(Hex.encode(nonce))]) { $1 }))
    }
}
