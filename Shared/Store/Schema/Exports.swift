extension Schema {
    /// What lets an export read one workspace's rows in the order of their keys, and go on from any of them.
    static let exports: [SQL] = [
        "CREATE INDEX identities_by_key ON identities (workspace_id, id)",
        "CREATE INDEX applications_by_key ON applications (workspace_id, id)",
        "CREATE INDEX devices_by_key ON devices (workspace_id, id)",
        "CREATE INDEX findings_by_key ON findings (workspace_id, id)",
    ]
}
