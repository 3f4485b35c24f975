import Base
import Upstream

/// The org's users, with what Okta tells of them in other places: their factors and their administrator roles.
final class OktaDirectory {
    private let api: PlatformAPI
    private var administrators: Set<String>??
    private var applications: [Application]?
    /// What the token may not see of users, or not of all of them.
    private(set) var leftOut: Set<String> = []
    /// What it may not see of any.
    private var refused: Set<String> = []

    init(_ api: PlatformAPI) { self.api = api }

    /// The accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> [SyncRecord] {
        let present = users.filter { $0.text("id") != nil }
        let ids = present.compactMap { $0.text("id") }
        let live = present.filter { $0.text("status") != "DEPROVISIONED" }.compactMap { $0.text("id") }
        let factors = try lists(Self.factors, of: live) { "/api/v1/users/\($0)/factors" }
        let administrators = try administratorIDs()
        let roles = try lists(Self.roles, of: ids.filter { administrators?.contains($0) == true }) {
            "/api/v1/users/\($0)/roles"
        }
        return present.compactMap { user in
            guard let id = user.text("id"), var account = OktaRecords.account(user) else { return nil }
            account.mfaEnabled = factors[id].map { $0.contains { $0.text("status") == "ACTIVE" } }
            account.adminRoles = roles[id]?.compactMap { $0.text("type") } ?? []
            account.isAdmin = administrators.map { $0.contains(id) && roles[id]?.isEmpty != true }
            return .account(account)
        }
    }

    private static let factors = "factors"
    private static let roles = "administrator roles"

    private typealias Application = (id: String, isOAuthClient: Bool)

    /// All applications, in the order of their ids.
    func applicationIDs() throws -> [String] { try allApplications().map(\.id) }

    /// The applications that can hold OAuth tokens, in the order of their ids.
    func clientApplicationIDs() throws -> [String] { try allApplications().filter(\.isOAuthClient).map(\.id) }

    private func allApplications() throws -> [Application] {
        if let applications { return applications }
        var found: [Application] = []
        var after: String?
        repeat {
            let response = try api.get(
                "/api/v1/apps", query: [("limit", "200")] + (after.map { [(name: "after", value: $0)] } ?? []))
            found += try response.list().compactMap { application in
                application.text("id").map { ($0, application.text("signOnMode") == "OPENID_CONNECT") }
            }
            after = response.cursor("after")
        } while after != nil
        let sorted = found.sorted { $0.id < $1.id }
        applications = sorted
        return sorted
    }

    /// Nil when the token may not see them.
    private func administratorIDs() throws -> Set<String>? {
        if let administrators { return administrators }
        var ids: Set<String>? = []
        var after: String?
        do {
            repeat {
                let response = try api.get(
                    "/api/v1/iam/assignees/users",
                    query: [("limit", "100")] + (after.map { [(name: "after", value: $0)] } ?? []))
                ids?.formUnion(try response.list("value").compactMap { $0.text("id") })
                after = response.cursor("after")
            } while after != nil
        } catch ConnectorError.configuration where after == nil {
            ids = nil
            leftOut.insert(Self.roles)
        }
        administrators = .some(ids)
        return ids
    }

    /// The lists of users, without those of users who have gone meanwhile and those that the token may not see.
    private func lists(
        _ name: String, of ids: [String], _ path: (String) -> UpstreamPath
    ) throws -> [String: [JSON]] {
        guard !refused.contains(name) else { return [:] }
        var refusals = 0
        let lists = try api.sendAll(ids.map { api.request(.get, path($0)) }, atOnce: 8) { response -> [JSON]?? in
            guard !response.isSuccess else { return try response.list() }
            switch Okta.explain(response) {
            case .missing: return .some(nil)
            case .configuration:
                refusals += 1
                return .some(nil)
            default: return nil
            }
        }
        if refusals > 0 {
            leftOut.insert(name)
            // Asking for the others would only use up the rate limit.
            if refusals == ids.count { refused.insert(name) }
        }
        return Dictionary(zip(ids, lists)) { $1 }.compactMapValues { $0 }
    }
}
