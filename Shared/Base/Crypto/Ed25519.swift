import CCrypto

/// Ed25519 signatures (RFC 8032). The private key signs; the public key checks signatures but can't make them.
public enum Ed25519 {
    /// A private key, which signs.
    public final class SigningKey {
        private let key: OpaquePointer
        /// The public key that belongs to this key, 32 bytes.
        public let publicKey: [UInt8]

        /// Creates the key from a private seed (RFC 8032 §5.1.5). Returns nil if the seed does not have 32 bytes, or if
        /// OpenSSL fails.
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

        /// Returns the signature of `message`, 64 bytes. Returns nil if OpenSSL fails.
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
