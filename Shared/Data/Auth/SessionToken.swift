public import Base
import Crypto

/// A Supabase session token whose signature and claims have been checked (RFC 7519).
public struct SessionToken: Sendable {
    /// The user's id (the claim `sub`).
    public let userID: Identifier
    /// The user's e-mail address. Nil if the token has none or an empty one, as with users who sign in by telephone.
    public let email: String?
    /// True if the session's assurance level (the claim `aal`) is `aal2`: the user has used a second factor.
    public let hasSecondFactor: Bool
    /// The time at which the user signed in: the earliest of the authentication methods in the claim `amr`. If the
    /// token has none with a time, this is 1970, so that the session counts as too old wherever a timeout applies. The
    /// claim `iat` can't be used, because it is the time of the last refresh: a refreshed session would never time out.
    public let sessionBegan: Timestamp

    /// The session's id (the claim `session_id`), by which the session can be revoked. It stays the same when the
    /// session's token is refreshed. Nil if the token has none.
    public let sessionID: Identifier?

    /// The difference in seconds that is tolerated between the issuer's clock and this server's.
    static let clockSkew = 30

    /// Returns true if a text has the form of a session token: three parts with dots between them, the first of which
    /// begins as a JSON object in base64url does. The token need not be valid.
    static func hasForm(_ text: String) -> Bool {
        text.hasPrefix("eyJ") && text.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2
    }

    /// Returns true if a token's header names an algorithm with a private and a public key, RS256 or ES256.
    static func namesPublicKey(_ compact: String) -> Bool {
        let header = compact.split(separator: ".", maxSplits: 1).first.flatMap(json)
        return ["RS256", "ES256"].contains(header?["alg"]?.string)
    }

    /// The time at which the token expires (the claim `exp`).
    private let expiry: Timestamp

    /// Verifies a token in compact form (RFC 7515 §7.1). Returns nil if any of the checks fails.
    public init?(_ compact: String, keys: SessionKeys, now: Timestamp) {
        self.init(expiring: compact, keys: keys, now: now)
        guard now < expiry + Self.clockSkew else { return nil }
    }

    /// Returns true if a token has expired and passes all other checks.
    static func hasExpired(_ compact: String, keys: SessionKeys, now: Timestamp) -> Bool {
        guard let token = SessionToken(expiring: compact, keys: keys, now: now) else { return false }
        return now >= token.expiry + clockSkew
    }

    /// Verifies a token except for its expiry.
    private init?(expiring compact: String, keys: SessionKeys, now: Timestamp) {
        let parts = compact.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, compact.utf8.count <= 16_384,
            let header = Self.json(parts[0]), let signature = Base64.urlSafe.decode(parts[2]),
            header["crit"] == nil, let algorithm = header["alg"]?.string,
            keys.verify(
                signature, of: Array((parts[0] + "." + parts[1]).utf8), algorithm: algorithm,
                keyID: header["kid"]?.string),
            let claims = Self.json(parts[1]),
            claims["iss"]?.string == keys.issuer, Self.audience(claims).contains("authenticated"),
            // The roles `anon` and `service_role` belong to keys for programs, not to people's sessions.
            claims["role"] == "authenticated",
            let expiry = Self.time(claims["exp"]),
            let userID = claims["sub"]?.string.flatMap({ Identifier($0) })
        else { return nil }
        sessionID = claims["session_id"]?.string.flatMap { Identifier($0) }
        // A session whose id can't be read could not be revoked.
        guard sessionID != nil || claims["session_id"] == nil else { return nil }
        if let notBefore = claims["nbf"] {
            guard let moment = Self.time(notBefore), now >= moment - Self.clockSkew else { return nil }
        }
        let signIns = (claims["amr"]?.array ?? []).compactMap { Self.time($0["timestamp"]) }
        sessionBegan = signIns.min() ?? Timestamp(seconds: 0)
        self.expiry = expiry
        self.userID = userID
        email = claims["email"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        hasSecondFactor = claims["aal"]?.string == "aal2"
    }

    private static func json(_ part: Substring) -> JSON? {
        Base64.urlSafe.decode(part).flatMap { try? JSON(parsing: $0) }
    }

    private static func time(_ claim: JSON?) -> Timestamp? {
        switch claim {
        case .integer(let seconds): Timestamp(seconds: clamp(seconds))
        case .number(let seconds) where seconds.isFinite:
            Timestamp(seconds: clamp(Int(clamping: seconds.rounded(.down))))
        default: nil
        }
    }

    /// Limits a time claim, so that adding to it can't overflow.
    private static func clamp(_ seconds: Int) -> Int { min(max(seconds, -1 << 40), 1 << 40) }

    private static func audience(_ claims: JSON) -> [String] {
        switch claims["aud"] {
        case .string(let one): [one]
        case .array(let several): several.compactMap(\.string)
        default: []
        }
    }
}

extension SessionToken {
    /// Returns a token in compact form with these claims, signed with HS256. Only the local runner and tests use it.
    public static func sign(_ claims: JSON, secret: Secret) -> String {
        let header: JSON = ["alg": "HS256", "typ": "JWT"]
        let content = [header, claims].map { Base64.urlSafe.encode(JSONWriter.bytes($0)) }.joined(separator: ".")
        let signature = hmacSHA256(Array(content.utf8), key: secret)
        return content + "." + Base64.urlSafe.encode(signature)
    }
}
