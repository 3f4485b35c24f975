import Auth
import Base
import Crypto
import HTTP
import Store

/// What a confirmation token stands for: one call of one tool, proposed to one person in one conversation. Whatever of it
/// is another, the token does not hold.
struct Confirmation {
    /// Seconds for which a token holds.
    static let lifetime = 300

    let workspaceID: Identifier
    let userID: Identifier
    /// The conversation's row.
    let sessionID: Identifier
    let toolUseID: String
    let toolName: String
    let input: JSON
    /// What the input meant when it was proposed: the platform, and the entity's id there.
    let target: String
    /// Whether the request named its conversation, so that the same request does.
    let namesSession: Bool
    /// The message that led to it, which is sent again with the token.
    let message: String
    let expiresAt: Timestamp

    /// One answer for every token that does not hold: it does not say why.
    static let refusal = HTTPError.notFound("The confirmation token has expired or is not valid.")

    /// A new token: 16 random bytes, and an HMAC over them and all that it stands for.
    func token(_ key: Secret) -> String {
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<16).map { _ in generator.next() as UInt8 }
        return Base64.urlSafe.encode(nonce + authenticator(nonce, key))
    }

    /// Whether a token is for this.
    func isFor(_ token: [UInt8], _ key: Secret) -> Bool {
        token.count == 48 && constantTimeEqual(authenticator(Array(token.prefix(16)), key), Array(token.dropFirst(16)))
    }

    private func authenticator(_ nonce: [UInt8], _ key: Secret) -> [UInt8] {
        let content: JSON = [
            "nonce": .string(Hex.encode(nonce)), "workspace": .string(workspaceID.description),
            "user": .string(userID.description), "session": .string(sessionID.description),
            "id": .string(toolUseID), "tool": .string(toolName), "input": input, "target": .string(target),
            "names_session": .bool(namesSession), "message": .string(message),
            "expires_at": .string(expiresAt.description),
        ]
        return key.reveal { hmacSHA256(JSONWriter.bytes(content), key: Array($0.utf8)) }
    }
}

extension Workspace {
    /// Remembers that a token was given out, by its hash.
    func keep(_ confirmation: Confirmation, token: String, now: Timestamp) throws {
        try execute(
            """
            INSERT INTO confirmation_tokens (workspace_id, token_hash, session_id, user_id, tool_use_id, tool_name,
                tool_input, target, names_session, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """, SHA256.hash(Array(token.utf8)), confirmation.sessionID, confirmation.userID, confirmation.toolUseID,
            confirmation.toolName, confirmation.input, confirmation.target, confirmation.namesSession, now,
            confirmation.expiresAt)
    }

    /// Uses up a token, and says what it stands for. Of two who use it at once, one does. Throws 404 when it does not
    /// hold: unknown, used, expired, altered, or another's.
    func useConfirmation(
        _ token: String, of userID: Identifier, message: String, key: Secret, now: Timestamp
    ) throws -> Confirmation {
        guard let bytes = Base64.urlSafe.decode(token) else { throw Confirmation.refusal }
        let confirmation = try first(
            """
            UPDATE confirmation_tokens SET used_at = $4
            WHERE workspace_id = $1 AND token_hash = $2 AND user_id = $3 AND used_at IS NULL AND expires_at > $4
            RETURNING session_id, tool_use_id, tool_name, tool_input, target, names_session, expires_at
            """, SHA256.hash(Array(token.utf8)), userID, now
        ) { row in
            Confirmation(
                workspaceID: id, userID: userID, sessionID: try row[0], toolUseID: try row[1], toolName: try row[2],
                input: try row[3], target: try row[4], namesSession: try row[5], message: message,
                expiresAt: try row[6])
        }
        // The row alone proves nothing: what is done is what the key vouches for.
        guard let confirmation, confirmation.isFor(bytes, key) else { throw Confirmation.refusal }
        return confirmation
    }
}
