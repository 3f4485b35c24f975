import Export
import Function

/// POST /api/export-workspace: all that the workspace knows, as JSON, CSV or a workbook.
@main struct ExportWorkspace: Function {
    static let onRequestPost = Handler(
        .session(.exportWorkspace),
        .required("format", .oneOf(ExportFormat.self), "What to write."),
        .optional("includeAuditLog", .boolean, default: false, "Whether to include the entries of the audit log."),
        .optional("includeFull", .boolean, default: false, "Whether to include all raw metadata."),
        .optional("cursor", .string(1...200), "Where to go on: what the response before this one named.")
    ) { context, format, includesAuditLog, isFull, cursor in
        try WorkspaceExport(
            of: context.workspace, as: format, includesAuditLog: includesAuditLog, isFull: isFull, from: cursor,
            ExportSettings(context.env)
        ).response
    }
}
