public import Auth
public import Base
public import Store

/// The export of a workspace's audit log: the entries of the last 365 days, each with its hashes, and a signature that
/// covers all of them.
public struct AuditLogExport {
    /// The length of the exported period, in seconds.
    public static let period = Int.days(365)

    private let workspace: Workspace
    private let exportedAt: Timestamp
    private let key: AuditSigningKey

    /// Creates the export and writes its audit entry, which the export contains too.
    public init(of workspace: Workspace, signedBy key: AuditSigningKey, now: Timestamp = .now) throws {
        self.workspace = workspace
        self.key = key
        exportedAt = now
        try workspace.audited {
            let entry = AuditEntry(
                action: "audit_log.exported", targetType: "workspace", targetID: workspace.id.description,
                createdAt: now)
            return ((), entry)
        }
    }

    /// The export as a JSON file, which is written while it is sent.
    public var file: ExportFile {
        let export = self
        return .json(named: "audit-log-\(exportedAt.description.prefix(10)).json") { json, sink in
            try export.write(to: &json, sink)
        }
    }

    // The chain from the first entry of the period on. It is selected by sequence number, so that clocks can't leave a
    // gap in it.
    private static let entries: SQL = """
         FROM audit_log WHERE workspace_id = $1 AND sequence_number >= (SELECT min(sequence_number) FROM audit_log
            WHERE workspace_id = $1 AND created_at >= $2)
        """

    private func write(to json: inout JSONWriter, _ sink: ExportFile.Sink) throws {
        let start = exportedAt - Self.period
        try workspace.read {
            let count = try workspace.first("SELECT count(*)" + Self.entries, start) { try $0[0] as Int } ?? 0
            json.field("exported_at", exportedAt)
            json.field("workspace_id", workspace.id)
            json.field("total_entries", count)
            json.name("entries")
            var ends: AuditExportHead.Ends?
            try json.array { json in
                let query: SQL = """
                    SELECT id, user_id, action, actor_email, target_type, target_id, details, content_hash, created_at,
                        sequence_number, prev_hash, row_hash, hash_version
                    """
                try workspace.stream(query + Self.entries + " ORDER BY sequence_number", start) { row in
                    try json.object { try write(row, to: &$0) }
                    try json.flush(to: sink)
                    let (sequence, hash) = (try row[9] as Int, try row[11] as String)
                    ends = .init(first: ends?.first ?? sequence, last: sequence, rowHash: hash)
                }
            }
            let head = AuditExportHead(
                workspaceID: workspace.id.description, exportedAt: exportedAt.description, count: count, ends: ends)
            json.field("signature", try head.signature(by: key))
        }
    }

    /// The schema of the file.
    public static var schema: JSONSchema {
        let hash = JSONSchema.string(pattern: "^[0-9a-f]{64}$")
            .example(.string(String(repeating: "0a", count: 32)))
        let entry = JSONSchema.object(
            .field("id", .uuid, "The entry's id."),
            .field("workspace_id", .uuid, "The workspace."),
            .field("user_id", .uuid.orNull, "The member who acted; null if it was not a member."),
            .field("action", .string, "The action, such as finding.snoozed."),
            .field("actor_email", .string.orNull, "The e-mail address or the name of the one who acted."),
            .field("target_type", .string.orNull, "The kind of the record that was changed."),
            .field("target_id", .string.orNull, "The id of the record that was changed."),
            .field("details", .anything, "The details, which depend on the action."),
            .field("content_hash", hash, "The SHA-256 hash of the entry's content."),
            .field("created_at", .timestamp, "The time of the action."),
            .field("sequence_number", .count, "The entry's place in the workspace's chain."),
            .field("prev_hash", .string, "The row_hash of the entry before; empty for the first one."),
            .field("row_hash", .string, "The hash of the content and of prev_hash."),
            .field("hash_version", .integer, "The version of the form that is hashed."))
        return .object(
            .field("exported_at", .timestamp, "The time of the export."),
            .field("workspace_id", .uuid, "The workspace."),
            .field("total_entries", .count, "The number of entries."),
            .field("entries", .array(of: entry), "The entries of the last 365 days, oldest first."),
            .field("signature", AuditExportHead.signatureSchema, "The signature over the export."))
    }

    private func write(_ row: any Row, to json: inout JSONWriter) throws {
        json.field("id", try row[0] as String)
        json.field("workspace_id", workspace.id)
        json.field("user_id", try row[1] as String?)
        json.field("action", try row[2] as String)
        json.field("actor_email", try row[3] as String?)
        json.field("target_type", try row[4] as String?)
        json.field("target_id", try row[5] as String?)
        json.field("details", JSONText(row.text(6)))
        json.field("content_hash", try row[7] as String)
        json.field("created_at", try row[8] as String)
        json.field("sequence_number", try row[9] as Int)
        json.field("prev_hash", try row[10] as String)
        json.field("row_hash", try row[11] as String)
        json.field("hash_version", try row[12] as Int)
    }
}
