import Auth
import Base
import Function
import HTTP
import Operation

/// /api/api-keys: the workspace's API keys. GET lists the active keys, POST creates a key, DELETE revokes a key.
@main struct APIKeysFunction: Function {
    static let onRequestGet = Handler(.session(.manageAPIKeys)) { context in
        let keys = try context.workspace.apiKeys()
        return .json { $0.field("keys", keys) }
    }

    static let onRequestPost = Handler(
        .session(.manageAPIKeys),
        .required("name", .string(1...100), "A name that says where the key is used."),
        .optional("scope", .oneOf(Scope.self), default: .read, "The operations that the key may call.")
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
        .session(.manageAPIKeys),
        .required("keyId", .uuid, "The key to revoke.")
    ) { context, keyID in
        let revokedAt = try context.workspace.revokeAPIKey(keyID)
        return .json { json in
            json.field("revoked", true)
            json.field("revoked_at", revokedAt)
        }
    }
}
