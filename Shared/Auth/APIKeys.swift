import Base
import HTTP
import Store

/// What may be shown of an API key.
public struct APIKeySummary: JSONWritable {
    /// By which the key is revoked.
    public let id: Identifier
    let name: String
    let prefix: String
    let scope: Scope
    /// When it was made.
    public let createdAt: Timestamp
    let lastUsedAt: Timestamp?

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("name", name)
            json.field("prefix", prefix)
            json.field("scope", scope.rawValue)
            json.field("created_at", createdAt)
            json.field("last_used_at", lastUsedAt)
        }
    }
}

extension Workspace {
    /// How many active keys a workspace may have.
    private static let maximumAPIKeys = 10

    /// The active keys, oldest first.
    public func apiKeys() throws -> [APIKeySummary] {
        let keys = try rows(
            """
            SELECT id, name, prefix, scope, created_at FROM api_keys
            WHERE workspace_id = $1 AND revoked_at IS NULL ORDER BY created_at, id
            """
        ) { row in
            (
                id: try row[0] as Identifier, name: try row[1] as String, prefix: try row[2] as String,
                scope: try row[3] as Scope, createdAt: try row[4] as Timestamp
            )
        }
        return try keys.map { key in
            APIKeySummary(
                id: key.id, name: key.name, prefix: key.prefix, scope: key.scope, createdAt: key.createdAt,
                lastUsedAt: try lastCounted(StoredAPIKey.counter(key.id)))
        }
    }

    /// Stores a new key, of which only the result ever holds the plain text. Throws 409 when the workspace has as many
    /// as it may.
    public func createAPIKey(
        name: String, scope: Scope, now: Timestamp = .now
    ) throws -> (key: APIKey, summary: APIKeySummary) {
        let key = APIKey.generate()
        let summary = APIKeySummary(
            id: .random(), name: name, prefix: key.prefix, scope: scope, createdAt: now, lastUsedAt: nil)
        return try change {
            let count = try first(
                "SELECT count(*) FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL"
            ) { try $0[0] as Int }
            guard count ?? 0 < Self.maximumAPIKeys else {
                throw HTTPError.conflict(
                    "The workspace has \(Self.maximumAPIKeys) active API keys, which is the most. Revoke one first.")
            }
            try execute(
                """
                INSERT INTO api_keys (workspace_id, id, name, prefix, key_hash, scope, created_by, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """, summary.id, name, key.prefix, key.hash, scope, caller?.userID, now)
            let entry = AuditEntry(
                action: "api_key.created", targetType: "api_key", targetID: summary.id.description,
                details: ["name": .string(name), "prefix": .string(key.prefix), "scope": .string(scope.rawValue)],
                createdAt: now)
            return ((key, summary), entry)
        }
    }

    /// Revokes a key at once, and says when. Throws 404 when the workspace has no active key of that id.
    public func revokeAPIKey(_ keyID: Identifier, now: Timestamp = .now) throws -> Timestamp {
        try change {
            let key = try first(
                """
                UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL
                RETURNING name, prefix
                """, keyID, now
            ) { row in (name: try row[0] as String, prefix: try row[1] as String) }
            guard let key else { throw HTTPError.notFound("No active API key has this id.") }
            let entry = AuditEntry(
                action: "api_key.revoked", targetType: "api_key", targetID: keyID.description,
                details: ["name": .string(key.name), "prefix": .string(key.prefix)], createdAt: now)
            return (now, entry)
        }
    }
}
