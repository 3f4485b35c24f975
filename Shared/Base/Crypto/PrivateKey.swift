import CCrypto

/// A private RSA key that signs with RS256 (RFC 7518 §3.3).
public final class PrivateKey {
    private let key: OpaquePointer

    /// The longest PEM text that is accepted, in bytes. A key of 8,192 bits has about 6,400 bytes.
    public static let longestPEM = 16_384

    /// Reads a key from PEM text, in PKCS #1 or PKCS #8. Returns nil if it is not an RSA key of 2,048 to 8,192 bits, is
    /// encrypted with a passphrase, or is longer than `longestPEM`. Signing with a larger key would take seconds.
    public init?(pem: String) {
        guard pem.utf8.count <= Self.longestPEM, let key = ccrypto_rsa_private_key(pem, pem.utf8.count) else {
            return nil
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Returns the signature of `message` (RSASSA-PKCS1-v1_5 with SHA-256). Returns nil if OpenSSL fails.
    public func signature(of message: [UInt8]) -> [UInt8]? {
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
        let length = ccrypto_sign_sha256(key, message, message.count, &signature, signature.count)
        return length == 0 ? nil : Array(signature.prefix(length))
    }
}
