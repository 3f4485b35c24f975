import Export
import Function

/// POST /api/export-audit-log: the audit log of the last 365 days, with the hashes that show whether it was tampered with.
@main struct ExportAuditLog: Function {
    static let onRequestPost = Handler(.session(.viewAuditLog), plan: .enterprise) { context in
        try AuditLogExport(of: context.workspace).response
    }
}
