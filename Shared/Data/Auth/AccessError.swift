public import Base

/// The reason why a caller has no access, or why an API key can't be created or revoked.
public struct AccessError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String
    public let retryAfter: Int?

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String, retryAfter: Int? = nil) {
        self.kind = kind
        code = "access." + name
        self.sentence = sentence
        self.retryAfter = retryAfter
    }

    // MARK: Credentials

    public static let invalidSession = AccessError(
        .unauthenticated, "session_invalid", "Missing or invalid session token.")
    public static let invalidAPIKey = AccessError(.unauthenticated, "api_key_invalid", "Missing or invalid API key.")
    public static let invalidCredentials = AccessError(
        .unauthenticated, "credentials_invalid", "Missing or invalid session token or API key.")
    /// An API key came where a session token is needed.
    static let keyForSession = AccessError(
        .unauthenticated, "session_invalid",
        "Missing or invalid session token. This operation does not accept API keys.")
    /// A session token came where an API key is needed.
    static let sessionForKey = AccessError(
        .unauthenticated, "api_key_invalid",
        "Missing or invalid API key. This operation does not accept session tokens.")
    /// The token is genuine, but has expired.
    static let expiredSession = AccessError(
        .unauthenticated, "session_expired", "The session token has expired. Sign in again.")
    static let endedSession = AccessError(
        .unauthenticated, "session_ended", "Your session was ended. Sign in again.")
    static let timedOutSession = AccessError(
        .unauthenticated, "session_timed_out", "Your session has timed out. Sign in again.")
    static let noSecondFactor = AccessError(
        .unauthenticated, "no_second_factor",
        "This workspace requires multi-factor authentication. Sign in with a second factor.")

    public static func tooManyFailures(retryAfter seconds: Int) -> AccessError {
        AccessError(
            .limited, "too_many_failures", "Too many requests with credentials that are not valid. Try again later.",
            retryAfter: seconds)
    }

    // MARK: Permission

    static let notMember = AccessError(.refused, "not_member", "You are not a member of this workspace.")
    public static let roleForbids = AccessError(.refused, "role_forbids", "Your role does not allow this.")
    public static let keyOfAnotherWorkspace = AccessError(
        .refused, "other_workspace", "This API key is not for this workspace.")

    public static func needsScope(_ scope: Scope) -> AccessError {
        AccessError(.refused, "scope_too_narrow", "This operation needs an API key with the scope \(scope.rawValue).")
    }

    public static let wrongCredentials = AccessError(
        .refused, "wrong_credentials", "This operation does not accept credentials of this kind.")
    public static let addressForbidden = AccessError(
        .refused, "address_forbidden", "Requests from this address are not allowed in this workspace.")
    public static let trialExpired = AccessError(
        .refused, "trial_expired", "The trial has expired. Choose a plan to continue.")
    public static let notEnterprise = AccessError(
        .refused, "not_enterprise", "This is part of the Enterprise plan.")

    // MARK: API keys

    public static func tooManyAPIKeys(_ most: Int) -> AccessError {
        AccessError(
            .conflict, "too_many_api_keys",
            "The workspace already has \(most) active API keys, the maximum. Revoke one first.")
    }

    public static let unknownAPIKey = AccessError(.notFound, "unknown_api_key", "No active API key has this id.")
}
