public import Base
import Crypto
public import HTTP
public import Store

/// The credentials that an operation requires of its callers.
public enum AccessRequirement: Sendable {
    /// A session token of a member whose role has this permission.
    case session(Permission)
    /// An API key with this scope or a wider one.
    case apiKey(Scope)
    /// A session token of a member whose role has this permission, or an API key of any scope. It is for operations
    /// that only read.
    case sessionOrKey(Permission)
}

extension AccessRequirement {
    fileprivate var takesEither: Bool { if case .sessionOrKey = self { true } else { false } }
}

/// Credentials that have been verified. It is not yet known which workspace the request is about, and if the caller may
/// use it.
public enum Authenticated {
    /// A session token.
    case user(SessionToken)
    /// An API key with its workspace. If the key comes from the cache, its confirmation is still outstanding.
    case key(StoredAPIKey, KeyRevalidation?)

    /// Throws `StaleKey` if the credentials come from the cache and have changed since they were cached. It must be
    /// called before anything is answered or refused on the basis of these credentials.
    public func confirm() throws {
        if case .key(_, let confirmation?) = self { try confirmation.check() }
    }
}

/// An API key and its workspace's settings, as they are stored.
public struct StoredAPIKey: Equatable {
    let id: Identifier
    let name: String
    let prefix: String
    let scope: Scope
    let workspaceID: Identifier
    let settings: WorkspaceSettings
}

/// Verifies the request's credentials.
///
/// - Parameters:
///   - requirement: The kind of credentials that the operation requires: a session token or an API key.
///   - known: The process's cache of API keys. It is used only for operations that need the read scope; a key from it
///     is still to be confirmed.
///   - address: The client's address. Nil if it is unknown.
/// - Throws: 401 if there are no valid credentials, or 429 instead if too many requests with invalid credentials came
///   from this address or named API keys with the same prefix; `StoreError` or `EnvironmentError` if the credentials
///   can't be checked.
public func authenticate(
    _ request: Request, for requirement: AccessRequirement, _ environment: Environment, _ database: any Database,
    known: APIKeyCache, address: IPAddress?, _ log: Log, now: Timestamp
) throws -> Authenticated {
    do {
        return try credentials(of: request, for: requirement, environment, database, known: known, now: now)
    } catch let error as AccessError where error.kind == .unauthenticated {
        let token = requirement.takesEither ? eitherToken(request) : apiKeyToken(request)
        guard let token else { throw error }
        let failures = FailedAuthentications(database: database, now: now)
        do {
            guard let refusal = try failures.refusal(of: address, key: APIKey(token)) else { throw error }
            if refusal.isFirst {
                log.write(.warning, "too many requests from \(request.peerAddress) with invalid credentials")
            }
            throw refusal.error
        } catch is StoreError {
            // The credentials are invalid even if the failure could not be counted.
            throw error
        }
    }
}

private func credentials(
    of request: Request, for requirement: AccessRequirement, _ environment: Environment, _ database: any Database,
    known: APIKeyCache, now: Timestamp
) throws -> Authenticated {
    switch requirement {
    case .session:
        guard let token = bearerToken(request), !APIKey.isMarked(token),
            let session = try session(token, environment, database, now: now)
        else {
            let isKey = APIKey.isMarked(bearerToken(request) ?? request.headers["X-Api-Key"] ?? "")
            throw isKey ? AccessError.keyForSession : .invalidSession
        }
        return .user(session)
    case .apiKey(let scope):
        guard let token = apiKeyToken(request), let key = APIKey(token),
            let stored = try storedKey(key, isRead: scope == .read, database, known: known)
        else {
            let isSession = SessionToken.hasForm(apiKeyToken(request) ?? "")
            throw isSession ? AccessError.sessionForKey : .invalidAPIKey
        }
        return stored
    case .sessionOrKey:
        guard let token = eitherToken(request) else { throw AccessError.invalidCredentials }
        if let key = APIKey(token), let stored = try storedKey(key, isRead: true, database, known: known) {
            return stored
        }
        guard !APIKey.isMarked(token), request.headers["Authorization"] != nil,
            let session = try session(token, environment, database, now: now)
        else { throw AccessError.invalidCredentials }
        return .user(session)
    }
}

/// Returns the stored key that equals `key`. Returns nil if there is none.
private func storedKey(
    _ key: APIKey, isRead: Bool, _ database: any Database, known: APIKeyCache
) throws -> Authenticated? {
    let mayBeKnown = isRead && database.combinesReads
    if mayBeKnown, let stored = known[key.hash] {
        return .key(stored, try KeyRevalidation(of: key, known: stored, in: database))
    }
    var found: StoredAPIKey?
    try database.run(StoredAPIKey.lookup(of: key) { found = $0 })
    guard let found else { return nil }
    if mayBeKnown { known[key.hash] = found }
    return .key(found, nil)
}

private func session(
    _ token: String, _ environment: Environment, _ database: any Database, now: Timestamp
) throws -> SessionToken? {
    var keys = try SessionKeys(environment)
    func session() throws(AccessError) -> SessionToken? {
        if let session = SessionToken(token, keys: keys, now: now) { return session }
        if SessionToken.hasExpired(token, keys: keys, now: now) { throw .expiredSession }
        return nil
    }
    guard !keys.hasFixedKeySet, SessionToken.namesPublicKey(token) else { return try session() }
    let fetched = FetchedSessionKeys(issuer: keys.issuer, database)
    if let set = try fetched.keySet() { try keys.add(fetched: set) }
    let found = try session()
    // The token is refused even if the request to fetch keys could not be stored.
    if found == nil { do { try fetched.want(now: now) } catch StoreError.unwritable {} }
    return found
}

/// Returns the text that stands for an API key: X-Api-Key, or else the bearer token.
private func apiKeyToken(_ request: Request) -> String? { request.headers["X-Api-Key"] ?? bearerToken(request) }

/// Returns the token of a request that may have a session token or an API key. If there is an Authorization field, it
/// decides, and X-Api-Key is ignored: the runner counts the requests of a caller by this field.
private func eitherToken(_ request: Request) -> String? {
    request.headers["Authorization"] == nil ? request.headers["X-Api-Key"] : bearerToken(request)
}

/// Returns the token of an `Authorization: Bearer TOKEN` field (RFC 6750 §2.1). Returns nil if there is no such field.
private func bearerToken(_ request: Request) -> String? {
    guard let value = request.headers["Authorization"] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
}

extension StoredAPIKey {
    /// Returns the query that calls `body` with the stored key that equals `key`, if there is one, it is not revoked
    /// and its workspace is not erased.
    static func lookup(of key: APIKey, _ body: @escaping (StoredAPIKey) -> Void) -> Statement {
        let candidates: SQL =
            "SELECT api_keys.key_hash, api_keys.id, api_keys.name, api_keys.scope, api_keys.workspace_id, "
            + WorkspaceSettings.columns
            + " FROM api_keys JOIN workspaces ON workspaces.id = api_keys.workspace_id"
            + " WHERE api_keys.prefix = $1 AND api_keys.revoked_at IS NULL AND workspaces.deleted_at IS NULL"
        return Statement(candidates, [.text(key.prefix)]) { row in
            guard constantTimeEqual(try row[0], key.hash) else { return }
            body(
                StoredAPIKey(
                    id: try row[1], name: try row[2], prefix: key.prefix, scope: try row[3], workspaceID: try row[4],
                    settings: try WorkspaceSettings(row, from: 5)))
        }
    }
}
