import Base
import HTTP
import Upstream

/// Reads the account's users and applications, with the data that OneLogin keeps elsewhere: their factors, the
/// privileges of administrators and the names of events.
final class OneLoginDirectory {
    /// The privileges of administrators, who hold them directly or through roles.
    private struct Privileges {
        let ofUsers: AdministratorRoles
        /// The names of privileges, by the id of the role whose members hold them.
        let ofRoles: [String: Set<String>]
    }

    private let api: PlatformAPI
    private var factors = ObjectLists("second factors")
    private var privileges: Privileges?
    /// The ids of all applications, with nil for an application without an id; nil until they are read.
    private var applications: [String?]?
    private var names: [Int: String]?

    init(_ api: PlatformAPI) { self.api = api }

    /// Reads the accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> PageEntries {
        guard !users.isEmpty else { return PageEntries() }
        var missing = PageEntries()
        let factors = try self.factors.lists(of: users.compactMap { $0.identifier("id") }, noting: &missing) { ids in
            let requests = ids.map { api.request(.get, "/api/2/mfa/users/\($0)/devices") }
            return try api.results(of: requests, atOnce: 8) { try $0.list() }
        }
        let privileges = try allPrivileges()
        missing.name(privileges.ofUsers)
        var entries = PageEntries(users, of: .account) { user in
            guard var account = OneLoginRecords.account(user) else { return .unreadable }
            let devices = factors[account.externalID]
            account.mfaEnabled = devices.map { $0.contains { $0.object != nil } }
            if devices?.allSatisfy({ $0.object != nil }) != true, account.mfaEnabled != true {
                account.mfaEnabled = nil
                account.unread.insert(.mfaEnabled)
            }
            describe(user, privileges, &account)
            return .read([.account(account)])
        }
        entries.add(missing)
        return entries
    }

    private func describe(_ user: JSON, _ privileges: Privileges, _ account: inout AccountRecord) {
        var own = privileges.ofUsers
        if !privileges.ofRoles.isEmpty {
            let roles = Self.ids(user["role_ids"])
            if roles == nil { own.leaveOut(AdministratorRoles.unreadable) }
            for name in (roles ?? []).flatMap({ privileges.ofRoles[$0] ?? [] }) {
                own.grant(name, to: account.externalID)
            }
        }
        own.describe(&account)
    }

    /// Returns the ids in a list; nil if it is not a list, or if it contains anything but ids.
    private static func ids(_ list: JSON?) -> [String]? {
        guard let list = list?.array else { return nil }
        let ids = list.compactMap { $0.integer.map(String.init) ?? $0.string }
        return ids.count == list.count ? ids : nil
    }

    /// Returns the ids of all applications that have one, in ascending order.
    func applicationIDs() throws -> [String] { try allApplications().compactMap { $0 }.sorted() }

    /// True if `applicationIDs` has read the applications and all of them have ids.
    var knowsAllApplications: Bool { applications?.contains(nil) == false }

    private func allApplications() throws -> [String?] {
        if let applications { return applications }
        var found: [String?] = []
        try WholeList.forEachPage(most: HeldValues.mostOfExtracts) {
            try Self.page(api, "/api/2/apps", [("limit", "100")], $0)
        } _: {
            found += $0.map { $0.identifier("id") }
        }
        applications = found
        return found
    }

    /// Returns the names of events, by the numbers of their types.
    func eventTypes() throws -> [Int: String] {
        if let names { return names }
        var found: [Int: String] = [:]
        for type in try api.get("/api/1/events/types").list("data") {
            if let id = type["id"]?.integer { found[id] = type.text("name") }
        }
        names = found
        return found
    }

    /// Returns one page of a list of version 2 of the API, and the cursor of the next page, which is in a header.
    static func page(
        _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)], _ cursor: JSON?
    ) throws -> WholeList.Page {
        let more = cursor?.string.map { [(name: "cursor", value: $0)] } ?? []
        let response = try api.get(path, query: query + more)
        let next = response.headers["After-Cursor"] ?? ""
        // A bare nil would become JSON's null.
        return (try response.list(), next.isEmpty ? JSON?.none : .string(next))
    }

    /// Returns the privileges, as far as they can be read. A subscription without delegated administration has none.
    private func allPrivileges() throws -> Privileges {
        if let privileges { return privileges }
        var users = AdministratorRoles()
        var roles: [String: Set<String>] = [:]
        try users.unlessRefused { known in
            for privilege in try api.get("/api/1/privileges").list() {
                guard let id = privilege.text("id") else {
                    known.leaveOut(AdministratorRoles.unreadable)
                    continue
                }
                let name = privilege.text("name") ?? id
                try known.unlessRefused { known in
                    for user in try holders("/api/1/privileges/\(id)/users", "users") { known.grant(name, to: user) }
                }
                try known.unlessRefused { _ in
                    for role in try holders("/api/1/privileges/\(id)/roles", "roles") {
                        roles[role, default: []].insert(name)
                    }
                }
            }
        }
        let found = Privileges(ofUsers: users, ofRoles: roles)
        privileges = found
        return found
    }

    /// Returns the ids of the users or roles that hold a privilege.
    private func holders(_ path: UpstreamPath, _ member: String) throws -> [String] {
        let holders = try WholeList.items { cursor in
            let response = try api.get(path, query: cursor?.string.map { [(name: "cursor", value: $0)] } ?? [])
            return (try response.list(member), try response.json.nextToken("afterCursor").map(JSON.string))
        }
        guard let ids = Self.ids(.array(holders)) else { throw AdministratorRoles.unreadable }
        return ids
    }
}
