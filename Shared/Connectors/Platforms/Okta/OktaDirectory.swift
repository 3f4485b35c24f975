import Base
import Upstream

/// The org's users, with what Okta tells of them in other places: their factors and their administrator roles.
final class OktaDirectory {
    private let api: PlatformAPI
    private var administrators: Set<String>?
    private var applications: [String]?

    init(_ api: PlatformAPI) { self.api = api }

    /// The accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> [SyncRecord] {
        let present = users.filter { $0.text("id") != nil }
        let ids = present.compactMap { $0.text("id") }
        let live = present.filter { $0.text("status") != "DEPROVISIONED" }.compactMap { $0.text("id") }
        let factors = try lists(live) { "/api/v1/users/\($0)/factors" }
        let administrators = try administratorIDs()
        let roles = try lists(ids.filter(administrators.contains)) { "/api/v1/users/\($0)/roles" }
        return present.compactMap { user in
            guard let id = user.text("id"), var account = OktaRecords.account(user) else { return nil }
            account.mfaEnabled = factors[id].map { $0.contains { $0.text("status") == "ACTIVE" } }
            account.adminRoles = roles[id]?.compactMap { $0.text("type") } ?? []
            account.isAdmin = !account.adminRoles.isEmpty
            return .account(account)
        }
    }

    /// All applications, in the order of their ids.
    func applicationIDs() throws -> [String] {
        if let applications { return applications }
        var ids: [String] = []
        var after: String?
        repeat {
            let response = try api.get(
                "/api/v1/apps", query: [("limit", "200")] + (after.map { [(name: "after", value: $0)] } ?? []))
            ids += try response.list().compactMap { $0.text("id") }
            after = response.cursor("after")
        } while after != nil
        let sorted = ids.sorted()
        applications = sorted
        return sorted
    }

    private func administratorIDs() throws -> Set<String> {
        if let administrators { return administrators }
        var ids: Set<String> = []
        var after: String?
        repeat {
            let response = try api.get(
                "/api/v1/iam/assignees/users",
                query: [("limit", "100")] + (after.map { [(name: "after", value: $0)] } ?? []))
            ids.formUnion(try response.list("value").compactMap { $0.text("id") })
            after = response.cursor("after")
        } while after != nil
        administrators = ids
        return ids
    }

    private func lists(_ ids: [String], _ path: (String) -> UpstreamPath) throws -> [String: [JSON]] {
        let lists: [[JSON]] = try api.sendAll(ids.map { api.request(.get, path($0)) }, atOnce: 8) { response in
            // A user who has gone meanwhile has nothing.
            response.status == 404 ? [] : response.isSuccess ? try response.list() : nil
        }
        return Dictionary(zip(ids, lists)) { $1 }
    }
}
