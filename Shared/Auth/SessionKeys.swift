import Base
import Crypto
import Glibc

/// The keys that session tokens may be signed with. Each is pinned to one algorithm, so that a token can't choose
/// how it is checked.
public struct SessionKeys: Sendable {
    /// Who must have issued the tokens, `iss`.
    public let issuer: String
    private var keys: [Key]
    /// Whether the variables name the public keys. Otherwise they are those that were fetched from the issuer.
    public let hasFixedKeySet: Bool

    private enum Key: Sendable {
        case hs256(Secret)
        case rs256(id: String?, PublicKey)
        case es256(id: String?, PublicKey)
    }

    /// The keys that the variables name: SUPABASE_JWT_SECRET for HS256, SUPABASE_JWKS (a JSON Web Key Set) or
    /// SUPABASE_JWKS_FILE (a file with one) for ES256 and RS256. SUPABASE_URL says who the issuer is, and where the keys
    /// for ES256 and RS256 are fetched from when no variable names them.
    public init(_ environment: Environment) throws(EnvironmentError) {
        guard let url = environment["SUPABASE_URL"] else { throw EnvironmentError("SUPABASE_URL is not set") }
        issuer = (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/auth/v1"
        var keys: [Key] = []
        if let secret = try environment.hmacKey("SUPABASE_JWT_SECRET") { keys.append(.hs256(secret)) }
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

    /// Adds the keys of a set that was fetched from the issuer.
    mutating func add(fetched set: [UInt8]) throws(EnvironmentError) {
        keys += try Self.keySet(set, from: "the fetched key set")
    }

    /// Whether a text is a JSON Web Key Set.
    public static func isKeySet(_ bytes: [UInt8]) -> Bool { (try? keySet(bytes, from: "")) != nil }

    /// Whether one of the keys for `algorithm`, the one named `keyID` if any, made the signature.
    func verify(_ signature: [UInt8], of message: [UInt8], algorithm: String, keyID: String?) -> Bool {
        keys.contains { key in
            switch key {
            case .hs256(let secret):
                algorithm == "HS256"
                    && secret.reveal { constantTimeEqual(hmacSHA256(message, key: Array($0.utf8)), signature) }
            case .rs256(let id, let key):
                algorithm == "RS256" && (keyID == nil || id == keyID) && key.verifies(signature, of: message)
            case .es256(let id, let key):
                algorithm == "ES256" && (keyID == nil || id == keyID) && key.verifies(signature, of: message)
            }
        }
    }

    /// The most keys that a set may have. Each takes memory, and a token that names none is checked with all of them.
    private static let mostKeys = 100

    /// The signing keys of a JSON Web Key Set (RFC 7517 §5); keys of other kinds and for other uses are passed over.
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

/// All bytes of a file; nil when it can't be read. Foundation's file manager would be megabytes of every executable.
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
