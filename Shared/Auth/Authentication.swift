import Base
import Crypto
import HTTP
import Store

/// What an operation demands of its callers.
public enum AccessRequirement: Sendable {
    /// Members whose role allows it, by a session token.
    case session(Permission)
    /// API keys of this scope or a wider one.
    case apiKey(Scope)
}

/// Credentials that hold, of a caller about whom nothing else is known yet.
public enum Authenticated {
    /// A session token's user.
    case user(SessionToken)
    /// An API key, with the workspace that it belongs to.
    case key(StoredAPIKey)
}

/// An API key as it is stored.
public struct StoredAPIKey {
    let id: Identifier
    let name: String
    let prefix: String
    let scope: Scope
    let workspaceID: Identifier
    let settings: WorkspaceSettings
}

/// Checks the request's credentials. Throws 401 when there are none that hold.
///
/// - Parameter requirement: what the operation takes: a session token, or an API key.
public func authenticate(
    _ request: Request, for requirement: AccessRequirement, _ environment: Environment, _ database: any Database,
    now: Timestamp
) throws -> Authenticated {
    switch requirement {
    case .session:
        guard let token = bearerToken(request), !APIKey.isMarked(token),
            let session = try session(token, environment, database, now: now)
        else { throw HTTPError.unauthorized("Missing or invalid session token.") }
        return .user(session)
    case .apiKey:
        guard let token = request.headers["X-Api-Key"] ?? bearerToken(request), let key = APIKey(token),
            let stored = try find(key, in: database)
        else { throw HTTPError.unauthorized("Missing or invalid API key.") }
        return .key(stored)
    }
}

private func session(
    _ token: String, _ environment: Environment, _ database: any Database, now: Timestamp
) throws -> SessionToken? {
    var keys = try SessionKeys(environment)
    guard !keys.hasFixedKeySet, SessionToken.namesPublicKey(token) else {
        return SessionToken(token, keys: keys, now: now)
    }
    let fetched = FetchedSessionKeys(issuer: keys.issuer, database)
    if let set = try fetched.keySet() { try keys.add(fetched: set) }
    let session = SessionToken(token, keys: keys, now: now)
    if session == nil { try fetched.want(now: now) }
    return session
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
private func bearerToken(_ request: Request) -> String? {
    guard let value = request.headers["Authorization"] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
}

private func find(_ key: APIKey, in database: any Database) throws -> StoredAPIKey? {
    var found: StoredAPIKey?
    let candidates: SQL =
        "SELECT api_keys.key_hash, api_keys.id, api_keys.name, api_keys.scope, api_keys.workspace_id, "
        + WorkspaceSettings.columns
        + " FROM api_keys JOIN workspaces ON workspaces.id = api_keys.workspace_id"
        + " WHERE api_keys.prefix = $1 AND api_keys.revoked_at IS NULL"
    try database.run(candidates, [.text(key.prefix)]) { row in
        guard constantTimeEqual(try row[0], key.hash) else { return }
        found = StoredAPIKey(
            id: try row[1], name: try row[2], prefix: key.prefix, scope: try row[3], workspaceID: try row[4],
            settings: try WorkspaceSettings(row, from: 5))
    }
    return found
}
