import Auth
import Base
import Store

/// What a workspace has decided about an application.
public struct AppPolicy: JSONWritable {
    let appName: String
    /// Nil when nothing has been decided.
    let decision: (status: String, updatedAt: Timestamp)?

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("app_name", appName)
            json.field("status", decision?.status ?? "none")
            json.field("updated_at", ifPresent: decision?.updatedAt)
        }
    }
}

extension Workspace {
    /// The policy on an application, by its name without regard to case. An application that nobody has decided about,
    /// or that the workspace does not know, has none.
    public func appPolicy(appName: String) throws -> AppPolicy {
        let folded = appName.lowercased()
        let decided = try first(
            "SELECT app_name, status, updated_at FROM app_policies WHERE workspace_id = $1 AND app_name_folded = $2",
            folded
        ) { row in
            AppPolicy(appName: try row[0], decision: (status: try row[1], updatedAt: try row[2]))
        }
        if let decided { return decided }
        let known = try first(
            "SELECT name FROM applications WHERE workspace_id = $1 AND name_folded = $2", folded
        ) { try $0[0] as String }
        return AppPolicy(appName: known ?? appName, decision: nil)
    }
}
