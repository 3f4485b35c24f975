public import Base
import CCrypto

/// The SHA-256 hash (FIPS 180-4), made with OpenSSL's low-level functions.
public struct SHA256 {
    /// The block length of SHA-256 in bytes. HMAC needs it.
    static let blockLength = 64

    private var state = SHA256_CTX()

    /// Creates a hash to which no bytes have been added.
    public init() { SHA256_Init(&state) }

    /// Adds bytes to the message.
    public mutating func update(_ bytes: [UInt8]) {
        SHA256_Update(&state, bytes, bytes.count)
    }

    /// Returns the hash of all added bytes, 32 bytes long. The object must not be used after this.
    public mutating func finalize() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256_Final(&digest, &state)
        return digest
    }

    /// Returns the hash of `bytes`, 32 bytes long.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// Returns the hash of `bytes` as 64 lower-case hexadecimal digits.
    public static func hexadecimal(_ bytes: [UInt8]) -> String { Hex.encode(hash(bytes)) }
}

/// Returns the HMAC-SHA-256 (RFC 2104) of `message`, 32 bytes long. It uses the low-level SHA-256 above, because
/// OpenSSL's own HMAC would first initialise all of libcrypto.
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

/// Returns the HMAC-SHA-256 of `message`. The text of the secret is the key.
public func hmacSHA256(_ message: [UInt8], key: Secret) -> [UInt8] {
    key.reveal { hmacSHA256(message, key: Array($0.utf8)) }
}

/// Returns true if `code` is the HMAC-SHA-256 of `message`. The time that this takes depends on the length of the code,
/// but not on its bytes.
public func isHMACSHA256(_ code: [UInt8], of message: [UInt8], key: Secret) -> Bool {
    constantTimeEqual(hmacSHA256(message, key: key), code)
}

/// Returns true if the two values are equal. The time that this takes depends only on their lengths.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
