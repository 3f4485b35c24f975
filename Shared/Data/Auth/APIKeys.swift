public import Base
import Store

/// The parts of an API key that may be shown again after its creation.
public struct APIKeySummary: Described {
    /// The key's id, which a request to revoke the key names.
    public let id: Identifier
    public let name: String
    public let prefix: String
    public let scope: Scope
    /// The time at which the key was created.
    public let createdAt: Timestamp
    public let lastUsedAt: Timestamp?

    public static var schema: JSONSchema {
        .object(
            .field("id", .uuid, "The key's id, which a request to revoke the key names."),
            .field("name", .string, "The name that says where the key is used."),
            .field("prefix", .string, "The beginning of the key."),
            .field("scope", .oneOf(Scope.self), "The operations that the key may call."),
            .field("created_at", .timestamp, "The time at which the key was created."),
            .field("last_used_at", .timestamp.orNull, "The time of the last request with the key."))
    }

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
    /// The largest number of active keys that a workspace may have.
    private static let maximumAPIKeys = 10

    /// Returns the active keys, oldest first.
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

    /// Creates a key, and stores its hash. The plain text is only in the result.
    ///
    /// - Throws: 409 if the workspace already has the largest allowed number of keys.
    public func createAPIKey(
        name: String, scope: Scope, now: Timestamp = .now
    ) throws -> (key: APIKey, summary: APIKeySummary) {
        let key = APIKey.generate()
        let summary = APIKeySummary(
            id: .random(), name: name, prefix: key.prefix, scope: scope, createdAt: now, lastUsedAt: nil)
        return try audited {
            let count = try first(
                "SELECT count(*) FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL"
            ) { try $0[0] as Int }
            guard count ?? 0 < Self.maximumAPIKeys else {
                throw AccessError.tooManyAPIKeys(Self.maximumAPIKeys)
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

    /// Revokes a key with immediate effect, and returns the time at which it was revoked.
    ///
    /// - Throws: 404 if the workspace has no active key with this id.
    public func revokeAPIKey(_ keyID: Identifier, now: Timestamp = .now) throws -> Timestamp {
        try audited {
            let key = try first(
                """
                UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL
                RETURNING name, prefix
                """, keyID, now
            ) { row in (name: try row[0] as String, prefix: try row[1] as String) }
            guard let key else { throw AccessError.unknownAPIKey }
            let entry = AuditEntry(
                action: "api_key.revoked", targetType: "api_key", targetID: keyID.description,
                details: ["name": .string(key.name), "prefix": .string(key.prefix)], createdAt: now)
            return (now, entry)
        }
    }
}
