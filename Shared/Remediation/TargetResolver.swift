import Auth
import Base
import Findings
import HTTP
import Store

/// Finds what an action acts on among what a workspace's integration has brought in, by our id or by the provider's.
/// What is not there is never acted on.
struct TargetResolver {
    let workspace: Workspace
    let integration: Identifier
    /// The platform's own name for people.
    let platform: String
    let entity: String

    /// Our id, when it is one. PostgreSQL compares it with UUIDs only.
    private var id: Identifier? { Identifier(entity) }

    /// The targets of an action, of which there is at least one. Throws 404 when the integration has brought in nothing of
    /// that id, 400 when it has brought in several accounts of one person.
    func targets(of action: ActionType) throws -> [ResolvedTarget] {
        let found: [ResolvedTarget]
        switch action {
        case .syncDevice, .lockDevice, .retireDevice, .containHost, .liftContainment: found = try devices()
        case .sanctionApp, .blockApp, .flagApp: found = try applications()
        case .revokeOAuthToken: found = try grants()
        case .rotateCredentials: found = try first(of: [keys, accounts])
        case .revokeLicense: found = try first(of: [licenses, accounts, applications])
        case .createTicket: found = try anything()
        // A platform that reviews something else has it named by a parameter.
        case .createAccessReview: found = try first(of: [applications, accounts, anything])
        case .suspendUser, .unsuspendUser, .forcePasswordChange, .forceMFAEnroll, .revokeSessions, .revokeAllTokens,
            .deactivateUser, .offboardUser, .removeAdminRole, .removeFromGroup, .notifyUser:
            found = try accounts()
        }
        guard !found.isEmpty else {
            throw HTTPError.notFound("\(platform) has brought nothing of this targetEntityId into this workspace.")
        }
        return found
    }

    private func first(of searches: [() throws -> [ResolvedTarget]]) throws -> [ResolvedTarget] {
        for search in searches {
            let found = try search()
            if !found.isEmpty { return found }
        }
        return []
    }

    // MARK: What there is

    private func accounts() throws -> [ResolvedTarget] {
        let columns: SQL = "SELECT external_id, username, email, display_name, identity_id FROM accounts "
        func decode(_ row: any Row) throws -> ResolvedTarget {
            var target = ResolvedTarget(try row[0])
            (target.username, target.email, target.label) = (try row[1], try row[2], try row[3])
            target.identityID = try row[4]
            return target
        }
        let named = try workspace.rows(
            columns + "WHERE workspace_id = $1 AND integration_id = $2 AND external_id = $3", integration, entity,
            decode: decode)
        guard named.isEmpty, let id else { return named }
        let found = try workspace.rows(
            columns + "WHERE workspace_id = $1 AND integration_id = $2 AND (id = $3 OR identity_id = $3)", integration,
            id, decode: decode)
        guard found.count <= 1 else {
            throw HTTPError.badRequest(
                "targetEntityId has \(found.count) accounts on \(platform). Name one of them by its own id.")
        }
        return found
    }

    private func devices() throws -> [ResolvedTarget] {
        try either(
            "SELECT external_id, hostname, id FROM devices WHERE workspace_id = $1 AND integration_id = $2 "
        ) { row in
            var target = ResolvedTarget(try row[0])
            target.label = try row[1]
            target.deviceID = try row[2]
            return target
        }
    }

    private func applications() throws -> [ResolvedTarget] {
        try either(
            "SELECT external_id, name, id FROM applications WHERE workspace_id = $1 AND integration_id = $2 "
        ) { row in
            var target = ResolvedTarget(try row[0])
            target.label = try row[1]
            target.applicationID = try row[2]
            return target
        }
    }

    private func keys() throws -> [ResolvedTarget] {
        try either(
            "SELECT external_id, name, identity_id FROM access_keys WHERE workspace_id = $1 AND integration_id = $2 "
        ) { row in
            var target = ResolvedTarget(try row[0])
            target.label = try row[1]
            target.identityID = try row[2]
            return target
        }
    }

    private func licenses() throws -> [ResolvedTarget] {
        try either(
            """
            SELECT external_id, role, identity_id, application_id FROM entitlements
            WHERE workspace_id = $1 AND integration_id = $2
            """ + " "
        ) { row in
            var target = ResolvedTarget(try row[0])
            target.label = try row[1]
            (target.identityID, target.applicationID) = (try row[2], try row[3])
            return target
        }
    }

    /// The rows of a query by the provider's id, or else by ours.
    private func either(_ query: SQL, decode: (any Row) throws -> ResolvedTarget) throws -> [ResolvedTarget] {
        let named = try workspace.rows(query + "AND external_id = $3", integration, entity, decode: decode)
        guard named.isEmpty, let id else { return named }
        return try workspace.rows(query + "AND id = $3", integration, id, decode: decode)
    }

    /// A grant, or all that an account or an application has. A platform whose grants are not pulled knows which an
    /// account has.
    private func grants() throws -> [ResolvedTarget] {
        let query: SQL = """
            SELECT oauth_grants.external_id, accounts.username, accounts.email, applications.name,
                applications.external_id, oauth_grants.identity_id, oauth_grants.application_id
            FROM oauth_grants JOIN accounts ON accounts.id = oauth_grants.account_id
            JOIN applications ON applications.id = oauth_grants.application_id
            WHERE oauth_grants.workspace_id = $1 AND oauth_grants.integration_id = $2
            """
        func decode(_ row: any Row) throws -> ResolvedTarget {
            var target = ResolvedTarget(try row[0])
            (target.username, target.email, target.label) = (try row[1], try row[2], try row[3])
            target.clientID = try row[4]
            (target.identityID, target.applicationID) = (try row[5], try row[6])
            return target
        }
        let named = try workspace.rows(
            query + """
                 AND (oauth_grants.external_id = $3 OR accounts.external_id = $3 OR applications.external_id = $3)
                ORDER BY oauth_grants.external_id
                """, integration, entity, decode: decode)
        if !named.isEmpty { return named }
        if let id {
            let found = try workspace.rows(
                query + """
                     AND (oauth_grants.id = $3 OR accounts.id = $3 OR accounts.identity_id = $3 OR applications.id = $3)
                    ORDER BY oauth_grants.external_id
                    """, integration, id, decode: decode)
            if !found.isEmpty { return found }
        }
        return try accounts()
    }

    /// Anything of the workspace, wherever it comes from: a ticket is about it, and changes nothing there.
    private func anything() throws -> [ResolvedTarget] {
        if let id {
            if id == workspace.id { return [ResolvedTarget(entity)] }
            let label = try workspace.first(
                """
                SELECT display_name FROM identities WHERE workspace_id = $1 AND id = $2
                UNION ALL SELECT name FROM applications WHERE workspace_id = $1 AND id = $2
                UNION ALL SELECT hostname FROM devices WHERE workspace_id = $1 AND id = $2
                UNION ALL SELECT platform FROM integrations WHERE workspace_id = $1 AND id = $2
                UNION ALL SELECT coalesce(username, external_id) FROM accounts WHERE workspace_id = $1 AND id = $2
                """, id
            ) { try $0[0] as String }
            if let label { return [labelled(label)] }
        }
        let label = try workspace.first(
            """
            SELECT coalesce(username, external_id) FROM accounts WHERE workspace_id = $1 AND external_id = $2
            UNION ALL SELECT name FROM applications WHERE workspace_id = $1 AND external_id = $2
            UNION ALL SELECT hostname FROM devices WHERE workspace_id = $1 AND external_id = $2
            UNION ALL SELECT platform FROM integrations WHERE workspace_id = $1 AND platform = $2
            """, entity
        ) { try $0[0] as String }
        return label.map { [labelled($0)] } ?? []
    }

    private func labelled(_ label: String) -> ResolvedTarget {
        var target = ResolvedTarget(entity)
        target.label = label
        return target
    }
}

extension Workspace {
    /// The application that a decision is about, by our id, by a platform's, or by its name; of one that no platform has
    /// brought in, the product itself knows the name only. Throws 404.
    func application(_ entity: String, of platform: String) throws -> (name: String, id: Identifier?) {
        func decode(_ row: any Row) throws -> (name: String, id: Identifier?) { (try row[0], try row[1]) }
        if let id = Identifier(entity) {
            let found = try first(
                "SELECT name, id FROM applications WHERE workspace_id = $1 AND id = $2", id, decode: decode)
            if let found { return found }
        } else {
            let found = try first(
                """
                SELECT applications.name, applications.id FROM applications
                JOIN integrations ON integrations.id = applications.integration_id
                WHERE applications.workspace_id = $1
                    AND (applications.name_folded = $2 OR applications.external_id = $3 AND integrations.platform = $4)
                ORDER BY applications.first_seen_at, applications.id LIMIT 1
                """, entity.lowercased(), entity, platform, decode: decode)
            if let found { return found }
            if platform == Remediation.itself { return (entity, nil) }
        }
        throw HTTPError.notFound("No application of this workspace has this targetEntityId.")
    }
}
