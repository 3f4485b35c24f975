import Base
import CompanyRecords
import Store

/// Writes the company's records into the tables, in the order that their references require.
struct Writer {
    let database: any Database
    let records: CompanyRecords
    let workspaceID: Identifier
    let company: Company
    private let integrations: [Platform: Identifier]

    init(_ company: Company, workspaceID: Identifier, into database: any Database) {
        self.company = company
        self.workspaceID = workspaceID
        self.database = database
        records = CompanyRecords(of: workspaceID, in: database)
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

    /// Writes the workspace with all records of the company, its findings and its history.
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
            try records.addIntegration(
                try integrationID(platform), platform.rawValue, category: platform.category, idpRole: platform.idpRole,
                status: platform.status, connectedBy: company.members.first?.userID, connectedAt: connected,
                lastSyncAt: lastSync,
                nextSyncAt: platform.status == "connected" ? lastSync.map { $0 + .hours(1) } : nil,
                error: platform == .jamfPro
                    ? ("authentication_expired", "Jamf Pro refused the client credentials.") : nil,
                createdAt: connected)
        }
    }

    private func writeIdentities() throws {
        for person in company.people {
            try records.addIdentity(
                person.id, email: person.email, name: person.name, status: person.status.rawValue,
                type: person.identityType, mfa: person.mfa, lastLoginAt: person.lastLogin,
                department: person.department, title: person.title, manager: person.manager?.email,
                hrStatus: person.hrStatus, hiredAt: person.kind == .employee ? person.hiredAt : nil,
                terminatedAt: person.terminatedAt, deprovisionedAt: person.deprovisionedAt,
                suspendedAt: person.status == .suspended ? person.lastLogin : nil,
                createdAt: max(person.hiredAt, company.midnight(daysAgo: 238)),
                updatedAt: person.lastLogin ?? person.hiredAt)
        }
    }

    private func writeAccounts() throws {
        for account in company.people.flatMap(\.accounts) + company.loneAccounts {
            try records.addAccount(
                account.id, on: integrationID(account.platform), of: account.person?.id,
                externalID: account.externalID, username: account.username, email: account.email,
                name: account.displayName, kind: account.kind.rawValue, status: account.status.rawValue,
                isAdmin: account.isAdmin, roles: account.adminRoles, mfa: account.mfa, sso: account.ssoEnforced,
                lastLoginAt: account.lastLogin, department: account.department, manager: account.managerEmail,
                metadata: account.metadata, employment: employment(account), createdAt: account.createdAt,
                updatedAt: account.lastLogin ?? account.createdAt)
        }
    }

    /// Returns the employment of which an account is HR's record; nil for accounts elsewhere.
    private func employment(_ account: Account) -> CompanyRecords.Employment? {
        guard account.platform == .bambooHR, let person = account.person, let status = person.hrStatus else {
            return nil
        }
        return CompanyRecords.Employment(
            status: status, hiredAt: person.hiredAt, terminatedAt: person.terminatedAt)
    }

    private func writeApplications() throws {
        for application in company.applications {
            let externalID =
                application.isManaged
                ? "0oa" + company.code(17) : company.code(12, of: "123456789") + ".apps.googleusercontent.com"
            try records.addApplication(
                application.id, application.name,
                from: integrationID(application.isManaged ? .okta : .googleWorkspace), externalID: externalID,
                publisher: application.publisher, category: application.category, sso: application.sso,
                isAITool: application.isAITool, isManaged: application.isManaged, firstSeenAt: application.firstSeen,
                updatedAt: application.firstSeen)
            guard let policy = application.policy else { continue }
            try records.addPolicy(
                policy, on: application.name, by: company.members.first?.person.email,
                at: application.firstSeen + .days(20))
        }
    }
}
