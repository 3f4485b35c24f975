public import Auth
public import Base
public import Store

/// A workspace's decision about an application.
public struct AppPolicy: Described {
    /// The possible decisions.
    public enum Status: String, SQLEnum, CaseIterable, Sendable {
        case sanctioned, unauthorized, blocked
        /// No decision. This status is not stored.
        case undecided = "none"
    }

    let appName: String
    let status: Status
    /// The time of the decision; nil if there is none.
    let updatedAt: Timestamp?

    public static var schema: JSONSchema {
        .object(
            .field("app_name", .string, "The application's name."),
            .field("status", .oneOf(Status.self), "The decision; none if there is none."),
            .optional("updated_at", .timestamp, "The time of the decision."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("app_name", appName)
            json.field("status", status.rawValue)
            json.field("updated_at", ifPresent: updatedAt)
        }
    }
}

extension Workspace {
    /// Returns the policy for an application, by its name in upper or lower case. The status is `undecided` if there is
    /// no decision.
    public func appPolicy(appName: String) throws -> AppPolicy {
        let folded = appName.lowercased()
        let decided = try first(
            "SELECT app_name, status, updated_at FROM app_policies WHERE workspace_id = $1 AND app_name_folded = $2",
            folded
        ) { row in
            AppPolicy(appName: try row[0], status: try row[1], updatedAt: try row[2])
        }
        if let decided { return decided }
        let known = try first(
            "SELECT name FROM applications WHERE workspace_id = $1 AND name_folded = $2", folded
        ) { try $0[0] as String }
        return AppPolicy(appName: known ?? appName, status: .undecided, updatedAt: nil)
    }
}
