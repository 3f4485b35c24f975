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

    /// Takes up a finding: somebody works on it. Throws 404 when the workspace has no such finding, 409 when the finding
    /// is not open.
    public func acknowledgeFinding(_ findingID: Identifier, now: Timestamp = .now) throws {
        try change {
            let title = try first(
                """
                UPDATE findings SET status = 'in_progress', updated_at = $3
                WHERE workspace_id = $1 AND id = $2 AND status = 'open' RETURNING title
                """, findingID, now
            ) { try $0[0] as String }
            guard let title else { throw try refusal(of: findingID, toBe: "acknowledged", from: "open") }
            let entry = AuditEntry(
                action: "finding.acknowledged", targetType: "finding", targetID: findingID.description,
                details: ["title": .string(title)], createdAt: now)
            return ((), entry)
        }
    }

    /// Marks a finding, whatever its status, or takes the mark away. Throws 404 when the workspace has no such finding.
    public func starFinding(_ findingID: Identifier, isStarred: Bool, now: Timestamp = .now) throws {
        try change {
            let title = try first(
                "UPDATE findings SET is_starred = $3, updated_at = $4 WHERE workspace_id = $1 AND id = $2 RETURNING title",
                findingID, isStarred, now
            ) { try $0[0] as String }
            guard let title else { throw Self.unknownFinding }
            let entry = AuditEntry(
                action: isStarred ? "finding.starred" : "finding.unstarred", targetType: "finding",
                targetID: findingID.description, details: ["title": .string(title)], createdAt: now)
            return ((), entry)
        }
    }

    /// Why nothing can be done about a finding that is not both of this workspace and open or in progress. One that is
    /// somebody else's is as unknown as one that does not exist.
    public func refusal(
        of findingID: Identifier, toBe participle: String, from statuses: String = "open or in progress"
    ) throws -> HTTPError {
        let status = try first("SELECT status FROM findings WHERE workspace_id = $1 AND id = $2", findingID) {
            try $0[0] as String
        }
        guard let status else { return Self.unknownFinding }
        return .conflict("This finding is \(status). Only findings that are \(statuses) can be \(participle).")
    }

    private static let unknownFinding = HTTPError.notFound("This finding is not in this workspace.")
}
