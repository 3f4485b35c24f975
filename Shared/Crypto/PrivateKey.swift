import Base
import CCrypto

/// A private RSA key that signs with RS256 (RFC 7518 §3.3).
public final class PrivateKey {
    private let key: OpaquePointer

    /// The key in a PEM text, PKCS #1 or PKCS #8; nil when it is none, encrypted, or under 2,048 bits.
    public init?(pem: String) {
        guard pem.utf8.count < 1 << 20, let key = ccrypto_rsa_private_key(pem, pem.utf8.count) else { return nil }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// The signature of `message` (RSASSA-PKCS1-v1_5 with SHA-256); nil when OpenSSL can't make it.
    public func signature(of message: [UInt8]) -> [UInt8]? {
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
        let length = ccrypto_sign_sha256(key, message, message.count, &signature, signature.count)
        return length == 0 ? nil : Array(signature[..<length])
    }
}
