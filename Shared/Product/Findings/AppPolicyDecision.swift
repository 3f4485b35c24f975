public import Auth
public import Base
import Integrations
public import Store

/// The reasons for which a finding about a sanctioned application is resolved.
public enum SanctionReason: String, SQLEnum, Sendable {
    case person = "The application was sanctioned."
    /// The problem may still exist, and no person has judged it. For approvals of actions, the finding counts as if it
    /// were open.
    case program = "An API key sanctioned the application."
}

extension Workspace {
    /// Decides about an application, by its name in upper or lower case, even if the workspace does not know it.
    /// Returns the new policy. Sanctioning an application resolves its shadow-IT findings, except dismissed ones.
    /// `decider` is the label of the person or key that decides, if that is not the caller.
    public func setAppPolicy(
        _ status: AppPolicy.Status, appName: String, by decider: String? = nil, now: Timestamp = .now
    ) throws -> AppPolicy {
        let folded = appName.lowercased()
        return try audited {
            let before = try appPolicy(appName: appName)
            switch status {
            case .undecided:
                try execute("DELETE FROM app_policies WHERE workspace_id = $1 AND app_name_folded = $2", folded)
            case .sanctioned, .unauthorized, .blocked:
                try execute(
                    """
                    INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_by, updated_at)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT (workspace_id, app_name_folded) DO UPDATE SET
                        status = excluded.status, updated_by = excluded.updated_by, updated_at = excluded.updated_at
                    """, before.appName, folded, status, decider ?? actor, now)
            }
            var entry = AuditEntry(
                action: "app_policy.set", targetType: "application", targetID: try applicationID(folded),
                details: [
                    "app_name": .string(before.appName), "status": .string(status.rawValue),
                    "previous_status": .string(before.status.rawValue),
                ], createdAt: now)
            if status == .sanctioned {
                // All findings share one entry. An entry for each would suggest that a person had looked at each
                // finding.
                let resolved = try resolveShadowIT(
                    folded, Caller.isAPIKey(label: decider ?? actor) ? .program : .person, now: now)
                entry.details["resolved_findings"] = .array(resolved.map { .string($0.id.description) })
                try announce(OutboundEvent.events(.findingsResolved, resolved, at: now))
            }
            return (try appPolicy(appName: appName), entry)
        }
    }

    /// Resolves the shadow-IT findings, except dismissed ones, about the applications with this name, which may come
    /// from several platforms. Returns the findings that it resolves. If a person decides, the findings that an API
    /// key's decision resolved earlier get the person's reason.
    private func resolveShadowIT(
        _ folded: String, _ reason: SanctionReason, now: Timestamp
    ) throws -> [ChangedFinding] {
        if reason == .person {
            // A person has now judged the findings that a program resolved earlier.
            try execute(
                """
                UPDATE findings SET reason = $3, updated_at = $4
                WHERE workspace_id = $1 AND status = 'resolved' AND reason = $5 AND affected_application_id IN (
                    SELECT id FROM applications WHERE workspace_id = $1 AND name_folded = $2)
                """, folded, reason, now, SanctionReason.program)
        }
        return try rows(
            """
            UPDATE findings SET status = 'resolved', snoozed_until = NULL, reason = $4, resolved_at = $3, updated_at = $3
            WHERE workspace_id = $1 AND category = 'shadow_it' AND status IN ('open', 'in_progress', 'snoozed')
                AND affected_application_id IN (
                    SELECT id FROM applications WHERE workspace_id = $1 AND name_folded = $2)
            RETURNING \(ChangedFinding.columns)
            """, folded, now, reason, decode: ChangedFinding.init(row:))
    }

    /// Returns the id of the application with this name that was seen first; nil if the workspace knows none.
    private func applicationID(_ folded: String) throws -> String? {
        try first(
            """
            SELECT id FROM applications WHERE workspace_id = $1 AND name_folded = $2
            ORDER BY first_seen_at, id LIMIT 1
            """, folded
        ) { try $0[0] as Identifier }?.description
    }
}
