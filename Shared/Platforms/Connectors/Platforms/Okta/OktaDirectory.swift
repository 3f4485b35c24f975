import Base
import HTTP
import Upstream

/// Reads the org's users, with the data that Okta keeps elsewhere: their factors and their administrator roles.
final class OktaDirectory {
    private let api: PlatformAPI
    private var administrators: Administrators?
    private var applications: [Application]?
    /// False if Okta's list had an application without an id.
    private(set) var areAllApplicationsKnown = true
    /// The number of consecutive users whose lists were refused, by the lists' names.
    private var refusals: [String: Int] = [:]
    /// The lists that are no longer requested, with their last error, since the token seems to see them for no user.
    private var refused: [String: ConnectorError] = [:]
    /// The number of consecutive refusals after which a list is no longer requested. Fewer may be special cases.
    private static let mostRefusals = 3

    /// The ids of the administrators, or the error because of which they can't be read.
    private enum Administrators {
        case known(Set<String>)
        case refused(ConnectorError)
    }

    init(_ api: PlatformAPI) { self.api = api }

    /// Reads the accounts of one page of users.
    func accounts(_ users: [JSON]) throws -> PageEntries {
        let ids = users.compactMap { $0.text("id") }
        let live = users.filter { $0.text("status") != "DEPROVISIONED" }.compactMap { $0.text("id") }
        var missing = PageEntries()
        let factors = try lists(Self.factors, of: live, &missing) { "/api/v1/users/\($0)/factors" }
        let administrators: Set<String>?
        switch try allAdministrators() {
        case .known(let ids): administrators = ids
        case .refused(let error):
            administrators = nil
            missing.leaveOut(Self.roles, error)
        }
        let roles = try lists(Self.roles, of: ids.filter { administrators?.contains($0) == true }, &missing) {
            "/api/v1/users/\($0)/roles"
        }
        var entries = PageEntries(users, of: .account) { user in
            guard let id = user.text("id"), var account = OktaRecords.account(user) else { return .unreadable }
            if let factors = factors[id] {
                account.mfaEnabled = factors.contains { $0.text("status") == "ACTIVE" }
            } else if account.status != .deprovisioned {
                account.unread.insert(.mfaEnabled)
            }
            // An administrator whose roles all only read administers nothing.
            account.isAdmin = administrators.map {
                $0.contains(id) && roles[id]?.allSatisfy(OktaRoles.onlyReads) != true
            }
            account.adminRoles = roles[id]?.compactMap(OktaRecords.role) ?? []
            if account.isAdmin == true, roles[id] == nil { account.unread.insert(.adminRoles) }
            return .read([.account(account)])
        }
        entries.add(missing)
        return entries
    }

    private static let factors = "factors"
    private static let roles = "administrator roles"

    /// An application; `isOAuthClient` is nil if the list does not tell how people sign in to it.
    private typealias Application = (id: String, isOAuthClient: Bool?)

    /// Returns the ids of all applications that have one, in ascending order.
    func applicationIDs() throws -> [String] { try allApplications().map(\.id) }

    /// Returns the ids of the applications that can hold OAuth tokens, in ascending order.
    func clientApplicationIDs() throws -> [String] {
        try allApplications().filter { $0.isOAuthClient == true }.map(\.id)
    }

    /// Returns the ids of the applications of which it is not known if they can hold OAuth tokens.
    func applicationIDsOfUnknownUse() throws -> [String] {
        try allApplications().filter { $0.isOAuthClient == nil }.map(\.id)
    }

    private func allApplications() throws -> [Application] {
        if let applications { return applications }
        var found: [Application] = []
        try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
            let response = try api.get("/api/v1/apps", query: [("limit", "200")] + Okta.after(cursor))
            return (try response.list(), try response.nextCursor("after"))
        } _: { applications in
            for application in applications {
                guard let id = application.text("id") else {
                    areAllApplicationsKnown = false
                    continue
                }
                found.append((id, application.text("signOnMode").map { $0 == "OPENID_CONNECT" }))
            }
        }
        let sorted = found.sorted { $0.id < $1.id }
        applications = sorted
        return sorted
    }

    private func allAdministrators() throws -> Administrators {
        if let administrators { return administrators }
        var ids: Set<String> = []
        do {
            try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
                let response = try api.get(
                    "/api/v1/iam/assignees/users", query: [("limit", "100")] + Okta.after(cursor))
                return (try response.list("value"), try response.nextCursor("after"))
            } _: { users in
                for user in users {
                    guard let id = user.text("id") else {
                        throw ConnectorError.provider("Okta's list of administrators has an entry without an id.")
                    }
                    ids.insert(id)
                }
            }
        } catch let error as ConnectorError where error.isAboutOneRequest {
            administrators = .refused(error)
            return .refused(error)
        }
        administrators = .known(ids)
        return .known(ids)
    }

    /// Returns the lists of users by user id. Lists of deleted users and lists that could not be read are missing; the
    /// latter are noted in `missing`.
    private func lists(
        _ name: String, of ids: [String], _ missing: inout PageEntries, _ path: (String) -> UpstreamPath
    ) throws -> [String: [JSON]] {
        if let error = refused[name] {
            missing.leaveOut(name, error)
            return [:]
        }
        let results = try api.results(of: ids.map { api.request(.get, path($0)) }, atOnce: 8) { try $0.list() }
        for result in results {
            switch result {
            case .success: refusals[name] = 0
            case .failure(.missing): break
            case .failure(let error):
                missing.leaveOut(name, error)
                refusals[name, default: 0] += 1
                // Asking for more would only use up the rate limit.
                if refusals[name, default: 0] >= Self.mostRefusals { refused[name] = error }
            }
        }
        return Dictionary(zip(ids, results.map { try? $0.get() })) { $1 }.compactMapValues { $0 }
    }
}
