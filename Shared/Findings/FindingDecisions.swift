import Auth
import Base
import HTTP
import Store

// What people decide about a finding. Each decision is one UPDATE that names the statuses it takes: of two that come at
// the same moment, the second changes no row.
extension Workspace {
    /// Puts a finding off for so many days, and says until when; then it opens again by itself. Throws 404 when the
    /// workspace has no such finding, 409 when the finding is neither open nor in progress.
    public func snoozeFinding(
        _ findingID: Identifier, days: Int, reason: String?, now: Timestamp = .now
    ) throws -> Timestamp {
        let end = now + .days(days)
        return try change {
            let title = try first(
                """
                UPDATE findings SET status = 'snoozed', snoozed_until = $3, reason = $4, updated_at = $5
                WHERE workspace_id = $1 AND id = $2 AND status IN ('open', 'in_progress')
                RETURNING title
                """, findingID, end, reason, now
            ) { try $0[0] as String }
            guard let title else { throw try refusal(of: findingID, toBe: "snoozed") }
            var entry = AuditEntry(
                action: "finding.snoozed", targetType: "finding", targetID: findingID.description,
                details: [
                    "title": .string(title), "days": .integer(days), "snoozed_until": .string(end.description),
                ], createdAt: now)
            entry.details["reason"] = reason.map(JSON.string)
            return (end, entry)
        }
    }

    /// Sets a finding aside for good. Throws 404 when the workspace has no such finding, 409 when the finding is neither
    /// open nor in progress.
    public func dismissFinding(_ findingID: Identifier, reason: String?, now: Timestamp = .now) throws {
        try change {
            let title = try first(
                """
                UPDATE findings SET status = 'dismissed', snoozed_until = NULL, reason = $3, updated_at = $4
                WHERE workspace_id = $1 AND id = $2 AND status IN ('open', 'in_progress')
                RETURNING title
                """, findingID, reason, now
            ) { try $0[0] as String }
            guard let title else { throw try refusal(of: findingID, toBe: "dismissed") }
            var entry = AuditEntry(
                action: "finding.dismissed", targetType: "finding", targetID: findingID.description,
                details: ["title": .string(title)], createdAt: now)
            entry.details["reason"] = reason.map(JSON.string)
            return ((), entry)
        }
    }

    /// Why nothing can be done about a finding that is not both of this workspace and open or in progress. One that is
    /// somebody else's is as unknown as one that does not exist.
    public func refusal(of findingID: Identifier, toBe participle: String) throws -> HTTPError {
        let status = try first("SELECT status FROM findings WHERE workspace_id = $1 AND id = $2", findingID) {
            try $0[0] as String
        }
        guard let status else { return .notFound("This finding is not in this workspace.") }
        return .conflict(
            "This finding is \(status). Only findings that are open or in progress can be \(participle).")
    }
}
