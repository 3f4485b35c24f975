extension Schema {
    /// Indexes by which an export reads a workspace's rows in the order of their keys, and continues after any of them.
    ///
    /// The condition is true for every workspace. Its purpose is that only queries that state it too use these indexes.
    /// Without it, SQLite used them for joins of the analysis that look up single rows, which took twenty times as
    /// long.
    static let exports: [SQL] = [
        "CREATE INDEX identities_by_key ON identities (workspace_id, id)" + everyWorkspace,
        "CREATE INDEX applications_by_key ON applications (workspace_id, id)" + everyWorkspace,
        "CREATE INDEX devices_by_key ON devices (workspace_id, id)" + everyWorkspace,
        "CREATE INDEX findings_by_key ON findings (workspace_id, id)" + everyWorkspace,
    ]

    private static let everyWorkspace: SQL = " WHERE workspace_id <> '00000000-0000-0000-0000-000000000000'"
}
