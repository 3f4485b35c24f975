import CCrypto

/// A public key whose signatures over SHA-256 can be checked, as JSON Web Algorithms (RFC 7518 §3) name them.
public final class PublicKey: @unchecked Sendable {
    private let key: OpaquePointer
    private let kind: Kind

    private enum Kind {
        /// RSASSA-PKCS1-v1_5.
        case rsa
        /// ECDSA on P-256; a signature is R and S, 32 bytes each.
        case p256
    }

    private init?(_ key: OpaquePointer?, _ kind: Kind) {
        guard let key else { return nil }
        self.key = key
        self.kind = kind
    }

    deinit { EVP_PKEY_free(key) }

    /// The RSA key of this modulus and exponent, big endian. Nil if it does not have 2,048 to 8,192 bits, if the exponent is
    /// longer than 8 bytes (real ones have 3), or if OpenSSL takes it for no key. Checking a signature takes time that grows
    /// with both.
    public static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        guard (256...1_024).contains(modulus.drop(while: { $0 == 0 }).count),
            (1...8).contains(exponent.drop(while: { $0 == 0 }).count), modulus.count <= 2_048, exponent.count <= 64
        else { return nil }
        return PublicKey(ccrypto_rsa_key(modulus, modulus.count, exponent, exponent.count), .rsa)
    }

    /// The key on the curve P-256 with these coordinates, 32 bytes each; nil when they are not on it.
    public static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
        guard x.count == 32, y.count == 32 else { return nil }
        let point = [0x04] + x + y
        return PublicKey(ccrypto_p256_key(point, point.count), .p256)
    }

    /// Whether `signature` is this key's over `message`.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let encoded: [UInt8]? =
            switch kind {
            case .rsa: signature
            case .p256: Self.distinguishedEncoding(signature)
            }
        guard let encoded else { return false }
        return ccrypto_verify_sha256(key, encoded, encoded.count, message, message.count) == 1
    }

    /// R and S as the ASN.1 sequence that OpenSSL takes.
    private static func distinguishedEncoding(_ signature: [UInt8]) -> [UInt8]? {
        guard signature.count == 64, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        let r = BN_bin2bn(Array(signature.prefix(32)), 32, nil)
        let s = BN_bin2bn(Array(signature.dropFirst(32)), 32, nil)
        guard ECDSA_SIG_set0(pair, r, s) == 1 else { return nil }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = i2d_ECDSA_SIG(pair, &encoded)
        guard length > 0, let encoded else { return nil }
        defer { CRYPTO_free(encoded, nil, 0) }
        return Array(UnsafeBufferPointer(start: encoded, count: Int(clamping: length)))
    }
}
