import Auth
import Base

/// Issues session tokens for local work, in the format of Supabase.
struct SessionTokens {
    /// The person that a token is issued for.
    struct Person {
        let userID: Identifier
        let email: String
    }

    /// The default validity of a token, in seconds: one week.
    static let lifetime = Int.days(7)

    private let issuer: String
    private let secret: Secret

    /// Reads the secret and the issuer. Throws `Failure` if the configuration has no value for one of them.
    init(_ configuration: Configuration) throws {
        func value(_ name: String, _ advice: String) throws -> Secret {
            guard let value = configuration.variables[name], !value.reveal(\.isEmpty) else {
                throw Failure("\(name) has no value; \(advice)")
            }
            return value
        }
        secret = try value("SUPABASE_JWT_SECRET", "add it to secrets.required")
        let url = try value("SUPABASE_URL", "add it to \"vars\"").reveal { $0 }
        issuer = (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/auth/v1"
    }

    /// Returns a token of a session that begins now. `lifetime` is in seconds; `level` is aal1 or aal2.
    func issue(_ person: Person, level: String = "aal2", lifetime: Int = lifetime) -> String {
        let now = Timestamp.now.seconds
        var methods: [JSON] = [["method": "password", "timestamp": .integer(now)]]
        if level == "aal2" { methods.insert(["method": "totp", "timestamp": .integer(now)], at: 0) }
        let claims: JSON = [
            "iss": .string(issuer), "aud": "authenticated", "sub": .string(person.userID.description),
            "email": .string(person.email), "role": "authenticated", "aal": .string(level),
            "session_id": .string(Identifier.random().description), "amr": .array(methods),
            "iat": .integer(now), "exp": .integer(now + lifetime),
        ]
        return SessionToken.sign(claims, secret: secret)
    }
}
