import CCrypto

/// Authenticated encryption with AES-256-GCM (NIST SP 800-38D): without the key a sealed message can't be read, and
/// changes to it are detected.
public struct AESGCM: Sendable, CustomStringConvertible, CustomReflectable {
    private static let (ivLength, tagLength) = (12, 16)
    private let key: [UInt8]

    /// Creates the cipher with a key of 32 bytes. Returns nil for any other length.
    public init?(key: [UInt8]) {
        guard key.count == 32 else { return nil }
        self.key = key
    }

    /// Encrypts a message. Returns a new random IV of 12 bytes, the ciphertext, and the tag of 16 bytes, one after the
    /// other. `data` is not part of the result, but `open` must be given the same data. Returns nil if the system has
    /// no random numbers, if the message or the data is 2 GiB or longer, or if OpenSSL fails.
    public func seal(_ message: [UInt8], authenticating data: [UInt8]) -> [UInt8]? {
        var iv = [UInt8](repeating: 0, count: Self.ivLength)
        guard let dataLength = Int32(exactly: data.count), let length = Int32(exactly: message.count),
            ccrypto_random(&iv, Int32(clamping: Self.ivLength)) == 1
        else { return nil }
        var ciphertext = [UInt8](repeating: 0, count: message.count)
        var tag = [UInt8](repeating: 0, count: Self.tagLength)
        guard
            ccrypto_aes_gcm(
                1, key, iv, data, dataLength, message, length, &ciphertext, &tag) == 1
        else { return nil }
        return iv + ciphertext + tag
    }

    /// Decrypts a message that `seal` returned. Returns nil if the message, the data or the key differ from those used
    /// to seal it, or if OpenSSL fails.
    public func open(_ sealed: [UInt8], authenticating data: [UInt8]) -> [UInt8]? {
        guard sealed.count >= Self.ivLength + Self.tagLength else { return nil }
        let iv = Array(sealed.prefix(Self.ivLength))
        let ciphertext = Array(sealed.dropFirst(Self.ivLength).dropLast(Self.tagLength))
        var tag = Array(sealed.suffix(Self.tagLength))
        var message = [UInt8](repeating: 0, count: ciphertext.count)
        guard let dataLength = Int32(exactly: data.count), let length = Int32(exactly: ciphertext.count),
            ccrypto_aes_gcm(
                0, key, iv, data, dataLength, ciphertext, length, &message, &tag) == 1
        else { return nil }
        return message
    }

    public var description: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
