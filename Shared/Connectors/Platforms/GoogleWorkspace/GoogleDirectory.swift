import Base
import Upstream

/// The customer's users, with what Google tells of them in other places: their roles, their grants, their computers.
final class GoogleDirectory {
    private let api: PlatformAPI
    private let devices: PlatformAPI
    private let customer: String
    private var roles: [String: [String]]?

    init(_ api: PlatformAPI, _ devices: PlatformAPI, customer: String) {
        self.api = api
        self.devices = devices
        self.customer = customer
    }

    /// The accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> [SyncRecord] {
        guard !users.isEmpty else { return [] }
        let roles = try rolesByUser()
        return users.compactMap { user in
            guard var account = GoogleRecords.account(user) else { return nil }
            account.adminRoles = roles[account.externalID] ?? []
            if user["isAdmin"]?.bool == true, !account.adminRoles.contains(Self.superAdmin) {
                account.adminRoles.append(Self.superAdmin)
            }
            account.isAdmin = !account.adminRoles.isEmpty || user["isDelegatedAdmin"]?.bool == true
            return .account(account)
        }
    }

    /// What users have let in: the applications with their grants, and application passwords.
    func access(of users: [String]) throws -> [SyncRecord] {
        let tokens = try lists(users) { "/admin/directory/v1/users/\($0)/tokens" }
        let passwords = try lists(users) { "/admin/directory/v1/users/\($0)/asps" }
        var applications: Set<String> = []
        var records: [SyncRecord] = []
        for (user, tokens) in zip(users, tokens) {
            for token in tokens {
                guard let (application, grant) = GoogleRecords.grant(token, of: user) else { continue }
                if applications.insert(application.externalID).inserted { records.append(.application(application)) }
                records.append(.oauthGrant(grant))
            }
        }
        for (user, passwords) in zip(users, passwords) {
            records += passwords.compactMap { GoogleRecords.applicationPassword($0, of: user) }
        }
        return records
    }

    /// The clients that a user has let in.
    func clients(of user: String) throws -> [String] {
        try api.get("/admin/directory/v1/users/\(user)/tokens").items().compactMap { $0.text("clientId") }
    }

    /// Laptops and desktops with their users; phones and Chromebooks are in the Directory API's own lists.
    func computers(_ found: [JSON]) throws -> [SyncRecord] {
        let computers = found.filter { ["WINDOWS", "MAC_OS", "LINUX"].contains($0.text("deviceType")) }
        let requests = computers.compactMap { computer in
            GoogleRecords.deviceID(computer).map {
                devices.request(.get, "/v1/devices/\($0)/deviceUsers", query: [("customer", "customers/" + customer)])
            }
        }
        guard requests.count == computers.count else {
            throw ConnectorError.provider("Google names a device in another way than it documents.")
        }
        let users = try devices.sendAll(requests, atOnce: 8, accept: Self.itemsOrNone("deviceUsers"))
        return zip(computers, users).compactMap { GoogleRecords.computer($0, users: $1) }
    }

    /// The role that Google's first administrator has, and all super administrators.
    private static let superAdmin = "_SEED_ADMIN_ROLE"

    /// The names of the roles of users who have any. A role of a group is one of its members, those of groups in it too.
    private func rolesByUser() throws -> [String: [String]] {
        if let roles { return roles }
        var names: [String: String] = [:]
        for role in try all("/admin/directory/v1/customer/\(customer)/roles", pageSize: 100) {
            if let id = role.identifier("roleId") {
                names[id] = role["isSuperAdminRole"]?.bool == true ? Self.superAdmin : role.text("roleName") ?? id
            }
        }
        var found: [String: [String]] = [:]
        func grant(_ role: String, to user: String) {
            if found[user]?.contains(role) != true { found[user, default: []].append(role) }
        }
        for assignment in try all("/admin/directory/v1/customer/\(customer)/roleassignments", pageSize: 200) {
            guard let id = assignment.identifier("roleId"), let assignee = assignment.text("assignedTo") else {
                continue
            }
            let role = names[id] ?? id
            guard assignment.text("assigneeType")?.lowercased() == "group" else {
                grant(role, to: assignee)
                continue
            }
            let members =
                try unlessGone {
                    try all(
                        "/admin/directory/v1/groups/\(assignee)/members", member: "members", pageSize: 200,
                        [("includeDerivedMembership", "true")])
                } ?? []
            for case let user? in members.filter({ $0.text("type") == "USER" }).map({ $0.text("id") }) {
                grant(role, to: user)
            }
        }
        roles = found
        return found
    }

    private func all(
        _ path: UpstreamPath, member: String = "items", pageSize: Int, _ query: [(name: String, value: String)] = []
    ) throws -> [JSON] {
        var found: [JSON] = []
        var token: String?
        repeat {
            let page = token.map { [(name: "pageToken", value: $0)] } ?? []
            let response = try api.get(path, query: [("maxResults", String(pageSize))] + query + page)
            found += try response.items(member)
            token = response.json.text("nextPageToken")
        } while token != nil
        return found
    }

    private func lists(_ users: [String], _ path: (String) -> UpstreamPath) throws -> [[JSON]] {
        try api.sendAll(users.map { api.request(.get, path($0)) }, atOnce: 8, accept: Self.itemsOrNone("items"))
    }

    /// What has gone meanwhile has nothing.
    private static func itemsOrNone(_ member: String) -> (UpstreamResponse) throws -> [JSON]? {
        { $0.status == 404 ? [] : $0.isSuccess ? try $0.items(member) : nil }
    }
}

extension UpstreamResponse {
    /// A list of Google's, which leaves out one that is empty.
    func items(_ member: String = "items") throws(ConnectorError) -> [JSON] {
        let object = try object()
        let others: Set = ["kind", "etag", "nextPageToken"]
        if object[member] == nil, others.isSuperset(of: (object.object ?? [:]).keys) { return [] }
        return try list(member)
    }
}
