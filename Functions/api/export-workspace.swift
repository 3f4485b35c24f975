import Auth
import Base
import Export
import Function
import HTTP
import Operation

/// POST /api/export-workspace: exports the workspace's identities, applications, devices and findings, and if requested
/// its audit log, as JSON, CSV or a workbook. A long export takes several requests.
@main struct ExportWorkspace: Function {
    static let onRequestPost = Handler(
        "export_workspace", .session(.exportWorkspace), "Returns all data of the workspace as JSON, CSV or a workbook.",
        .required("format", .oneOf(ExportFormat.self), "The format of the export."),
        .optional("includeAuditLog", .boolean, default: false, "Include the entries of the audit log."),
        .optional("includeFull", .boolean, default: false, "Include all raw metadata."),
        .optional("cursor", .string(1...200), "The place to continue: the cursor of the previous response."),
        returns: .json(WorkspaceExport.schema)
            .orFile("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
            .header("Content-Disposition", .string, "The name under which a browser saves a CSV file or a workbook.")
            .header("X-Next-Cursor", .string, "The place to continue, if a CSV file or a workbook is not complete."),
        errors: [ExportError.invalidCursor]
    ) { context, format, includesAuditLog, isFull, cursor in
        let file = try WorkspaceExport(
            of: context.workspace, as: format, includesAuditLog: includesAuditLog, isFull: isFull, from: cursor,
            ExportSettings(context.env)
        ).file
        var response = Response.file(contentType: file.contentType, named: file.name, file.write)
        if let cursor = file.nextCursor { response.headers.add("X-Next-Cursor", cursor) }
        return response
    }
}
