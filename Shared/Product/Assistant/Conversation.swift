import Auth
import Base
import Store

/// A conversation of one person in one workspace, with its latest messages.
struct Conversation {
    /// The id with which requests continue the conversation. The client may choose it; otherwise the server does.
    let id: Identifier
    let userID: Identifier
    /// The id of the conversation's row in the store; nil until a first turn is stored.
    fileprivate(set) var rowID: Identifier?
    /// The latest turns that fit, each complete. Empty if the conversation was opened for a turn without the model.
    let history: [Message]

    /// The largest length, in bytes of JSON, of the earlier turns that are sent to the model again: about 40,000
    /// tokens.
    private static let maximumLength = 160_000
    /// The largest number of earlier messages that are sent to the model again.
    private static let maximumCount = 80

    /// Opens the person's conversation with this id. If the person has none, a new one begins with the id, even if
    /// another person has one with it. If `id` is nil, a new one begins with a random id.
    init(_ id: Identifier?, of userID: Identifier, in workspace: Workspace) throws {
        self.id = id ?? .random()
        self.userID = userID
        rowID = try Self.find(self.id, of: userID, in: workspace)
        history = try rowID.map { try Self.history($0, in: workspace) } ?? []
    }

    /// Opens the conversation of a row, for a turn without the model.
    init(row: Identifier, of userID: Identifier, in workspace: Workspace) throws {
        let id = try workspace.first(
            "SELECT client_id FROM chat_sessions WHERE workspace_id = $1 AND id = $2 AND user_id = $3", row, userID
        ) { try $0[0] as Identifier }
        guard let id else { throw AssistantError.invalidConfirmation }
        self.id = id
        self.userID = userID
        rowID = row
        history = []
    }

    private static func find(
        _ id: Identifier, of userID: Identifier, in workspace: Workspace
    ) throws -> Identifier? {
        try workspace.first(
            "SELECT id FROM chat_sessions WHERE workspace_id = $1 AND user_id = $2 AND client_id = $3", userID, id
        ) { try $0[0] }
    }

    private static func history(_ rowID: Identifier, in workspace: Workspace) throws -> [Message] {
        var room = maximumLength
        var newestFirst: [Message] = []
        try workspace.forEachRow(
            """
            SELECT role, content FROM chat_messages WHERE workspace_id = $1 AND session_id = $2
            ORDER BY position DESC LIMIT $3
            """, [rowID, maximumCount]
        ) { row in
            room -= (try row[1] as String).utf8.count
            guard room >= 0, let role = Message.Role(rawValue: try row[0]) else { return room = -1 }
            // Earlier releases stored blank blocks.
            let content = ((try row[1] as JSON).array ?? []).filter { !Message.isBlank($0) }
            newestFirst.append(Message(role: role, content: content.isEmpty ? [Message.text("(No answer.)")] : content))
        }
        // The first messages may be the rest of a turn that did not fit. The API accepts no tool result without its
        // call.
        return Array(newestFirst.reversed().drop { !$0.beginsTurn })
    }

    /// Appends a turn and returns the id of the conversation's row. The caller must hold a transaction that keeps out
    /// other changes.
    @discardableResult
    mutating func keep(
        _ turn: [Message], tokens: Int, in workspace: Workspace, now: Timestamp
    ) throws -> Identifier {
        let rowID = try row(in: workspace, now: now)
        let last = try workspace.first(
            "SELECT max(position) FROM chat_messages WHERE workspace_id = $1 AND session_id = $2", rowID
        ) { try $0[0] as Int? }
        var position = (last ?? nil) ?? -1
        for (index, message) in turn.enumerated() {
            position += 1
            try workspace.execute(
                """
                INSERT INTO chat_messages (workspace_id, id, session_id, position, role, content, tokens_used, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """, Identifier.random(), rowID, position, message.role.rawValue, JSON.array(message.content),
                index == turn.count - 1 ? tokens : nil, now)
        }
        try workspace.execute(
            "UPDATE chat_sessions SET updated_at = $3 WHERE workspace_id = $1 AND id = $2", rowID, now)
        return rowID
    }

    private mutating func row(in workspace: Workspace, now: Timestamp) throws -> Identifier {
        // Another request may have begun the conversation in the meantime.
        if let rowID = try rowID ?? Self.find(id, of: userID, in: workspace) { return rowID }
        let new = Identifier.random()
        try workspace.execute(
            """
            INSERT INTO chat_sessions (workspace_id, id, user_id, client_id, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $5)
            """, new, userID, id, now)
        rowID = new
        return new
    }
}
