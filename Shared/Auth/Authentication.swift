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
    /// An API key, with the workspace that it belongs to, and what is still to confirm it.
    case key(StoredAPIKey, KeyConfirmation?)

    /// Throws `OutdatedKey` when they have turned out not to hold as they were understood. Nothing is answered, and
    /// nobody refused, before that is known.
    public func confirm() throws {
        if case .key(_, let confirmation?) = self { try confirmation.check() }
    }
}

/// An API key as it is stored.
public struct StoredAPIKey: Equatable {
    let id: Identifier
    let name: String
    let prefix: String
    let scope: Scope
    let workspaceID: Identifier
    let settings: WorkspaceSettings
}

/// Checks the request's credentials.
///
/// - Throws: 401 if there are none that hold; 429 if too many from that address, or with a key of that prefix, did not hold.
/// - Parameters:
///   - requirement: what the operation takes: a session token, or an API key.
///   - known: the keys that the process knows already. One of them that is to read only is still to be confirmed.
///   - address: the client's address; nil if it can't be told.
public func authenticate(
    _ request: Request, for requirement: AccessRequirement, _ environment: Environment, _ database: any Database,
    known: KnownKeys, address: IPAddress?, _ log: Log, now: Timestamp
) throws -> Authenticated {
    do {
        return try credentials(of: request, for: requirement, environment, database, known: known, now: now)
    } catch let error as HTTPError where error.status == 401 {
        let token = request.headers["X-Api-Key"] ?? bearerToken(request)
        guard let token else { throw error }
        let failures = FailedAuthentications(database: database, now: now)
        do {
            guard let refusal = try failures.refusal(of: address, key: APIKey(token)) else { throw error }
            if refusal.isFirst {
                log.write(.warning, "too many requests of \(request.peerAddress) have credentials that are not valid")
            }
            throw refusal.error
        } catch is StoreError {
            // A failure that can't be counted is a failure all the same.
            throw error
        }
    }
}

private func credentials(
    of request: Request, for requirement: AccessRequirement, _ environment: Environment, _ database: any Database,
    known: KnownKeys, now: Timestamp
) throws -> Authenticated {
    switch requirement {
    case .session:
        guard let token = bearerToken(request), !APIKey.isMarked(token),
            let session = try session(token, environment, database, now: now)
        else { throw HTTPError.unauthorized("Missing or invalid session token.") }
        return .user(session)
    case .apiKey(let scope):
        guard let token = request.headers["X-Api-Key"] ?? bearerToken(request), let key = APIKey(token) else {
            throw HTTPError.unauthorized("Missing or invalid API key.")
        }
        if scope == .read, let stored = known[key.hash] {
            return .key(stored, try KeyConfirmation(of: key, known: stored, in: database))
        }
        var found: StoredAPIKey?
        try database.run(StoredAPIKey.lookup(of: key) { found = $0 })
        guard let found else { throw HTTPError.unauthorized("Missing or invalid API key.") }
        if scope == .read { known[key.hash] = found }
        return .key(found, nil)
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
    // A token that does not pass is refused even if that can't be noted.
    if session == nil { do { try fetched.want(now: now) } catch StoreError.unwritable {} }
    return session
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
private func bearerToken(_ request: Request) -> String? {
    guard let value = request.headers["Authorization"] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
}

extension StoredAPIKey {
    /// The query that gives `body` the active key that is `key`, if there is one.
    static func lookup(of key: APIKey, _ body: @escaping (StoredAPIKey) -> Void) -> Statement {
        let candidates: SQL =
            "SELECT api_keys.key_hash, api_keys.id, api_keys.name, api_keys.scope, api_keys.workspace_id, "
            + WorkspaceSettings.columns
            + " FROM api_keys JOIN workspaces ON workspaces.id = api_keys.workspace_id"
            + " WHERE api_keys.prefix = $1 AND api_keys.revoked_at IS NULL"
        return Statement(candidates, [.text(key.prefix)]) { row in
            guard constantTimeEqual(try row[0], key.hash) else { return }
            body(
                StoredAPIKey(
                    id: try row[1], name: try row[2], prefix: key.prefix, scope: try row[3], workspaceID: try row[4],
                    settings: try WorkspaceSettings(row, from: 5)))
        }
    }
}
