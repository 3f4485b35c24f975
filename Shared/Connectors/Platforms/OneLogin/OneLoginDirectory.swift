import Base
import Upstream

/// The account's users and applications, with what OneLogin tells of them in other places: their factors, their
/// administrators' privileges, the names of events.
final class OneLoginDirectory {
    /// Who holds a privilege, by themselves or by a role.
    private struct Privilege {
        let name: String
        let users: Set<String>
        let roles: Set<String>
    }

    private let api: PlatformAPI
    private var privileges: [Privilege]?
    private var applications: [String]?
    private var names: [Int: String]?

    init(_ api: PlatformAPI) { self.api = api }

    /// The accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> [SyncRecord] {
        let ids = users.compactMap { $0.identifier("id") }
        guard !ids.isEmpty else { return [] }
        let devices = try factors(ids)
        let privileges = try allPrivileges()
        return users.compactMap { user in
            guard var account = OneLoginRecords.account(user) else { return nil }
            account.mfaEnabled = devices[account.externalID].map { !$0.isEmpty }
            let roles = (user["role_ids"]?.array ?? []).compactMap { $0.integer.map(String.init) ?? $0.string }
            account.adminRoles = privileges.filter {
                $0.users.contains(account.externalID) || !$0.roles.isDisjoint(with: roles)
            }.map(\.name)
            account.isAdmin = !account.adminRoles.isEmpty
            return .account(account)
        }
    }

    /// All applications, in the order of their ids.
    func applicationIDs() throws -> [String] {
        if let applications { return applications }
        var ids: [String] = []
        var cursor: JSON?
        repeat {
            let (apps, next) = try Self.page(api, "/api/2/apps", [("limit", "100")], cursor)
            ids += apps.compactMap { $0.identifier("id") }
            cursor = next
        } while cursor != nil
        let sorted = ids.sorted()
        applications = sorted
        return sorted
    }

    /// The names of events, by the numbers of their types.
    func eventTypes() throws -> [Int: String] {
        if let names { return names }
        var found: [Int: String] = [:]
        for type in try api.get("/api/1/events/types").list("data") {
            if let id = type["id"]?.integer { found[id] = type.text("name") }
        }
        names = found
        return found
    }

    /// One page of a list of version 2, and where the next one begins, which a header says.
    static func page(
        _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)], _ cursor: JSON?
    ) throws -> (values: [JSON], next: JSON?) {
        let more = cursor?.string.map { [(name: "cursor", value: $0)] } ?? []
        let response = try api.get(path, query: query + more)
        let next = response.headers["After-Cursor"] ?? ""
        // A bare nil would be JSON's null.
        return (try response.list(), next.isEmpty ? JSON?.none : .string(next))
    }

    private func factors(_ users: [String]) throws -> [String: [JSON]] {
        let requests = users.map { api.request(.get, "/api/2/mfa/users/\($0)/devices") }
        let lists = try api.sendAll(requests, atOnce: 8) { response -> [JSON]?? in
            // Of a user who has gone meanwhile nobody knows.
            response.status == 404 ? .some(nil) : response.isSuccess ? try response.list() : nil
        }
        return Dictionary(zip(users, lists)) { $1 }.compactMapValues { $0 }
    }

    /// Nothing in a subscription without delegated administration, which has no privileges to ask for.
    private func allPrivileges() throws -> [Privilege] {
        if let privileges { return privileges }
        let list: [[JSON]] = try api.sendAll([api.request(.get, "/api/1/privileges")], atOnce: 1) { response in
            [403, 404].contains(response.status) ? [] : response.isSuccess ? try response.list() : nil
        }
        var found: [Privilege] = []
        for privilege in list.joined() {
            guard let id = privilege.text("id") else { continue }
            found.append(
                Privilege(
                    name: privilege.text("name") ?? id,
                    users: try unlessGone { try holders("/api/1/privileges/\(id)/users", "users") } ?? [],
                    roles: try unlessGone { try holders("/api/1/privileges/\(id)/roles", "roles") } ?? []))
        }
        privileges = found
        return found
    }

    private func holders(_ path: UpstreamPath, _ member: String) throws -> Set<String> {
        var found: Set<String> = []
        var cursor: String?
        repeat {
            let query = cursor.map { [(name: "cursor", value: $0)] } ?? []
            let response = try api.get(path, query: query)
            found.formUnion(try response.list(member).compactMap { $0.integer.map(String.init) ?? $0.string })
            cursor = response.json.text("afterCursor")
        } while cursor != nil
        return found
    }
}
