import Base
import Findings

/// The names that IAM takes for users and roles. An account has the id of its user or role, which stays when a user is
/// renamed, and which nobody gets who takes the name later.
final class AWSNames {
    private let session: AWSSession
    private var users: [String: String]?

    init(_ session: AWSSession) { self.session = session }

    /// The id of the user who has a name now; nil if there is none.
    func userID(named name: String) throws -> String? { try allUsers().first { $0.value == name }?.key }

    /// The name of the user or role that an action is about.
    ///
    /// - Throws: `ConnectorError.missing` if there is none any more.
    func name(of target: ActionTarget) throws -> String {
        let id = target.externalID
        guard let username = target.username, id != username, id != AWSRecords.rolePrefix + username else {
            // An account that was known by its name before ids were.
            return id.hasPrefix(AWSRecords.rolePrefix) ? String(id.dropFirst(AWSRecords.rolePrefix.count)) : id
        }
        let name = try id.hasPrefix(AWSRecords.rolePrefix) ? roleName(id) : allUsers()[id]
        guard let name else { throw ConnectorError.missing("AWS has no such user or role any more.") }
        return name
    }

    private func allUsers() throws -> [String: String] {
        if let users { return users }
        var found: [String: String] = [:]
        try session.forEachPage("ListUsers") { page in
            for user in try page.list("Users") {
                if let id = user.text("UserId"), let name = user.text("UserName") { found[id] = name }
            }
        }
        users = found
        return found
    }

    private func roleName(_ id: String) throws -> String? {
        var found: String?
        try session.forEachPage("GetAccountAuthorizationDetails", [("Filter.member.1", "Role")]) { page in
            for role in try page.list("RoleDetailList") where AWSRecords.roleID(role) == id {
                found = role.text("RoleName")
            }
        }
        return found
    }
}
