import Base
import Store

/// Writes the company's records into the tables, in the order that their references require.
struct Writer {
    let database: any Database
    let workspaceID: Identifier
    let company: Company
    private let integrations: [Platform: Identifier]

    init(_ company: Company, workspaceID: Identifier, into database: any Database) {
        self.company = company
        self.workspaceID = workspaceID
        self.database = database
        var integrations: [Platform: Identifier] = [:]
        for platform in Platform.allCases { integrations[platform] = company.newID() }
        self.integrations = integrations
    }

    var now: Timestamp { company.now }

    /// Returns the id of a platform's integration.
    func integrationID(_ platform: Platform) throws -> Identifier {
        guard let id = integrations[platform] else { throw DemonstrationError.nothingLeft(platform.name) }
        return id
    }

    /// Writes everything.
    func write() throws {
        try writeWorkspace()
        try writeIntegrations()
        try writeIdentities()
        try writeAccounts()
        try writeApplications()
        try writeDevices()
        try writeEntitlements()
        try writeGrants()
        try writeKeys()
        try writeEvents()
        try writeFindings()
        try writeHistory()
    }

    private func writeWorkspace() throws {
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, $2, 'enterprise', $3)",
            workspaceID, Company.name, company.midnight(daysAgo: 240))
        for member in company.members {
            try database.execute(
                """
                INSERT INTO members (workspace_id, user_id, email, role, created_at) VALUES ($1, $2, $3, $4, $5)
                """, workspaceID, member.userID, member.person.email, member.role, company.midnight(daysAgo: 239))
        }
    }

    private func writeIntegrations() throws {
        for (index, platform) in Platform.allCases.enumerated() {
            let connected =
                platform == .jamfPro
                ? company.ago(days: 4) : company.midnight(daysAgo: 238 - index * 3) + .hours(10)
            let lastSync: Timestamp? =
                switch platform {
                case .jamfPro: nil
                case .zoom: company.midnight(daysAgo: 9) + .hours(11)
                default: now - company.number(600..<3000)
                }
            try database.execute(
                """
                INSERT INTO integrations (workspace_id, id, platform, category, idp_role, status, connected_by,
                    connected_at, last_sync_at, next_auto_sync_at, error_kind, error, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $8)
                """, workspaceID, try integrationID(platform), platform.rawValue, platform.category, platform.idpRole,
                platform.status, company.members.first?.userID, connected, lastSync,
                platform.status == "connected" ? lastSync.map { $0 + .hours(1) } : nil,
                platform == .jamfPro ? "authentication_expired" : nil,
                platform == .jamfPro ? "Jamf Pro refused the client credentials." : nil)
        }
    }

    private func writeIdentities() throws {
        for person in company.people {
            try database.execute(
                """
                INSERT INTO identities (workspace_id, id, email, display_name, status, identity_type, mfa_enabled,
                    last_login_at, department, title, manager_email, hr_status, hired_at, terminated_at,
                    deprovisioned_at, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
                """, workspaceID, person.id, person.email, person.name, person.status.rawValue, person.identityType,
                person.mfa, person.lastLogin, person.department, person.title, person.manager?.email, person.hrStatus,
                person.kind == .employee ? person.hiredAt : nil, person.terminatedAt, person.deprovisionedAt,
                max(person.hiredAt, company.midnight(daysAgo: 238)), person.lastLogin ?? person.hiredAt)
        }
    }

    private func writeAccounts() throws {
        for account in company.people.flatMap(\.accounts) + company.loneAccounts {
            try database.execute(
                """
                INSERT INTO accounts (workspace_id, id, integration_id, identity_id, external_id, username, email,
                    display_name, account_type, status, is_admin, admin_roles, mfa_enabled, sso_enforced,
                    last_login_at, department, manager_email, metadata, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
                """, workspaceID, account.id, try integrationID(account.platform), account.person?.id,
                account.externalID, account.username, account.email, account.displayName, account.kind.rawValue,
                account.status.rawValue, account.isAdmin, JSON.array(account.adminRoles.map(JSON.string)), account.mfa,
                account.ssoEnforced, account.lastLogin, account.department, account.managerEmail,
                JSON.object(account.metadata), account.createdAt, account.lastLogin ?? account.createdAt)
        }
    }

    private func writeApplications() throws {
        for application in company.applications {
            let externalID =
                application.isManaged
                ? "0oa" + company.code(17) : company.code(12, of: "123456789") + ".apps.googleusercontent.com"
            try database.execute(
                """
                INSERT INTO applications (workspace_id, id, integration_id, external_id, name, name_folded, publisher,
                    category, sso_enabled, is_ai_tool, is_managed, first_seen_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
                """, workspaceID, application.id, try integrationID(application.isManaged ? .okta : .googleWorkspace),
                externalID, application.name, application.name.lowercased(), application.publisher,
                application.category, application.sso, application.isAITool, application.isManaged,
                application.firstSeen)
            guard let policy = application.policy else { continue }
            try database.execute(
                """
                INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_by, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                """, workspaceID, application.name, application.name.lowercased(), policy,
                company.members.first?.person.email, application.firstSeen + .days(20))
        }
    }
}
