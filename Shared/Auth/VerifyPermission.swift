import Base
import HTTP
import Store

/// The result of `verifyPermission`: the workspace, the caller, and the state of the key's hourly limit.
public struct Access {
    /// Access to the workspace's data on behalf of this caller.
    public let workspace: Workspace
    public let caller: Caller
    /// The counting of this request towards the hourly limit of its API key. Nil for members.
    public let admission: Admission?
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
/// with its first read (see KnownKeys.swift); then `Admission.rateLimit` must be called before the response is sent.
///
/// A workspace that does not exist and one that the caller has no access to lead to the same error.
///
/// - Parameters:
///   - workspaceID: The workspace that the request names. Nil means the API key's own workspace.
///   - address: The client's address. Nil if it is unknown.
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
            throw HTTPError.forbidden("This operation needs an API key with the scope \(scope.rawValue).")
        }
        id = key.workspaceID
        caller = .apiKey(id: key.id, name: key.name, prefix: key.prefix)
        settings = key.settings
    default: throw HTTPError.forbidden("This operation does not accept credentials of this kind.")
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

/// Returns the role and the settings of the session's user in the workspace, and true if the workspace has revoked the
/// session. Returns nil if the user is not a member.
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
        throw EnvironmentError("API_KEY_HOURLY_LIMIT must be a whole number of at least 0")
    }
    return limit
}

extension StoredAPIKey {
    /// Returns the name of the counter that counts a key's requests and stores the time of the last one.
    static func counter(_ id: Identifier) -> String { "api_key:" + id.description }
}
