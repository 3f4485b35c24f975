/// A table whose rows a change in steps may write (SteppedChange). Each has a column with the workspace, and an index
/// on its key.
struct SteppedTable: Sendable {
    let name: StaticString
    /// The columns that identify a row.
    var key: [StaticString] = ["id"]
    /// Another column whose values are unique within a workspace.
    var unique: StaticString?

    /// Returns an SQL expression for the key of a row as one text.
    func key(of row: String) -> String { key.map { "\(row).\($0)" }.joined(separator: " || ' ' || ") }

    /// Returns SQL expressions that split a text made by `key(of:)` into the columns of the key. If there are two
    /// columns, the first is an identifier, which has 36 characters.
    func parts(of text: String) -> String {
        key.count == 1 ? text : "substr(\(text), 1, 36), substr(\(text), 38)"
    }
}

extension Schema {
    /// The tables of the inventory, except the integrations. Each table comes after those of the list that it refers
    /// to.
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

    /// The tables of the unfinished change in a workspace, and of the rows that it has written, in their former
    /// versions. `before` is null if the row did not exist. After the change has ended, its rows are deleted.
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
