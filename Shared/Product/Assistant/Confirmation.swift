public import Auth
public import Base
import Crypto
import Operation
import Store

/// The content of a confirmation token: one call of one tool, proposed to one person in one conversation. If any part
/// of it differs, the token is not valid.
struct Confirmation {
    let workspaceID: Identifier
    let userID: Identifier
    /// The id of the conversation's row.
    let sessionID: Identifier
    let toolUseID: String
    let toolName: String
    let input: JSON
    /// The target that the input named when it was proposed: the platform, and our id of the record.
    let target: String
    /// True if the proposing request named its conversation. The confirming request must then name it too.
    let namesSession: Bool
    /// The person's message, which is sent again with the token.
    let message: String
    let expiresAt: Timestamp

    /// Returns a new token.
    func token(_ key: Secret) -> String { ConfirmationToken.make(for: content, key) }

    /// Returns true if a token was made of this content with the key.
    func isFor(_ token: [UInt8], _ key: Secret) -> Bool { ConfirmationToken.isValid(token, for: content, key) }

    private var content: [String: JSON] {
        [
            "workspace": .string(workspaceID.description), "user": .string(userID.description),
            "session": .string(sessionID.description), "id": .string(toolUseID), "tool": .string(toolName),
            "input": input, "target": .string(target), "names_session": .bool(namesSession),
            "message": .string(message), "expires_at": .string(expiresAt.description),
        ]
    }
}

extension Workspace {
    /// Stores a token's hash and content, without the person's message.
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

    /// Uses up a token and returns its content. If two requests use it at the same time, only one succeeds.
    /// - Throws: `AssistantError` if the token is unknown, used, expired, altered or another person's, or if `message`
    ///   is another one.
    func useConfirmation(
        _ token: String, of userID: Identifier, message: String, key: Secret, now: Timestamp
    ) throws -> Confirmation {
        guard let bytes = Base64.urlSafe.decode(token) else { throw AssistantError.invalidConfirmation }
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
        // The row alone proves nothing. The token counts only if its HMAC matches the row and the message.
        guard let confirmation, confirmation.isFor(bytes, key) else { throw AssistantError.invalidConfirmation }
        return confirmation
    }
}

extension Workspace {
    /// Deletes the tokens of confirmations that expired more than a day ago.
    public func pruneConfirmations(now: Timestamp) throws {
        try execute("DELETE FROM confirmation_tokens WHERE workspace_id = $1 AND expires_at < $2", now - .days(1))
    }
}
