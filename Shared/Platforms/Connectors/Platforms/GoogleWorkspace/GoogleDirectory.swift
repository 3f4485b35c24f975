import Base
import HTTP
import Upstream

/// Reads the customer's users, with the data that Google keeps elsewhere: their roles, grants, application passwords
/// and computers.
final class GoogleDirectory {
    private let api: PlatformAPI
    private let devices: PlatformAPI
    private let customer: String
    private var tokens = ObjectLists("tokens")
    private var passwords = ObjectLists("application passwords")
    private var deviceUsers = ObjectLists("device users")
    private var roles: AdministratorRoles?

    init(_ api: PlatformAPI, _ devices: PlatformAPI, customer: String) {
        self.api = api
        self.devices = devices
        self.customer = customer
    }

    /// Reads the accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> PageEntries {
        guard !users.isEmpty else { return PageEntries() }
        let roles = try administratorRoles()
        var entries = PageEntries(users, of: .account) { user in
            guard var account = GoogleRecords.account(user) else { return .unreadable }
            roles.describe(&account)
            let isSuperAdmin = user["isAdmin"]?.bool == true
            if isSuperAdmin, !account.adminRoles.contains(Self.superAdmin) {
                account.adminRoles.append(Self.superAdmin)
            }
            if isSuperAdmin || user["isDelegatedAdmin"]?.bool == true { account.isAdmin = true }
            return .read([.account(account)])
        }
        entries.name(roles)
        return entries
    }

    /// Reads the access that users have given: the applications with their grants, and application passwords.
    func access(of users: [JSON]) throws -> PageEntries {
        let ids = users.compactMap { $0.text("id") }
        var entries = PageEntries()
        // A user without an id can't be asked about, so all stored applications, grants and keys stay.
        if ids.count < users.count { entries.keep(.all(.application), .all(.oauthGrant), .all(.accessKey)) }
        let tokens = try tokens.lists(
            of: ids, noting: &entries,
            keeping: { [.ofAccount(.oauthGrant, account: $0), .ofAccount(.application, account: $0)] }
        ) { try items(of: $0) { "/admin/directory/v1/users/\($0)/tokens" } }
        let passwords = try passwords.lists(
            of: ids, noting: &entries, keeping: { [.ofAccount(.accessKey, account: $0)] }
        ) { try items(of: $0) { "/admin/directory/v1/users/\($0)/asps" } }
        var applications: Set<String> = []
        for id in ids {
            let grants = PageEntries(tokens[id] ?? [], of: .oauthGrant, keeping: .ofAccount(.oauthGrant, account: id)) {
                guard let (application, grant) = GoogleRecords.grant($0, of: id) else { return .unreadable }
                let isNew = applications.insert(application.externalID).inserted
                return .read(isNew ? [.application(application), .oauthGrant(grant)] : [.oauthGrant(grant)])
            }
            if !grants.kept.isEmpty { entries.keep(.ofAccount(.application, account: id)) }
            entries.add(grants)
            entries.add(
                PageEntries(passwords[id] ?? [], of: .accessKey, keeping: .ofAccount(.accessKey, account: id)) {
                    EntryReading(GoogleRecords.applicationPassword($0, of: id))
                })
        }
        return entries
    }

    private func items(
        of users: [String], _ path: (String) -> UpstreamPath
    ) throws -> [Result<[JSON], ConnectorError>] {
        try api.results(of: users.map { api.request(.get, path($0)) }, atOnce: 8) { try $0.items() }
    }

    /// Returns the ids of the clients to which a user has granted access.
    func clients(of user: String) throws -> [String] {
        try api.get("/admin/directory/v1/users/\(user)/tokens").items().all("clientId")
    }

    /// Reads laptops and desktops with their users. The Directory API's own lists have phones and Chromebooks, so these
    /// are skipped.
    func computers(_ found: [JSON]) throws -> PageEntries {
        var missing = PageEntries()
        let ids = found.filter { GoogleRecords.isComputer($0) == true }.compactMap(GoogleRecords.deviceID)
        let users = try deviceUsers.lists(of: ids, noting: &missing) { ids in
            let requests = ids.map {
                devices.request(.get, "/v1/devices/\($0)/deviceUsers", query: [("customer", "customers/" + customer)])
            }
            return try devices.results(of: requests, atOnce: 8) { response in
                let users = try response.items("deviceUsers", ofKind: false)
                return GoogleRecords.DeviceUsers(users, isLast: try response.json.nextToken("nextPageToken") == nil)
            }
        }
        var entries = PageEntries(found, of: .device, id: { GoogleRecords.deviceID($0).map { "devices/" + $0 } }) {
            device in
            guard let isComputer = GoogleRecords.isComputer(device), let id = GoogleRecords.deviceID(device) else {
                return .unreadable
            }
            guard isComputer else { return .skipped("the Directory API lists the device") }
            return .read([GoogleRecords.computer(device, id: id, users: users[id])])
        }
        entries.add(missing)
        return entries
    }

    /// The name that we give the super administrator role, which Google's first administrator has.
    private static let superAdmin = "_SEED_ADMIN_ROLE"

    /// Returns the administrator roles of all users, as far as they could be read. A group's role applies to its
    /// members, including those of nested groups.
    private func administratorRoles() throws -> AdministratorRoles {
        if let roles { return roles }
        var found = AdministratorRoles()
        try found.unlessRefused { found in
            var names: [String: String] = [:]
            for role in try all("/admin/directory/v1/customer/\(customer)/roles", pageSize: 100) {
                guard let id = role.identifier("roleId") else {
                    found.leaveOut(AdministratorRoles.unreadable)
                    continue
                }
                names[id] = role["isSuperAdminRole"]?.bool == true ? Self.superAdmin : role.text("roleName") ?? id
            }
            for assignment in try all("/admin/directory/v1/customer/\(customer)/roleassignments", pageSize: 200) {
                guard let id = assignment.identifier("roleId"), let assignee = assignment.text("assignedTo") else {
                    found.leaveOut(AdministratorRoles.unreadable)
                    continue
                }
                let role = names[id] ?? id
                if assignment.text("assigneeType")?.lowercased() == "group" {
                    try found.unlessRefused { try grant(role, toMembersOf: assignee, in: &$0) }
                } else {
                    found.grant(role, to: assignee)
                }
            }
        }
        roles = found
        return found
    }

    private func grant(_ role: String, toMembersOf group: String, in roles: inout AdministratorRoles) throws {
        let members = try unlessGone {
            try all(
                "/admin/directory/v1/groups/\(group)/members", member: "members", pageSize: 200,
                [("includeDerivedMembership", "true")])
        }
        for member in members ?? [] {
            switch (member.text("type"), member.text("id")) {
            case ("USER", let user?): roles.grant(role, to: user)
            case ("USER", nil), (nil, _): roles.leaveOut(AdministratorRoles.unreadable)
            default: break
            }
        }
    }

    private func all(
        _ path: UpstreamPath, member: String = "items", pageSize: Int, _ query: [(name: String, value: String)] = []
    ) throws -> [JSON] {
        try WholeList.items { cursor in
            let page = cursor?.string.map { [(name: "pageToken", value: $0)] } ?? []
            let response = try api.get(path, query: [("maxResults", String(pageSize))] + query + page)
            return (try response.items(member), try response.json.nextToken("nextPageToken").map(JSON.string))
        }
    }
}

extension UpstreamResponse {
    /// Returns the entries of one of Google's lists. Google leaves out an empty list.
    ///
    /// - Parameter ofKind: True if the API names the kind of its answers. In that case an answer without a kind is not
    ///   taken for an empty list.
    func items(_ member: String = "items", ofKind: Bool = true) throws(ConnectorError) -> [JSON] {
        let object = try object()
        let others: Set = ["kind", "etag", "nextPageToken"]
        let isEmpty = others.isSuperset(of: (object.object ?? [:]).keys) && (!ofKind || object.text("kind") != nil)
        return isEmpty ? [] : try list(member)
    }
}
