public import Base
import Crypto
import Glibc

/// The keys that may sign session tokens. Each key is bound to one algorithm, so that a token can't choose how it is
/// verified.
public struct SessionKeys: Sendable {
    /// The required issuer of the tokens (the claim `iss`).
    public let issuer: String
    private var keys: [Key]
    /// True if an environment variable contains or names the public keys. If it is false, tokens of RS256 and ES256 are
    /// checked with the keys fetched from the issuer.
    public let hasFixedKeySet: Bool

    private enum Key: Sendable {
        case hs256(Secret)
        case rs256(id: String?, PublicKey)
        case es256(id: String?, PublicKey)
    }

    /// Reads the keys that environment variables name: SUPABASE_JWT_SECRET for HS256 (one secret, or two with a comma
    /// between them while one replaces the other); SUPABASE_JWKS (a JSON Web Key Set) or SUPABASE_JWKS_FILE (the path
    /// of one) for ES256 and RS256. SUPABASE_URL determines the issuer. If no variable names a key set,
    /// `add(fetched:)` adds the keys that were fetched from the issuer.
    ///
    /// - Throws: `EnvironmentError` if SUPABASE_URL is not set, if a secret is too short, or if a key set can't be
    ///   read.
    public init(_ environment: Environment) throws(EnvironmentError) {
        guard let url = environment["SUPABASE_URL"] else { throw EnvironmentError("SUPABASE_URL is not set") }
        issuer = (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/auth/v1"
        var keys: [Key] = []
        keys += try environment.hmacKeys("SUPABASE_JWT_SECRET").map { .hs256($0) }
        if let set = environment["SUPABASE_JWKS"] {
            keys += try Self.keySet(Array(set.utf8), from: "SUPABASE_JWKS")
        } else if let path = environment["SUPABASE_JWKS_FILE"] {
            guard let bytes = contents(ofFile: path) else {
                throw EnvironmentError("SUPABASE_JWKS_FILE can't be read")
            }
            keys += try Self.keySet(bytes, from: "SUPABASE_JWKS_FILE")
        }
        hasFixedKeySet = environment["SUPABASE_JWKS"] != nil || environment["SUPABASE_JWKS_FILE"] != nil
        self.keys = keys
    }

    /// Adds the keys of a key set that was fetched from the issuer. Throws an error if it is no key set.
    mutating func add(fetched set: [UInt8]) throws(EnvironmentError) {
        keys += try Self.keySet(set, from: "the fetched key set")
    }

    /// Returns true if the text has the form of a JSON Web Key Set of at most `mostKeys` keys. The keys are not
    /// checked.
    public static func isKeySet(_ bytes: [UInt8]) -> Bool { (try? keySet(bytes, from: "")) != nil }

    /// Returns true if one of the keys for `algorithm` made the signature. If `keyID` is not nil, only public keys with
    /// that id count; HS256 secrets have no id and always count.
    func verify(_ signature: [UInt8], of message: [UInt8], algorithm: String, keyID: String?) -> Bool {
        keys.contains { key in
            switch key {
            case .hs256(let secret):
                algorithm == "HS256" && isHMACSHA256(signature, of: message, key: secret)
            case .rs256(let id, let key):
                algorithm == "RS256" && (keyID == nil || id == keyID) && key.verifies(signature, of: message)
            case .es256(let id, let key):
                algorithm == "ES256" && (keyID == nil || id == keyID) && key.verifies(signature, of: message)
            }
        }
    }

    /// The largest number of keys in a key set. Each key takes memory, and a token that names no key is checked with
    /// all of them.
    private static let mostKeys = 100

    /// Returns the signing keys of a JSON Web Key Set (RFC 7517 §5). Keys that are malformed, of other types or for
    /// other uses are ignored.
    private static func keySet(_ bytes: [UInt8], from source: String) throws(EnvironmentError) -> [Key] {
        guard let set = (try? JSON(parsing: bytes))?["keys"]?.array, set.count <= mostKeys else {
            throw EnvironmentError("\(source) is not a JSON Web Key Set")
        }
        return set.compactMap { jwk in
            func number(_ name: String) -> [UInt8] { jwk[name]?.string.flatMap { Base64.urlSafe.decode($0) } ?? [] }
            guard jwk["use"]?.string ?? "sig" == "sig" else { return nil }
            let id = jwk["kid"]?.string
            switch (jwk["kty"]?.string, jwk["alg"]?.string) {
            case ("RSA", nil), ("RSA", "RS256"):
                return PublicKey.rsa(modulus: number("n"), exponent: number("e")).map { .rs256(id: id, $0) }
            case ("EC", nil), ("EC", "ES256"):
                guard jwk["crv"]?.string == "P-256" else { return nil }
                return PublicKey.p256(x: number("x"), y: number("y")).map { .es256(id: id, $0) }
            default: return nil
            }
        }
    }
}

/// Returns all bytes of a file. Returns nil if it can't be read. It does not use Foundation's file manager, which would
/// add megabytes to every executable.
private func contents(ofFile path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
        bytes.append(contentsOf: buffer.prefix(count))
    }
    return ferror(file) == 0 ? bytes : nil
}
