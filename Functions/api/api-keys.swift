import Auth
import Base
import Function
import HTTP
import Operation

/// /api/api-keys: the workspace's API keys. GET lists the active keys, POST creates a key, DELETE revokes a key.
@main struct APIKeysFunction: Function {
    static let onRequestGet = Handler(
        "list_api_keys", .session(.manageAPIKeys), "Lists the active API keys, without the keys themselves.",
        returns: .json(.field("keys", .array(of: APIKeySummary.schema), "The keys, oldest first."))
    ) { context in
        let keys = try context.workspace.apiKeys()
        return .json { $0.field("keys", keys) }
    }

    static let onRequestPost = Handler(
        "create_api_key", .session(.manageAPIKeys), "Creates an API key. Only this answer contains the key itself.",
        .required("name", .string(1...100), "A name that says where the key is used.", example: .string("Claude Code")),
        .optional("scope", .oneOf(Scope.self), default: .read, "The operations that the key may call."),
        returns: .json(
            .field("key", .string, "The key. It is not stored in plain text, so save it now."),
            .field("prefix", .string, "The beginning of the key, by which lists show it."),
            .field("name", .string, "The name."),
            .field("created_at", .timestamp, "The time at which the key was created."),
            .field("id", .uuid, "The key's id, which a request to revoke the key names."),
            .field("scope", .oneOf(Scope.self), "The operations that the key may call.")),
        errors: [AccessError.tooManyAPIKeys(10)]
    ) { context, name, scope in
        let (key, summary) = try context.workspace.createAPIKey(name: name, scope: scope)
        return .json { json in
            key.secret.reveal { json.field("key", $0) }
            json.field("prefix", key.prefix)
            json.field("name", name)
            json.field("created_at", summary.createdAt)
            json.field("id", summary.id)
            json.field("scope", scope.rawValue)
        }
    }

    static let onRequestDelete = Handler(
        "revoke_api_key", .session(.manageAPIKeys), "Revokes an API key with immediate effect.",
        .required("keyId", .uuid, "The key to revoke."),
        returns: .json(
            .field("revoked", .boolean, "True."),
            .field("revoked_at", .timestamp, "The time at which the key was revoked.")),
        errors: [AccessError.unknownAPIKey]
    ) { context, keyID in
        let revokedAt = try context.workspace.revokeAPIKey(keyID)
        return .json { json in
            json.field("revoked", true)
            json.field("revoked_at", revokedAt)
        }
    }
}
