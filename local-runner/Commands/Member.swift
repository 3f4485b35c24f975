import Auth
import Base
import Store

/// A member of a workspace, who can get a session token.
struct Member {
    let userID: Identifier
    let email: String
    let role: Role

    /// Returns the members of a workspace, strongest roles first. Empty if there is no such workspace.
    static func all(of workspaceID: Identifier, in database: any Database) throws -> [Member] {
        let members = try database.rows(
            "SELECT user_id, email, role FROM members WHERE workspace_id = $1 ORDER BY created_at, email",
            workspaceID
        ) { row in
            Member(userID: try row[0], email: try row[1], role: try row[2])
        }
        return Role.allCases.flatMap { role in members.filter { $0.role == role } }
    }
}
