import Base
import HTTP
import Store

/// What `verifyPermission` found in order: the caller, the workspace, and where the caller stands in its limit.
public struct Access {
    /// The workspace's data, for this caller.
    public let workspace: Workspace
    /// Who calls.
    public let caller: Caller
    /// How the request is counted in the hourly limit of an API key; nil for members.
    public let admission: Admission?
}

/// Which plans an operation is for.
public enum PlanRequirement: Sendable {
    /// Every plan, and a trial until its grace has passed.
    case current
    /// Every plan, and an expired trial too: what leads out of one must stay open.
    case any
    /// The enterprise plan.
    case enterprise
}

/// Decides whether a caller may do in a workspace what an operation does, in this order: member with the permission, or
/// key of that workspace with the scope (403); IP allowlist (403); revoked session, second factor and session timeout (401);
/// plan and trial (403); rate limit (429). A request that only reads may be counted with its first read, in one round trip to the
/// database: whoever answers it asks the admission before the answer goes out.
///
/// A workspace that does not exist and one that is somebody else's give the same answer.
///
/// - Parameters:
///   - workspaceID: the workspace that the request names; nil, where a key may leave it out, is the key's own.
///   - address: the client's address; nil when it can't be told.
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
    case (.user(let session), .session(let permission)):
        guard let workspaceID,
            let member = try findMember(session, of: workspaceID, in: database)
        else { throw HTTPError.forbidden("You are not a member of this workspace.") }
        guard permission.roles.contains(member.role) else {
            throw HTTPError.forbidden("Your role does not allow this.")
        }
        id = workspaceID
        caller = .member(userID: session.userID, email: session.email ?? member.email, role: member.role)
        settings = member.settings
        isRevoked = member.isRevoked
    case (.key(let key, _), .apiKey(let scope)):
        guard workspaceID == nil || workspaceID == key.workspaceID else {
            throw HTTPError.forbidden("This API key is not for this workspace.")
        }
        guard key.scope >= scope else {
            throw HTTPError.forbidden("This needs an API key of scope \(scope.rawValue).")
        }
        id = key.workspaceID
        caller = .apiKey(id: key.id, name: key.name, prefix: key.prefix)
        settings = key.settings
    default: throw HTTPError.forbidden("These credentials are not for this operation.")
    }
    guard settings.allows(address) else {
        throw HTTPError.forbidden("Requests from this address are not allowed in this workspace.")
    }
    guard !isRevoked else { throw HTTPError.unauthorized("Your session was ended. Sign in again.") }
    if case .user(let session) = authenticated { try verify(session, settings, now: now) }
    try verify(plan, settings, now: now)
    var admission: Admission?
    if case .key(let key, let confirmation) = authenticated {
        let isRead = if case .apiKey(.read) = requirement { true } else { false }
        admission = try Admission(
            of: key, confirmation, isRead: isRead, limit: try hourlyLimit(environment), in: database, now: now)
        if !isRead { _ = try admission?.rateLimit() }
    }
    let workspace = Workspace(id: id, plan: settings.plan, caller: caller, database: database)
    return Access(workspace: workspace, caller: caller, admission: admission)
}

/// Finds the member who has the session, and says if the workspace has revoked the session.
private func findMember(
    _ session: SessionToken, of workspaceID: Identifier, in database: any Database
) throws -> (role: Role, email: String, isRevoked: Bool, settings: WorkspaceSettings)? {
    try database.first(
        """
        SELECT members.role, members.email, EXISTS (SELECT 1 FROM revoked_sessions
                WHERE revoked_sessions.workspace_id = $1 AND revoked_sessions.session_id = $3),
        """ + " " + WorkspaceSettings.columns
            + " FROM members JOIN workspaces ON workspaces.id = members.workspace_id"
            + " WHERE members.workspace_id = $1 AND members.user_id = $2", workspaceID, session.userID,
        session.sessionID
    ) { row in
        (role: try row[0], email: try row[1], isRevoked: try row[2], settings: try WorkspaceSettings(row, from: 3))
    }
}

private func verify(_ session: SessionToken, _ settings: WorkspaceSettings, now: Timestamp) throws(HTTPError) {
    guard session.hasSecondFactor || !settings.requiresSecondFactor else {
        throw .unauthorized("This workspace requires multi-factor authentication. Sign in with a second factor.")
    }
    if let hours = settings.sessionTimeoutHours {
        guard now < session.sessionBegan + .hours(hours) else {
            throw .unauthorized("Your session has timed out. Sign in again.")
        }
    }
}

private func verify(_ plan: PlanRequirement, _ settings: WorkspaceSettings, now: Timestamp) throws(HTTPError) {
    switch plan {
    case .any: return
    case .current, .enterprise:
        guard settings.plan != .trial || !Trial.hasExpired(end: settings.trialEnd, now: now) else {
            throw .forbidden("The trial has expired. Choose a plan to continue.")
        }
        guard plan == .current || settings.plan == .enterprise else {
            throw .forbidden("This is part of the Enterprise plan.")
        }
    }
}

private func hourlyLimit(_ environment: Environment) throws(EnvironmentError) -> Int {
    guard let text = environment["API_KEY_HOURLY_LIMIT"] else { return 1_000 }
    guard let limit = Int(text), limit >= 0 else {
        throw EnvironmentError("API_KEY_HOURLY_LIMIT is no whole number, 0 or more")
    }
    return limit
}

extension StoredAPIKey {
    /// The counter that counts a key's requests, and remembers the last.
    static func counter(_ id: Identifier) -> String { "api_key:" + id.description }
}
