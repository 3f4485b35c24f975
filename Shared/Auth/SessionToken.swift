import Base
import Crypto

/// A Supabase session token whose signature and claims have been checked (RFC 7519).
public struct SessionToken: Sendable {
    /// The user, `sub`.
    public let userID: Identifier
    /// The user's e-mail address. Nil if the token has none, or an empty one, as those of people who sign in by telephone do.
    public let email: String?
    /// Whether the session's assurance level, `aal`, is `aal2`: a second factor was used.
    public let hasSecondFactor: Bool
    /// When the user signed in: the first of the authentication methods, `amr`. The earliest moment there is if the token does
    /// not say it: `iat` is that of the last refresh, by which a session would never be too old.
    public let sessionBegan: Timestamp

    /// The session, `session_id`, by which it can be revoked. All tokens that a session is refreshed to have the same.
    public let sessionID: Identifier?

    /// Seconds by which the clocks of issuer and server may differ.
    static let clockSkew = 30

    /// Whether a token says that it is signed with a private key, whose public one the issuer publishes.
    static func namesPublicKey(_ compact: String) -> Bool {
        let header = compact.split(separator: ".", maxSplits: 1).first.flatMap(json)
        return ["RS256", "ES256"].contains(header?["alg"]?.string)
    }

    /// Checks a token in compact form (RFC 7515 §7.1). Nil when anything about it does not hold.
    public init?(_ compact: String, keys: SessionKeys, now: Timestamp) {
        let parts = compact.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, compact.utf8.count <= 16_384,
            let header = Self.json(parts[0]), let signature = Base64.urlSafe.decode(parts[2]),
            header["crit"] == nil, let algorithm = header["alg"]?.string,
            keys.verify(
                signature, of: Array((parts[0] + "." + parts[1]).utf8), algorithm: algorithm,
                keyID: header["kid"]?.string),
            let claims = Self.json(parts[1]),
            claims["iss"]?.string == keys.issuer, Self.audience(claims).contains("authenticated"),
            // `anon` and `service_role` are keys of programs, not sessions of people.
            claims["role"] == "authenticated",
            let expiry = Self.time(claims["exp"]), now < expiry + Self.clockSkew,
            let userID = claims["sub"]?.string.flatMap({ Identifier($0) })
        else { return nil }
        sessionID = claims["session_id"]?.string.flatMap { Identifier($0) }
        // A session that can't be named could not be revoked.
        guard sessionID != nil || claims["session_id"] == nil else { return nil }
        if let notBefore = claims["nbf"] {
            guard let moment = Self.time(notBefore), now >= moment - Self.clockSkew else { return nil }
        }
        let signIns = (claims["amr"]?.array ?? []).compactMap { Self.time($0["timestamp"]) }
        sessionBegan = signIns.min() ?? Timestamp(seconds: 0)
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

    /// Keeps sums with any claim from overflowing.
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
    /// A token in compact form with these claims, signed with HS256: for local work and for tests.
    public static func sign(_ claims: JSON, secret: Secret) -> String {
        let header: JSON = ["alg": "HS256", "typ": "JWT"]
        let content = [header, claims].map { Base64.urlSafe.encode(JSONWriter.bytes($0)) }.joined(separator: ".")
        let signature = secret.reveal { hmacSHA256(Array(content.utf8), key: Array($0.utf8)) }
        return content + "." + Base64.urlSafe.encode(signature)
    }
}
