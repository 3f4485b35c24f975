import Base
import CCrypto

/// Signatures by Ed25519 (RFC 8032): whoever has the public key can check them, and can't make them.
public enum Ed25519 {
    /// A private key, which signs.
    public final class SigningKey {
        private let key: OpaquePointer
        /// The public key that belongs to it, 32 bytes.
        public let publicKey: [UInt8]

        /// The key of a private seed (RFC 8032 §5.1.5). Nil if it does not have 32 bytes, or if OpenSSL makes no key of it.
        public init?(seed: [UInt8]) {
            guard seed.count == 32, let key = ccrypto_ed25519_private_key(seed) else { return nil }
            var publicKey = [UInt8](repeating: 0, count: 32)
            guard ccrypto_ed25519_public_bytes(key, &publicKey) == 1 else {
                EVP_PKEY_free(key)
                return nil
            }
            self.key = key
            self.publicKey = publicKey
        }

        deinit { EVP_PKEY_free(key) }

        /// The signature of `message`, 64 bytes. Nil if OpenSSL can't make it.
        public func signature(of message: [UInt8]) -> [UInt8]? {
            var signature = [UInt8](repeating: 0, count: 64)
            return ccrypto_ed25519_sign(key, message, message.count, &signature) == 1 ? signature : nil
        }
    }

    /// Returns true if `signature` was made over `message` by the private key that belongs to `publicKey`.
    public static func verifies(_ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == 64, publicKey.count == 32, let key = ccrypto_ed25519_public_key(publicKey) else {
            return false
        }
        defer { EVP_PKEY_free(key) }
        return ccrypto_ed25519_verify(key, signature, message, message.count) == 1
    }
}
