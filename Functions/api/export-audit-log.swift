import Auth
import Base
import Export
import Function
import HTTP
import Store

/// POST /api/export-audit-log: exports the audit log of the last 365 days, with the hashes and the signature that
/// reveal later changes.
@main struct ExportAuditLog: Function {
    static let onRequestPost = Handler(
        "export_audit_log", .session(.viewAuditLog), plan: .enterprise,
        "Returns the audit log of the last 365 days, with the hashes and the signature that reveal later changes.",
        returns: .json(AuditLogExport.schema)
            .header("Content-Disposition", .string, "The name under which a browser saves the file.")
    ) { context in
        let file = try AuditLogExport(of: context.workspace, signedBy: AuditSigningKey(context.env)).file
        return .file(contentType: file.contentType, named: file.name, file.write)
    }
}
