import CCrypto

/// A public key that checks signatures over SHA-256 (RS256 and ES256 of RFC 7518 §3).
public final class PublicKey: @unchecked Sendable {
    private let key: OpaquePointer
    private let kind: Kind

    private enum Kind {
        /// RSASSA-PKCS1-v1_5.
        case rsa
        /// ECDSA on P-256. A signature is R followed by S, 32 bytes each (RFC 7518 §3.4).
        case p256
    }

    private init?(_ key: OpaquePointer?, _ kind: Kind) {
        guard let key else { return nil }
        self.key = key
        self.kind = kind
    }

    deinit { EVP_PKEY_free(key) }

    /// Returns the RSA key of this modulus and exponent, both big endian. Returns nil if the modulus does not have 256
    /// to 1,024 bytes or the exponent 1 to 8 (usual ones have 3), not counting zeros at their beginning; if with these
    /// zeros the modulus has more than 2,048 bytes or the exponent more than 64; or if OpenSSL rejects the key. The
    /// limits are needed because the time to check a signature grows with both numbers.
    public static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        guard (256...1_024).contains(modulus.drop(while: { $0 == 0 }).count),
            (1...8).contains(exponent.drop(while: { $0 == 0 }).count), modulus.count <= 2_048, exponent.count <= 64
        else { return nil }
        return PublicKey(ccrypto_rsa_key(modulus, modulus.count, exponent, exponent.count), .rsa)
    }

    /// Returns the key on the curve P-256 with these coordinates, 32 bytes each. Returns nil if a coordinate has
    /// another length, if the point is not on the curve, or if OpenSSL fails.
    public static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
        guard x.count == 32, y.count == 32 else { return nil }
        let point = [0x04] + x + y
        return PublicKey(ccrypto_p256_key(point, point.count), .p256)
    }

    /// Returns true if `signature` was made over `message` by the private key that belongs to this key.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let encoded: [UInt8]? =
            switch kind {
            case .rsa: signature
            case .p256: Self.distinguishedEncoding(signature)
            }
        guard let encoded else { return false }
        return ccrypto_verify_sha256(key, encoded, encoded.count, message, message.count) == 1
    }

    /// Converts R and S, 32 bytes each, to the ASN.1 sequence that OpenSSL expects. Returns nil if the signature does
    /// not have 64 bytes, or if OpenSSL fails.
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
