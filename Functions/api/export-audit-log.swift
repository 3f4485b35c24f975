import Auth
import Export
import Function
import HTTP
import Store

/// POST /api/export-audit-log: exports the audit log of the last 365 days, with the hashes and the signature that
/// reveal later changes.
@main struct ExportAuditLog: Function {
    static let onRequestPost = Handler(.session(.viewAuditLog), plan: .enterprise) { context in
        let file = try AuditLogExport(of: context.workspace, signedBy: AuditSigningKey(context.env)).file
        return .file(contentType: file.contentType, named: file.name, file.write)
    }
}
