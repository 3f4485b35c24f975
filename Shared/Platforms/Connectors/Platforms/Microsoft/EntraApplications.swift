import Base
import HTTP
import Upstream

/// The tenant's applications with their roles, for lists that are requested one application at a time.
struct EntraApplications {
    /// The roles of each application, by application id.
    private(set) var roles: [String: Roles] = [:]
    /// The ids of service principals that can't be read, so that it is not known if they are applications.
    private var unread: Set<String> = []
    /// True if there are service principals whose id can't be read.
    private(set) var hasUnknown = false

    init(_ principals: [JSON]) {
        for principal in principals {
            switch (EntraRecords.isApplication(principal), principal.text("id")) {
            case (true?, let id?): roles[id] = Roles(of: principal)
            case (false?, _): break
            case (nil, let id?): unread.insert(id)
            case (_, nil): hasUnknown = true
            }
        }
    }

    /// The ids of the applications and of the unreadable service principals, in ascending order.
    var ids: [String] { unread.union(roles.keys).sorted() }

    /// Returns true if a service principal is an application that the company uses; nil if that is not known.
    func include(_ id: String) -> Bool? {
        if roles[id] != nil { return true }
        return hasUnknown || unread.contains(id) ? nil : false
    }

    struct Roles {
        typealias Role = (name: String, isAdmin: Bool)

        private var byID: [String: Role] = [:]
        private var isWhole = true

        fileprivate init(of principal: JSON) {
            let roles = principal["appRoles"]?.array
            isWhole = roles != nil
            for role in roles ?? [] {
                guard let id = role.text("id") else {
                    isWhole = false
                    continue
                }
                let name = role.text("value") ?? role.text("displayName") ?? id
                byID[id] = (name, Self.isAdmin(name) || role.text("displayName").map(Self.isAdmin) == true)
            }
        }

        /// Returns true if a name such as `Org.Admin`, `OrgAdmin` or `Global Administrator` has a word for administrators.
        /// `Administrative Assistant` has none.
        private static func isAdmin(_ name: String) -> Bool {
            var spaced = ""
            for (character, former) in zip(name, " " + name) {
                if !character.isLetter || character.isUppercase && former.isLowercase { spaced += " " }
                if character.isLetter { spaced += character.lowercased() }
            }
            return !administrators.isDisjoint(with: spaced.split(separator: " ").map(String.init))
        }

        private static let administrators: Set = ["admin", "admins", "administrator", "administrators", "superadmin"]

        /// Returns the role that an assignment gives; nil if that is not known.
        func role(of assignment: JSON) -> Role? {
            guard let id = assignment.text("appRoleId") else { return nil }
            if let role = byID[id] { return role }
            // The application defines no roles, or no longer defines this one.
            return isWhole || id == Self.defaultAccess ? ("user", false) : nil
        }

        private static let defaultAccess = "00000000-0000-0000-0000-000000000000"
    }
}

/// Reads the members of groups, including those of nested groups.
final class EntraGroups {
    /// The name of the list in the message that the members could not be read.
    static let name = "members of groups"

    private let api: PlatformAPI
    private var known: [String: Result<[String], ConnectorError>] = [:]
    /// The number of consecutive groups whose members were refused.
    private var refusals = 0
    private var refusal: ConnectorError?
    /// The number of consecutive refusals after which no more groups are asked for, since that would only use up the
    /// rate limit.
    private static let mostRefusals = 5

    init(_ api: PlatformAPI) { self.api = api }

    /// Returns the ids of the users in a group, none if the group no longer exists, or the error because of which the
    /// group could not be read.
    ///
    /// - Throws: `ConnectorError` if the error concerns all requests.
    func members(of group: String) throws -> Result<[String], ConnectorError> {
        if let known = known[group] { return known }
        if let refusal, refusals >= Self.mostRefusals { return .failure(refusal) }
        let members: Result<[String], ConnectorError>
        do {
            members = .success(try ask(group))
            refusals = 0
        } catch let error as ConnectorError where error.isAboutOneRequest {
            members = .failure(error)
            refusal = error
            refusals += 1
        }
        known[group] = members
        return members
    }

    private func ask(_ group: String) throws -> [String] {
        // The type cast makes this an advanced query (learn.microsoft.com/graph/aad-advanced-queries).
        let users = try unlessGone {
            try Graph.all(
                api, "/groups/\(group)/transitiveMembers/microsoft.graph.user",
                [("$select", "id"), ("$top", "999"), ("$count", "true")], headers: ["ConsistencyLevel": "eventual"])
        }
        return try (users ?? []).all("id")
    }
}
