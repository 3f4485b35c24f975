import Auth
import Base
import Connectors
import Integrations
import Store

/// Finds the records on which an action acts among those that an integration of the workspace has synced, by our id or
/// the provider's. A ticket or an access review may be about another record of the workspace.
struct TargetResolver {
    let workspace: Workspace
    let integration: Identifier
    /// The platform's name, as people read it.
    let platform: String
    let entity: String

    /// The records of an action.
    struct Targets {
        /// The record that targetEntityId names.
        let named: ResolvedTarget
        /// The records on which the platform acts, at least one: the named record or its grants.
        var all: [ResolvedTarget]

        init(_ named: ResolvedTarget) { (self.named, all) = (named, [named]) }
    }

    /// The entity's text as one of our ids. Nil if it is not a UUID, since PostgreSQL can compare a UUID column only
    /// with a UUID.
    private var id: Identifier? { Identifier(entity) }

    /// Returns the targets of an action.
    /// - Throws: `RemediationError` if there is no record with the entity's id on which the action can act, or if it is
    ///   the id of a person with several accounts there.
    func targets(of action: ActionType) throws -> Targets {
        let named: ResolvedTarget?
        switch action {
        case .syncDevice, .lockDevice, .retireDevice, .containHost, .liftContainment: named = try device()
        case .sanctionApp, .blockApp, .flagApp: named = try application()
        case .revokeOAuthToken: return try grants()
        case .rotateCredentials: named = try key() ?? account()
        case .revokeLicense: named = try license() ?? account() ?? application()
        case .createTicket: named = try anything()
        // On a platform that reviews other things than applications and accounts, a parameter names the thing to
        // review.
        case .createAccessReview: named = try application() ?? account() ?? anything()
        case .suspendUser, .unsuspendUser, .forcePasswordChange, .forceMFAEnroll, .revokeSessions, .revokeAllTokens,
            .deactivateUser, .offboardUser, .removeAdminRole, .removeFromGroup, .notifyUser:
            named = try account()
        }
        guard let named else { throw notFound }
        return Targets(named)
    }

    private var notFound: RemediationError { .unknownTarget(on: platform) }

    // MARK: Records of the integration

    private static let accountColumns: SQL = """
        SELECT external_id, username, email, coalesce(display_name, username, email, external_id), identity_id, id
        FROM accounts
        """

    private static func account(_ row: any Row) throws -> ResolvedTarget {
        var target = ResolvedTarget(.account, try row[0])
        (target.username, target.email, target.label) = (try row[1], try row[2], try row[3])
        (target.identityID, target.accountID, target.recordID) = (try row[4], try row[5], try row[5])
        return target
    }

    private func account() throws -> ResolvedTarget? {
        let named = try workspace.first(
            Self.accountColumns + " WHERE workspace_id = $1 AND integration_id = $2 AND external_id = $3", integration,
            entity, decode: Self.account)
        guard named == nil, let id else { return named }
        let found = try workspace.rows(
            Self.accountColumns
                + " WHERE workspace_id = $1 AND integration_id = $2 AND (id = $3 OR identity_id = $3)",
            integration, id, decode: Self.account)
        guard found.count <= 1 else {
            throw RemediationError.ambiguousTarget(found.count, on: platform)
        }
        return found.first
    }

    private func device() throws -> ResolvedTarget? {
        try either(
            """
            SELECT external_id, hostname, id, identity_id FROM devices
            WHERE workspace_id = $1 AND integration_id = $2
            """
        ) { row in
            var target = ResolvedTarget(.device, try row[0])
            (target.label, target.deviceID, target.recordID) = (try row[1], try row[2], try row[2])
            target.identityID = try row[3]
            return target
        }
    }

    private func application() throws -> ResolvedTarget? {
        try either(
            "SELECT external_id, name, id FROM applications WHERE workspace_id = $1 AND integration_id = $2"
        ) { row in
            var target = ResolvedTarget(.application, try row[0])
            (target.label, target.applicationID, target.recordID) = (try row[1], try row[2], try row[2])
            return target
        }
    }

    private static let keyColumns: SQL = """
        SELECT external_id, coalesce(name, external_id), identity_id, account_id, id FROM access_keys
        WHERE workspace_id = $1 AND integration_id = $2
        """

    private static func key(_ row: any Row) throws -> ResolvedTarget {
        var target = ResolvedTarget(.key, try row[0])
        (target.label, target.identityID) = (try row[1], try row[2])
        (target.accountID, target.recordID) = (try row[3], try row[4])
        return target
    }

    private func key() throws -> ResolvedTarget? { try either(Self.keyColumns, decode: Self.key) }

    private func license() throws -> ResolvedTarget? {
        try either(
            """
            SELECT external_id, role, identity_id, application_id, account_id, id FROM entitlements
            WHERE workspace_id = $1 AND integration_id = $2
            """
        ) { row in
            var target = ResolvedTarget(.license, try row[0])
            (target.label, target.identityID, target.applicationID) = (try row[1], try row[2], try row[3])
            (target.accountID, target.recordID) = (try row[4], try row[5])
            return target
        }
    }

    /// Returns the row of a query by the provider's id, or else by ours.
    private func either(_ query: SQL, decode: (any Row) throws -> ResolvedTarget) throws -> ResolvedTarget? {
        let named = try workspace.first(query + " AND external_id = $3", integration, entity, decode: decode)
        guard named == nil, let id else { return named }
        return try workspace.first(query + " AND id = $3", integration, id, decode: decode)
    }

    private static let grantColumns: SQL = """
        SELECT oauth_grants.external_id, accounts.username, accounts.email, applications.name,
            applications.external_id, oauth_grants.identity_id, oauth_grants.application_id, oauth_grants.account_id,
            oauth_grants.id
        FROM oauth_grants JOIN accounts ON accounts.id = oauth_grants.account_id
        JOIN applications ON applications.id = oauth_grants.application_id
        WHERE oauth_grants.workspace_id = $1 AND oauth_grants.integration_id = $2
        """

    private static func grant(_ row: any Row) throws -> ResolvedTarget {
        var target = ResolvedTarget(.grant, try row[0])
        (target.username, target.email, target.label) = (try row[1], try row[2], try row[3])
        target.clientID = try row[4]
        (target.identityID, target.applicationID) = (try row[5], try row[6])
        (target.accountID, target.recordID) = (try row[7], try row[8])
        return target
    }

    /// Returns the grant that the entity names, or all grants of the account or application that the entity names. If
    /// no grant of an account is stored, returns the account itself, because the platform may find its grants.
    /// - Throws: `RemediationError` if there is none of these.
    private func grants() throws -> Targets {
        let named = try workspace.first(
            Self.grantColumns + " AND oauth_grants.external_id = $3", integration, entity, decode: Self.grant)
        if let named { return Targets(named) }
        if let id {
            let ours = try workspace.first(
                Self.grantColumns + " AND oauth_grants.id = $3", integration, id, decode: Self.grant)
            if let ours { return Targets(ours) }
        }
        let account = try account()
        guard let owner = try account ?? application(), let ownerID = owner.recordID else { throw notFound }
        var targets = Targets(owner)
        targets.all = try workspace.rows(
            Self.grantColumns
                + """
                 AND (oauth_grants.account_id = $3 OR oauth_grants.application_id = $3)
                ORDER BY oauth_grants.external_id
                """, integration, ownerID, decode: Self.grant)
        if targets.all.isEmpty {
            guard account != nil else { throw notFound }
            targets.all = [owner]
        }
        return targets
    }

    // MARK: Records that parameters name

    /// Returns a key of an account, by our id, or by the provider's id with or without `prefix`. Returns nil if there
    /// is none.
    func key(_ value: String, prefix: String, of account: ResolvedTarget) throws -> ResolvedTarget? {
        guard let accountID = account.accountID else { return nil }
        let named = try workspace.first(
            Self.keyColumns + " AND account_id = $3 AND external_id IN ($4, $5)", integration, accountID,
            prefix + value, value, decode: Self.key)
        guard named == nil, let id = Identifier(value) else { return named }
        return try workspace.first(
            Self.keyColumns + " AND account_id = $3 AND id = $4", integration, accountID, id, decode: Self.key)
    }

    /// Returns the active user accounts that a value names: by our id or the provider's, or else by user name or e-mail
    /// address.
    func people(_ value: String) throws -> [ResolvedTarget] {
        let active: SQL = """
             WHERE workspace_id = $1 AND integration_id = $2 AND status = 'active' AND account_type = 'user'
            """
        let named = try workspace.rows(
            Self.accountColumns + active + " AND external_id = $3", integration, value, decode: Self.account)
        guard named.isEmpty else { return named }
        if let id = Identifier(value) {
            return try workspace.rows(
                Self.accountColumns + active + " AND (id = $3 OR identity_id = $3)", integration, id,
                decode: Self.account)
        }
        // Databases differ in the lower case of letters beyond ASCII. Names that only look alike belong to different
        // people.
        let name = EmailAddress.canonical(value)
        return try workspace.rows(
            Self.accountColumns + active + " AND (lower(username) IN ($3, $4) OR email = $3)", integration,
            name, name.lowercased(), decode: Self.account
        ).filter { $0.email == name || $0.username.map(EmailAddress.canonical) == name }
    }

    // MARK: Records of the workspace

    /// Returns a record of the workspace from any platform, or the workspace itself. The action is about it, and does
    /// not change it. Returns nil if there is none.
    private func anything() throws -> ResolvedTarget? {
        if id == workspace.id {
            return try workspace.first("SELECT name FROM workspaces WHERE workspaces.id = $1") { row in
                var target = ResolvedTarget(.other, entity)
                (target.label, target.recordID) = (try row[0], workspace.id)
                return target
            }
        }
        let identity: SQL = "SELECT display_name, 'identity', id, id FROM identities WHERE workspace_id = $1"
        let account: SQL = """
            SELECT coalesce(username, external_id), 'account', id, identity_id FROM accounts WHERE workspace_id = $1
            """
        let application: SQL = """
            SELECT name, 'application', id, CAST(NULL AS uuid) FROM applications WHERE workspace_id = $1
            """
        let device: SQL = "SELECT hostname, 'device', id, identity_id FROM devices WHERE workspace_id = $1"
        let integration: SQL = """
            SELECT platform, 'integration', id, CAST(NULL AS uuid) FROM integrations WHERE workspace_id = $1
            """
        if let id {
            let all = [identity, application, device, integration, account].map { $0 + " AND id = $2" }
            if let found = try workspace.first(.list(all, separator: " UNION ALL "), id, decode: other) { return found }
        }
        let named = [account, application, device].map { $0 + " AND external_id = $2" }
        let all = named + [integration + " AND platform = $2"]
        return try workspace.first(.list(all, separator: " UNION ALL "), entity, decode: other)
    }

    private func other(_ row: any Row) throws -> ResolvedTarget {
        var target = ResolvedTarget(.other, entity)
        let id: Identifier = try row[2]
        (target.label, target.recordID, target.identityID) = (try row[0], id, try row[3])
        switch try row[1] as String {
        case "account": target.accountID = id
        case "application": target.applicationID = id
        case "device": target.deviceID = id
        default: break
        }
        return target
    }
}
