public import Auth
public import Base
public import Integrations
import Store

// Decisions about findings. Each decision is one UPDATE that names the statuses that it accepts. If two decisions come
// at the same moment, the second one meets the status that the first has set, and changes no row unless it accepts that
// status.
extension Workspace {
    /// Snoozes a finding for a number of days. Returns the time after which the next housekeeping or analysis opens it
    /// again.
    /// - Throws: `FindingError` if the workspace has no such finding, or if it is neither open nor in progress.
    public func snoozeFinding(
        _ findingID: Identifier, days: Int, reason: String?, now: Timestamp = .now
    ) throws -> Timestamp {
        let end = now + .days(days)
        return try audited {
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

    /// Dismisses a finding for good: an analysis that sees its problem again does not open it.
    /// - Throws: `FindingError` if the workspace has no such finding, or if it is neither open nor in progress.
    public func dismissFinding(_ findingID: Identifier, reason: String?, now: Timestamp = .now) throws {
        try audited {
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
    /// - Throws: `FindingError` if the workspace has no such finding, or if it is not open.
    public func acknowledgeFinding(_ findingID: Identifier, now: Timestamp = .now) throws {
        try audited {
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

    /// Adds a star to a finding in any status, or removes the star.
    /// - Throws: `FindingError` if the workspace has no such finding.
    public func starFinding(_ findingID: Identifier, isStarred: Bool, now: Timestamp = .now) throws {
        try audited {
            let title = try first(
                "UPDATE findings SET is_starred = $3, updated_at = $4 WHERE workspace_id = $1 AND id = $2 RETURNING title",
                findingID, isStarred, now
            ) { try $0[0] as String }
            guard let title else { throw FindingError.unknown }
            let entry = AuditEntry(
                action: isStarred ? "finding.starred" : "finding.unstarred", targetType: "finding",
                targetID: findingID.description, details: ["title": .string(title)], createdAt: now)
            return ((), entry)
        }
    }

    /// Marks a finding as in progress, if it is open, because an action about it has succeeded. The action's audit
    /// entry records this.
    public func takeUpFinding(_ findingID: Identifier, now: Timestamp) throws {
        try execute(
            """
            UPDATE findings SET status = 'in_progress', updated_at = $3
            WHERE workspace_id = $1 AND id = $2 AND status = 'open'
            """, findingID, now)
    }

    /// Returns a finding that is open or in progress. The update changes nothing, but locks the row until the
    /// transaction ends, so that no other decision about the finding is made in the meantime. `participle` is the last
    /// word of the error's sentence, such as `remediated`.
    ///
    /// - Throws: `FindingError` if the workspace has no such finding, or if it is neither open nor in progress.
    public func holdFinding(_ findingID: Identifier, toBe participle: String) throws -> HeldFinding {
        let finding = try first(
            """
            UPDATE findings SET status = status
            WHERE workspace_id = $1 AND id = $2 AND status IN ('open', 'in_progress')
            RETURNING title, action_type, affected_entities, source_integrations, affected_identity_id,
                affected_application_id, affected_device_id, severity
            """, findingID
        ) { row in
            var linked: [EntityType: Identifier] = [:]
            linked[.identity] = try row[4]
            linked[.application] = try row[5]
            linked[.device] = try row[6]
            return HeldFinding(
                title: try row[0], actionType: try row[1], affectedEntities: try row[2],
                sourceIntegrations: try row[3], linked: linked, severity: try row[7])
        }
        guard let finding else { throw try refusal(of: findingID, toBe: participle) }
        return finding
    }

    /// Returns the title of a finding, whatever its status, and the action that its rule recommends.
    ///
    /// - Throws: `FindingError` if the workspace has no such finding.
    public func findingSubject(_ findingID: Identifier) throws -> (title: String, actionType: ActionType?) {
        let subject = try first(
            "SELECT title, action_type FROM findings WHERE workspace_id = $1 AND id = $2", findingID
        ) { (title: try $0[0] as String, actionType: try $0[1] as ActionType?) }
        guard let subject else { throw FindingError.unknown }
        return subject
    }

    /// Returns the error for a finding that does not belong to this workspace or has none of the required statuses.
    /// Findings of other workspaces look the same as findings that don't exist.
    private func refusal(
        of findingID: Identifier, toBe participle: String, from statuses: String = "open or in progress"
    ) throws -> FindingError {
        let status = try first("SELECT status FROM findings WHERE workspace_id = $1 AND id = $2", findingID) {
            try $0[0] as String
        }
        guard let status else { return .unknown }
        return .decided(status, only: statuses, toBe: participle)
    }
}

/// A finding that no other transaction can change until the current one ends.
public struct HeldFinding: Sendable {
    public let title: String
    /// The action that the finding's rule recommends.
    public let actionType: ActionType?
    /// The lists of affected entities, by kind.
    public let affectedEntities: JSON
    /// The list of the platforms whose data showed the problem.
    public let sourceIntegrations: JSON
    /// The ids of the records that the finding is about, by their kind: identity, application or device.
    public let linked: [EntityType: Identifier]
    public let severity: Severity

    /// Creates a finding with these parts.
    public init(
        title: String, actionType: ActionType?, affectedEntities: JSON, sourceIntegrations: JSON,
        linked: [EntityType: Identifier], severity: Severity
    ) {
        self.title = title
        self.actionType = actionType
        self.affectedEntities = affectedEntities
        self.sourceIntegrations = sourceIntegrations
        self.linked = linked
        self.severity = severity
    }
}

extension Workspace {
    /// Resolves the findings of a rule, except dismissed ones, in the transaction of the decision about the rule. Returns
    /// their number.
    public func resolveFindings(ofRule id: String, reason: String, now: Timestamp) throws -> Int {
        let resolved = try rows(
            """
            UPDATE findings SET status = 'resolved', snoozed_until = NULL, reason = $3, resolved_at = $4, updated_at = $4
            WHERE workspace_id = $1 AND rule_id = $2 AND status IN ('open', 'in_progress', 'snoozed')
            RETURNING \(ChangedFinding.columns)
            """, id, reason, now, decode: ChangedFinding.init(row:))
        try announce(OutboundEvent.events(.findingsResolved, resolved, at: now))
        return resolved.count
    }
}
