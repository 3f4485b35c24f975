public import Base
public import Store

/// The result of `verifyPermission`: the workspace, the caller, and the state of the key's hourly limit.
public struct Access {
    /// Access to the workspace's data on behalf of this caller.
    public let workspace: Workspace
    public let caller: Caller
    /// The scope of the caller's API key. Nil for members.
    public let scope: Scope?
    /// The counting of this request towards the hourly limit of its API key. Nil for members.
    public let rateLimitCheck: RateLimitCheck?
}

/// The plans that an operation is available to.
public enum PlanRequirement: Sendable {
    /// Every plan, including a trial until the end of its grace period.
    case current
    /// Every plan, including an expired trial. This is for operations that lead out of an expired trial, such as
    /// choosing a plan.
    case any
    /// The enterprise plan.
    case enterprise
}

/// Checks that the caller may perform an operation in a workspace. The checks run in this order: membership and
/// permission, or the key's workspace and scope (403); IP allowlist (403); revoked session, second factor and session
/// timeout (401); plan and trial (403); rate limit (429). The count of a request that only reads may be taken together
/// with its first read (see APIKeyCache.swift); then `RateLimitCheck.rateLimit` must be called before the response is
/// sent.
///
/// A workspace that does not exist and one that the caller has no access to lead to the same error.
///
/// - Parameters:
///   - workspaceID: The workspace that the request names. Nil means the API key's own workspace. A session must name
///     one.
///   - address: The client's address. Nil if it is unknown.
/// - Throws: `AccessError` or, for the rate limit, `LimitExceeded`: the error of the first check that fails.
///   `StoreError` or `EnvironmentError` if a check can't be made.
public func verifyPermission(
    _ authenticated: Authenticated, for requirement: AccessRequirement, plan: PlanRequirement,
    workspaceID: Identifier?, address: IPAddress?, _ environment: Environment, _ database: any Database,
    now: Timestamp
) throws -> Access {
    let id: Identifier
    let caller: Caller
    let settings: WorkspaceSettings
    var isRevoked = false
    switch (authenticated, requirement) {
    case (.user(let session), .session(let permission)), (.user(let session), .sessionOrKey(let permission)):
        guard let workspaceID,
            let member = try findMember(session, of: workspaceID, in: database)
        else { throw AccessError.notMember }
        guard permission.roles.contains(member.role) else {
            throw AccessError.roleForbids
        }
        id = workspaceID
        let email = session.email ?? (member.email.isEmpty ? nil : member.email)
        caller = .member(userID: session.userID, email: email, role: member.role)
        settings = member.settings
        isRevoked = member.isRevoked
    case (.key(let key, _), .apiKey), (.key(let key, _), .sessionOrKey):
        guard workspaceID == nil || workspaceID == key.workspaceID else {
            throw AccessError.keyOfAnotherWorkspace
        }
        if case .apiKey(let scope) = requirement, key.scope < scope { throw AccessError.needsScope(scope) }
        id = key.workspaceID
        caller = .apiKey(id: key.id, name: key.name, prefix: key.prefix)
        settings = key.settings
    default: throw AccessError.wrongCredentials
    }
    guard settings.allows(address) else {
        throw AccessError.addressForbidden
    }
    guard !isRevoked else { throw AccessError.endedSession }
    if case .user(let session) = authenticated { try verify(session, settings, now: now) }
    try verify(plan, settings, now: now)
    var rateLimitCheck: RateLimitCheck?
    var scope: Scope?
    if case .key(let key, let confirmation) = authenticated {
        scope = key.scope
        let isRead = if case .apiKey(.write) = requirement { false } else { true }
        rateLimitCheck = try RateLimitCheck(
            of: key, confirmation, isRead: isRead, limit: try hourlyLimit(environment), in: database, now: now)
        if !isRead { _ = try rateLimitCheck?.rateLimit() }
    }
    let workspace = Workspace(
        id: id, plan: settings.plan, caller: caller, database: database, requestID: environment.requestID)
    return Access(workspace: workspace, caller: caller, scope: scope, rateLimitCheck: rateLimitCheck)
}

/// Returns the role and the settings of the session's user in the workspace, and true if the workspace has revoked the
/// session. Returns nil if the user is not a member, or if the workspace was erased.
private func findMember(
    _ session: SessionToken, of workspaceID: Identifier, in database: any Database
) throws -> (role: Role, email: String, isRevoked: Bool, settings: WorkspaceSettings)? {
    try database.first(
        """
        SELECT members.role, members.email, EXISTS (SELECT 1 FROM revoked_sessions
                WHERE revoked_sessions.workspace_id = $1 AND revoked_sessions.session_id = $3),
        """ + " " + WorkspaceSettings.columns
            + " FROM members JOIN workspaces ON workspaces.id = members.workspace_id"
            + " WHERE members.workspace_id = $1 AND members.user_id = $2 AND workspaces.deleted_at IS NULL",
        workspaceID, session.userID,
        session.sessionID
    ) { row in
        (role: try row[0], email: try row[1], isRevoked: try row[2], settings: try WorkspaceSettings(row, from: 3))
    }
}

private func verify(_ session: SessionToken, _ settings: WorkspaceSettings, now: Timestamp) throws(AccessError) {
    guard session.hasSecondFactor || !settings.requiresSecondFactor else {
        throw .noSecondFactor
    }
    if let hours = settings.sessionTimeoutHours {
        guard now < session.sessionBegan + .hours(hours) else {
            throw .timedOutSession
        }
    }
}

private func verify(_ plan: PlanRequirement, _ settings: WorkspaceSettings, now: Timestamp) throws(AccessError) {
    switch plan {
    case .any: return
    case .current, .enterprise:
        guard settings.plan != .trial || !Trial.hasExpired(end: settings.trialEnd, now: now) else {
            throw .trialExpired
        }
        guard plan == .current || settings.plan == .enterprise else {
            throw .notEnterprise
        }
    }
}

private func hourlyLimit(_ environment: Environment) throws(EnvironmentError) -> Int {
    guard let text = environment["API_KEY_HOURLY_LIMIT"] else { return 1_000 }
    guard let limit = Int(text), limit >= 0 else {
        throw EnvironmentError("API_KEY_HOURLY_LIMIT must be a whole number of at least 0")
    }
    return limit
}

extension StoredAPIKey {
    /// Returns the name of the counter that counts a key's requests and stores the time of the last one.
    static func counter(_ id: Identifier) -> String { "api_key:" + id.description }
}
