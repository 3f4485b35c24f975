extension Schema {
    /// Conversations by the ids that their users know them by, and what a confirmation token confirms.
    static let chat: [SQL] = [
        "ALTER TABLE chat_sessions ADD COLUMN client_id uuid",
        "CREATE UNIQUE INDEX chat_sessions_by_user ON chat_sessions (workspace_id, user_id, client_id)",
        "ALTER TABLE confirmation_tokens ADD COLUMN tool_use_id text",
        """
        CREATE TABLE billing_events (
            id text PRIMARY KEY,
            workspace_id uuid REFERENCES workspaces (id),
            type text NOT NULL,
            created_at timestamptz NOT NULL,
            received_at timestamptz NOT NULL)
        """,
        "ALTER TABLE subscriptions ADD COLUMN event_at timestamptz",
    ]
}
