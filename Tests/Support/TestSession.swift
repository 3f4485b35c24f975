public import Auth
public import Base

/// The Supabase project that signs the tests' session tokens.
public enum TestSession {
    public static let secret = Secret("the secret of the tests' own project, of 50 letters")
    public static let url = "https://project.example"

    /// Returns the claims of a valid token, as Supabase makes them.
    public static func claims(of userID: Identifier, at now: Timestamp = TestStore.now) -> [String: JSON] {
        [
            "iss": .string(url + "/auth/v1"), "sub": .string(userID.description), "aud": "authenticated",
            "exp": .integer(now.seconds + 3_600), "iat": .integer(now.seconds - 60), "role": "authenticated",
            "aal": "aal1", "email": "member@example.com",
            "amr": [["method": "password", "timestamp": .integer(now.seconds - 60)]],
        ]
    }

    /// Returns a user's token; `change` edits its claims.
    public static func token(
        of userID: Identifier, at now: Timestamp = TestStore.now, _ change: (inout [String: JSON]) -> Void = { _ in }
    ) -> String {
        var claims = claims(of: userID, at: now)
        change(&claims)
        return SessionToken.sign(.object(claims), secret: secret)
    }
}

extension TestWorkspace {
    /// Returns a session token of the member with a role; `change` edits its claims.
    public func token(
        _ role: Role = .admin, at now: Timestamp = TestStore.now, _ change: (inout [String: JSON]) -> Void = { _ in }
    ) -> String {
        TestSession.token(of: members[role] ?? id, at: now, change)
    }
}
