import Base
import Upstream

/// The tenant's users and applications, with what Graph tells of them in other places: second factors, directory roles,
/// consent, the members of groups.
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

    /// A role of an application.
    private typealias ApplicationRole = (name: String, isAdmin: Bool)

    private let api: PlatformAPI
    private let tenant: String
    private var registrations: [String: Bool]?
    private var roles: [String: [String]]?
    private var roleNames: [String: [String: ApplicationRole]]?
    private var consented: Set<String>?
    private var members: [String: [String]] = [:]

    init(_ api: PlatformAPI, tenant: String) {
        self.api = api
        self.tenant = tenant
    }

    /// The accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> [SyncRecord] {
        guard !users.isEmpty else { return [] }
        let registrations = try secondFactors()
        let roles = try rolesByUser()
        return users.compactMap { user in
            guard var account = EntraRecords.account(user) else { return nil }
            account.mfaEnabled = registrations[account.externalID]
            account.adminRoles = roles[account.externalID] ?? []
            account.isAdmin = !account.adminRoles.isEmpty
            return .account(account)
        }
    }

    /// The applications of one page of service principals, without Microsoft's own and those that are blocked.
    func applications(_ principals: [JSON]) throws -> [SyncRecord] {
        let consented = try consentedForAll()
        return principals.filter(EntraRecords.isApplication).compactMap {
            EntraRecords.application($0, tenant: tenant, consented: consented)
        }
    }

    /// The applications, in the order of their ids.
    func applicationIDs() throws -> [String] { try rolesByApplication().keys.sorted() }

    /// Who may use an application: users, and members of groups.
    func entitlements(_ assignments: [JSON], of application: String) throws -> [SyncRecord] {
        let roles = try rolesByApplication()[application] ?? [:]
        var records: [SyncRecord] = []
        for assignment in assignments {
            guard let id = assignment.text("id"), let principal = assignment.text("principalId") else { continue }
            let holders: [(id: String, user: String)] =
                switch assignment.text("principalType") {
                case "User": [(id, principal)]
                case "Group": try members(of: principal).map { (id + "/" + $0, $0) }
                default: []
                }
            let role = assignment.text("appRoleId").flatMap { roles[$0] } ?? (name: "user", isAdmin: false)
            for holder in holders {
                var entitlement = EntitlementRecord(
                    externalID: holder.id, accountExternalID: holder.user, applicationExternalID: application,
                    role: role.name)
                entitlement.isAdmin = role.isAdmin
                entitlement.grantedAt = assignment.date("createdDateTime")
                records.append(.entitlement(entitlement))
            }
        }
        return records
    }

    /// What people have let in, of applications that `applications` yields.
    func grants(_ grants: [JSON]) throws -> [SyncRecord] {
        let applications = try rolesByApplication()
        return grants.compactMap(EntraRecords.grant).filter { applications[$0.applicationExternalID] != nil }
            .map(SyncRecord.oauthGrant)
    }

    /// Whether users have a second factor, by their ids; nothing in a tenant without a licence for the report.
    private func secondFactors() throws -> [String: Bool] {
        if let registrations { return registrations }
        let details = try Entra.unlessUnlicensed {
            try Graph.all(
                api, "/reports/authenticationMethods/userRegistrationDetails",
                [("$select", "id,isMfaRegistered"), ("$top", "500")])
        }
        var found: [String: Bool] = [:]
        for user in details ?? [] {
            if let id = user.text("id") { found[id] = user["isMfaRegistered"]?.bool }
        }
        registrations = found
        return found
    }

    /// The directory roles of users who have any, by themselves or as members of a group.
    private func rolesByUser() throws -> [String: [String]] {
        if let roles { return roles }
        // They come with being in the directory and administer nothing.
        let harmless: Set = ["Directory Readers", "User", "Guest User", "Restricted Guest User"]
        var names: [String: String] = [:]
        for role in try Graph.all(
            api, "/roleManagement/directory/roleDefinitions", [("$select", "id,displayName")])
        {
            if let id = role.text("id") { names[id] = role.text("displayName") ?? id }
        }
        var found: [String: [String]] = [:]
        for assignment in try Graph.all(
            api, "/roleManagement/directory/roleAssignments", [("$expand", "principal($select=id)")])
        {
            guard let id = assignment.text("roleDefinitionId"), let principal = assignment.text("principalId") else {
                continue
            }
            let name = names[id] ?? id
            guard !harmless.contains(name) else { continue }
            let isGroup = assignment["principal"]?.text("@odata.type") == "#microsoft.graph.group"
            for user in isGroup ? try members(of: principal) : [principal] {
                if found[user]?.contains(name) != true { found[user, default: []].append(name) }
            }
        }
        roles = found
        return found
    }

    private func rolesByApplication() throws -> [String: [String: ApplicationRole]] {
        if let roleNames { return roleNames }
        var found: [String: [String: ApplicationRole]] = [:]
        for principal in try Graph.all(api, "/servicePrincipals", Self.applicationQuery)
        where EntraRecords.isApplication(principal) {
            guard let id = principal.text("id") else { continue }
            var roles: [String: ApplicationRole] = [:]
            for role in principal["appRoles"]?.array ?? [] {
                guard let id = role.text("id"), let name = role.text("value") ?? role.text("displayName") else {
                    continue
                }
                let words = name + " " + (role.text("displayName") ?? "")
                roles[id] = (name, words.lowercased().contains("admin"))
            }
            found[id] = roles
        }
        roleNames = found
        return found
    }

    /// The applications that an administrator has let in for everybody.
    private func consentedForAll() throws -> Set<String> {
        if let consented { return consented }
        let grants = try Graph.all(
            api, "/oauth2PermissionGrants", [("$filter", "consentType eq 'AllPrincipals'"), ("$top", "100")])
        let found = Set(grants.compactMap { $0.text("clientId") })
        consented = found
        return found
    }

    private func members(of group: String) throws -> [String] {
        if let known = members[group] { return known }
        let users = try unlessGone {
            try Graph.all(
                api, "/groups/\(group)/transitiveMembers/microsoft.graph.user", [("$select", "id"), ("$top", "999")])
        }
        let found = (users ?? []).compactMap { $0.text("id") }
        members[group] = found
        return found
    }
}
