public import Base

/// Deletes the data of a workspace.
public enum WorkspaceErasure {
    /// The tables whose rows stay: the workspace's own row and its audit log, and the tables that belong to no
    /// workspace.
    private static let kept: Set = ["workspaces", "audit_log", "audit_heads", "session_key_sets"]

    /// Deletes all rows of a workspace, except its own row and its audit log. Returns the number of deleted rows, not
    /// counting those of tallies and of changes in steps. Call it in a transaction, within `writingInventory`, and only
    /// while no change in steps of the workspace is under way.
    public static func erase(_ workspaceID: Identifier, in database: any Database) throws -> Int {
        var rows = 0
        // Each table comes after those that it refers to.
        for table in Schema.tables.reversed() where !kept.contains(table) {
            rows += try delete(from: table, of: workspaceID, in: database)
        }
        // Triggers have counted all tallies down to zero.
        for tally in Schema.tallies { _ = try delete(from: tally.table.description, of: workspaceID, in: database) }
        // These are the rows as they were before the last change in steps.
        if database is SQLiteDatabase { _ = try delete(from: "unfinished_rows", of: workspaceID, in: database) }
        return rows
    }

    private static func delete(
        from table: String, of workspaceID: Identifier, in database: any Database
    ) throws -> Int {
        try database.execute(SQL(text: "DELETE FROM \(table) WHERE workspace_id = $1"), workspaceID)
    }
}
