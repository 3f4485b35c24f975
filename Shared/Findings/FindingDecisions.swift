import Auth
import Base
import HTTP
import Store

// Decisions about findings. Each decision is one UPDATE that names the statuses that it accepts. If two decisions come
// at the same moment, the second one changes no row.
extension Workspace {
    /// Snoozes a finding for a number of days and returns the time at which it opens again by itself.
    /// - Throws: `HTTPError` 404 if the workspace has no such finding, 409 if it is neither open nor in progress.
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

    /// Dismisses a finding for good.
    /// - Throws: `HTTPError` 404 if the workspace has no such finding, 409 if it is neither open nor in progress.
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

    /// Marks a finding as in progress.
    /// - Throws: `HTTPError` 404 if the workspace has no such finding, 409 if it is not open.
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

    /// Adds a star to a finding, in any status, or removes it.
    /// - Throws: `HTTPError` 404 if the workspace has no such finding.
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

    /// Returns the error for a finding that does not belong to this workspace or is in another status. Findings of
    /// other workspaces look the same as findings that don't exist.
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
