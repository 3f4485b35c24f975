@_spi(System) import Auth
import Base
import Demonstration
import Store

/// The API keys of the demonstration workspace for local use, one for each scope.
enum LocalKeys {
    /// Returns the keys in `known` that are not revoked, by scope, and new keys for the other scopes. Revokes keys that
    /// an earlier start created and whose plain text is not in `known`. Returns none if the database has no
    /// demonstration workspace.
    static func make(_ known: [String: String], _ database: any Database) throws -> [String: String] {
        guard let workspace = try SystemAccess(database).workspace(Demonstration.workspaceID) else {
            return [:]
        }
        var keys: [String: String] = [:]
        for scope in Scope.allCases {
            let name = "Local runner, \(scope.rawValue)"
            let active = try workspace.rows(
                """
                SELECT id, prefix FROM api_keys
                WHERE workspace_id = $1 AND name = $2 AND scope = $3 AND revoked_at IS NULL
                """, name, scope
            ) { row in (id: try row[0] as Identifier, prefix: try row[1] as String) }
            var key = known[scope.rawValue].flatMap { APIKey($0) }
            if !active.contains(where: { $0.prefix == key?.prefix }) {
                for lost in active { _ = try workspace.revokeAPIKey(lost.id) }
                key = try workspace.createAPIKey(name: name, scope: scope).key
            }
            keys[scope.rawValue] = key?.secret.reveal { $0 }
        }
        return keys
    }
}
