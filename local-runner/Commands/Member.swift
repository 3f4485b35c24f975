import Auth
import Base
import Store

/// A member of a workspace, whom a session token can stand for.
struct Member {
    let userID: Identifier
    let email: String
    let role: Role

    /// The members of a workspace, the strongest roles first. Empty when there is no such workspace.
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
