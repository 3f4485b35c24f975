import Export
import Function
import Store

/// POST /api/export-audit-log: the audit log of the last 365 days, with the hashes and the signature that reveal later
/// changes.
@main struct ExportAuditLog: Function {
    static let onRequestPost = Handler(.session(.viewAuditLog), plan: .enterprise) { context in
        try AuditLogExport(of: context.workspace, signedBy: AuditSigningKey(context.env)).response
    }
}
