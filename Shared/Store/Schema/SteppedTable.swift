/// A table whose rows a change in steps may write (SteppedChange). Each has an index over its key, and a workspace in
/// each row.
struct SteppedTable: Sendable {
    let name: StaticString
    /// The columns that tell a row from the others.
    var key: [StaticString] = ["id"]
    /// A column that no two rows of a workspace have in common, beside the key.
    var unique: StaticString?

    /// The key of a row as one text.
    func key(of row: String) -> String { key.map { "\(row).\($0)" }.joined(separator: " || ' ' || ") }

    /// The parts of such a text. The first of two is an identifier.
    func parts(of text: String) -> String {
        key.count == 1 ? text : "substr(\(text), 1, 36), substr(\(text), 38)"
    }
}

extension Schema {
    /// The inventory, parents before what refers to them.
    static let steppedTables = [
        SteppedTable(name: "identities", unique: "email"),
        SteppedTable(name: "accounts"),
        SteppedTable(name: "account_links", key: ["account_id", "email"]),
        SteppedTable(name: "applications"),
        SteppedTable(name: "entitlements"),
        SteppedTable(name: "oauth_grants"),
        SteppedTable(name: "access_keys"),
        SteppedTable(name: "devices"),
        SteppedTable(name: "audit_events"),
    ]

    /// The change in steps that is under way in a workspace, and its rows as they were before; without `before`, there
    /// was no such row. The rows of a change that is over go after it.
    static let steppedChanges = [
        """
        CREATE TABLE unfinished_changes (
            workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
            id uuid NOT NULL,
            owner uuid NOT NULL,
            is_undone boolean NOT NULL DEFAULT false)
        """,
        """
        CREATE TABLE unfinished_rows (
            workspace_id uuid NOT NULL,
            table_name text NOT NULL,
            row_key text NOT NULL,
            before text,
            PRIMARY KEY (workspace_id, table_name, row_key)) WITHOUT ROWID
        """,
    ]
}
