import Base
import CCrypto

/// SHA-256 (FIPS 180-4), by OpenSSL's low-level calls.
public struct SHA256 {
    /// The block length in bytes, which HMAC needs.
    static let blockLength = 64

    private var state = SHA256_CTX()

    /// A hash of nothing yet.
    public init() { SHA256_Init(&state) }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
        SHA256_Update(&state, bytes, bytes.count)
    }

    /// The 32 bytes of the hash.
    public mutating func finalize() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256_Final(&digest, &state)
        return digest
    }

    /// The 32 bytes of the hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// The hash of `bytes` in 64 lower-case hexadecimal digits.
    public static func hexadecimal(_ bytes: [UInt8]) -> String { Hex.encode(hash(bytes)) }
}

/// HMAC with SHA-256 (RFC 2104), on the low-level SHA-256 above: OpenSSL's own HMAC initialises all of libcrypto.
public func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var block = key.count > SHA256.blockLength ? SHA256.hash(key) : key
    block += [UInt8](repeating: 0, count: SHA256.blockLength - block.count)
    var inner = SHA256()
    inner.update(block.map { $0 ^ 0x36 })
    inner.update(message)
    var outer = SHA256()
    outer.update(block.map { $0 ^ 0x5C })
    outer.update(inner.finalize())
    return outer.finalize()
}

/// Whether two values are equal, in a time that depends on their lengths alone.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
