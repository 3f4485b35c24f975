/// Finds the names by which IAM addresses users and roles. Accounts are stored under the id of their user or role,
/// which stays the same if a user is renamed, and never passes to a later holder of the name.
final class AWSNames {
    private let session: AWSSession
    private var users: [String: String]?

    init(_ session: AWSSession) { self.session = session }

    /// Returns the id of the user who has this name now; nil if there is none.
    func userID(named name: String) throws -> String? { try allUsers().first { $0.value == name }?.key }

    /// Returns the name of the user or role that an action is about.
    ///
    /// - Throws: `ConnectorError.missing` if the target has an id that AWS no longer has. An account that was stored
    ///   under its name is not looked up.
    func name(of target: ActionTarget) throws -> String {
        let id = target.externalID
        guard let username = target.username, id != username, id != AWSRecords.rolePrefix + username else {
            // The account was stored under its name, before ids were used, or its name is not known.
            return id.hasPrefix(AWSRecords.rolePrefix) ? String(id.dropFirst(AWSRecords.rolePrefix.count)) : id
        }
        let name = try id.hasPrefix(AWSRecords.rolePrefix) ? roleName(id) : allUsers()[id]
        guard let name else { throw ConnectorError.missing("AWS no longer has this user or role.") }
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
