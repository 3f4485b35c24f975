import Base
import Upstream

/// Reads the tenant's users and applications, with the data that Graph keeps elsewhere: second factors, directory
/// roles, consent and the members of groups.
final class EntraDirectory {
    static let applicationQuery: [(name: String, value: String)] = [
        (
            "$select",
            """
            id,appId,displayName,accountEnabled,appOwnerOrganizationId,appRoleAssignmentRequired,appRoles,\
            preferredSingleSignOnMode,servicePrincipalType,verifiedPublisher
            """
        ), ("$top", "100"),
    ]

    private let api: PlatformAPI
    private let tenant: String
    private let groups: EntraGroups
    private var registrations: Registrations?
    private var roles: AdministratorRoles?
    private var applications: EntraApplications?
    private var consents: Consents?

    init(_ api: PlatformAPI, tenant: String) {
        self.api = api
        self.tenant = tenant
        groups = EntraGroups(api)
    }

    /// Reads the accounts of one page of users. `haveSignIns` is true if the page shows their last sign-ins.
    func accounts(_ users: [JSON], haveSignIns: Bool) throws -> PageEntries {
        guard !users.isEmpty else { return PageEntries() }
        let registrations = try secondFactors()
        let roles = try administratorRoles()
        var entries = PageEntries(users, of: .account) { user in
            guard var account = EntraRecords.account(user) else { return .unreadable }
            if !haveSignIns { account.unread.insert(.lastLoginAt) }
            if let isRegistered = registrations.byUser[account.externalID] {
                account.mfaEnabled = EntraRecords.secondFactor(isRegistered, of: account)
            } else {
                // The report leaves out some users, such as disabled ones.
                account.unread.insert(.mfaEnabled)
            }
            roles.describe(&account)
            return .read([.account(account)])
        }
        if let gap = registrations.gap { entries.leaveOut("second factors", gap) }
        entries.name(roles)
        return entries
    }

    /// Reads the applications of one page of service principals, without managed identities, Microsoft's own and
    /// blocked ones.
    func applications(_ principals: [JSON]) throws -> PageEntries {
        let consents = try consentsForAll()
        var entries = PageEntries(principals, of: .application) {
            EntraRecords.application($0, tenant: tenant, consented: consents.applications)
        }
        if let gap = consents.gap { entries.leaveOut("consents for everybody", gap) }
        return entries
    }

    /// Returns the ids of the applications, and of service principals that may be applications, in ascending order.
    func applicationIDs() throws -> [String] { try allApplications().ids }

    /// False if `applicationIDs` found a service principal whose id can't be read.
    var areAllApplicationsKnown: Bool { applications?.hasUnknown != true }

    /// Reads the rights to use an application, which users have themselves or as members of groups.
    func entitlements(_ assignments: [JSON], of application: String) throws -> PageEntries {
        let roles = try allApplications().roles[application]
        var missing = PageEntries()
        var entries = try PageEntries(
            assignments, of: .entitlement, keeping: .ofApplication(.entitlement, application: application)
        ) { assignment in
            guard let id = assignment.text("id"), let principal = assignment.text("principalId"),
                let role = roles?.role(of: assignment)
            else { return .unreadable }
            let holders: [(id: String, user: String)]
            switch assignment.text("principalType") {
            case "User": holders = [(id, principal)]
            case "Group":
                switch try groups.members(of: principal) {
                case .success(let users): holders = users.map { (id + "/" + $0, $0) }
                case .failure(let error):
                    missing.leaveOut(EntraGroups.name, error)
                    return .unreadable
                }
            case "ServicePrincipal": return .skipped("the holder is a program")
            default: return .unreadable
            }
            return .read(
                holders.map { holder in
                    var entitlement = EntitlementRecord(
                        externalID: holder.id, accountExternalID: holder.user, applicationExternalID: application,
                        role: role.name)
                    entitlement.isAdmin = role.isAdmin
                    entitlement.grantedAt = assignment.date("createdDateTime")
                    return .entitlement(entitlement)
                })
        }
        entries.add(missing)
        return entries
    }

    /// Reads the access that people granted to applications that the company uses.
    func grants(_ grants: [JSON]) throws -> PageEntries {
        let applications = try allApplications()
        return PageEntries(grants, of: .oauthGrant) {
            guard let grant = EntraRecords.grant($0) else { return .unreadable }
            switch applications.include(grant.applicationExternalID) {
            case true?: return .read([.oauthGrant(grant)])
            case false?: return .skipped("the company does not use the application")
            case nil: return .unreadable
            }
        }
    }

    /// The users who have or lack a second factor, by id, and the reason why it is not known for all.
    private typealias Registrations = (byUser: [String: Bool], gap: ConnectorError?)

    private func secondFactors() throws -> Registrations {
        if let registrations { return registrations }
        var found: Registrations = ([:], nil)
        do {
            let users = try Graph.all(
                api, "/reports/authenticationMethods/userRegistrationDetails",
                [("$select", "id,isMfaRegistered,isPasswordlessCapable"), ("$top", "500")])
            for user in users {
                if let id = user.text("id") { found.byUser[id] = EntraRecords.hasSecondFactor(user) }
            }
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found.gap = error
        }
        registrations = found
        return found
    }

    /// Returns the directory roles by which users administer something, as far as they could be read. Users have them
    /// themselves or as members of a group.
    private func administratorRoles() throws -> AdministratorRoles {
        if let roles { return roles }
        var found = AdministratorRoles()
        found.programs = []
        try found.unlessRefused { found in
            var names: [String: String] = [:]
            var hasAllNames = true
            for role in try Graph.all(
                api, "/roleManagement/directory/roleDefinitions", [("$select", "id,displayName")])
            {
                if let id = role.text("id") { names[id] = role.text("displayName") ?? id } else { hasAllNames = false }
            }
            for assignment in try Graph.all(
                api, "/roleManagement/directory/roleAssignments", [("$expand", "principal($select=id)")])
            {
                // A role without a name may be one of the harmless ones.
                guard let id = assignment.text("roleDefinitionId"), let principal = assignment.text("principalId"),
                    let name = names[id] ?? (hasAllNames ? id : nil)
                else {
                    found.leaveOut(AdministratorRoles.unreadable)
                    continue
                }
                guard !EntraRoles.reading.contains(name) else { continue }
                if EntraRoles.programs.contains(name) {
                    found.programs?.insert(principal)
                    continue
                }
                switch assignment["principal"]?.text("@odata.type") {
                case "#microsoft.graph.group":
                    switch try groups.members(of: principal) {
                    case .success(let users): for user in users { found.grant(name, to: user) }
                    case .failure(let error): found.leaveOut(error)
                    }
                case nil:
                    // The principal may be a group.
                    found.leaveOut(AdministratorRoles.unreadable)
                    found.grant(name, to: principal)
                default: found.grant(name, to: principal)
                }
            }
        }
        roles = found
        return found
    }

    private func allApplications() throws -> EntraApplications {
        if let applications { return applications }
        let found = EntraApplications(try Graph.all(api, "/servicePrincipals", Self.applicationQuery))
        applications = found
        return found
    }

    /// The applications to which an administrator has consented for everyone; nil, and the reason, if that is not
    /// known.
    private typealias Consents = (applications: Set<String>?, gap: ConnectorError?)

    private func consentsForAll() throws -> Consents {
        if let consents { return consents }
        var found: Consents
        do {
            let grants = try Graph.all(
                api, "/oauth2PermissionGrants", [("$filter", "consentType eq 'AllPrincipals'"), ("$top", "100")])
            found = (Set(try grants.all("clientId")), nil)
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found = (nil, error)
        }
        consents = found
        return found
    }
}
