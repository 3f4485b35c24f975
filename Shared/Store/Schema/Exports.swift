extension Schema {
    /// What lets an export read one workspace's rows in the order of their keys, and go on from any of them.
    ///
    /// The condition, which always holds, keeps these indexes to the queries that state it too: without one, SQLite joined
    /// by them where an analysis looks up single rows, and that took twenty times as long.
    static let exports: [SQL] = [
        "CREATE INDEX identities_by_key ON identities (workspace_id, id)" + everyWorkspace,
        "CREATE INDEX applications_by_key ON applications (workspace_id, id)" + everyWorkspace,
        "CREATE INDEX devices_by_key ON devices (workspace_id, id)" + everyWorkspace,
        "CREATE INDEX findings_by_key ON findings (workspace_id, id)" + everyWorkspace,
    ]

    private static let everyWorkspace: SQL = " WHERE workspace_id <> '00000000-0000-0000-0000-000000000000'"
}
