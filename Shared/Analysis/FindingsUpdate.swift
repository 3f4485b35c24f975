import Auth
import Base
import Findings
import Store

/// Updates the stored findings with the results of a run.
struct FindingsUpdate {
    private let workspace: Workspace
    private let now: Timestamp
    private var seen = 0
    private var resolved: [Identifier] = []
    private var reopened: [Identifier] = []
    private let resolvedBefore: [String: Identifier]
    // The ids of sanctioned applications. They include decisions that were made while the rules ran, so a finding that
    // such a decision has resolved stays resolved.
    private let sanctioned: Set<String>
    // The ids of the applications among these that an API key has sanctioned.
    private let sanctionedByProgram: Set<String>

    /// Creates an update in the transaction in which it will write.
    init(_ workspace: Workspace, now: Timestamp) throws {
        self.workspace = workspace
        self.now = now
        let resolved = try workspace.rows(
            "SELECT finding_key, id FROM findings WHERE workspace_id = $1 AND status = 'resolved'"
        ) { row in (try row[0] as String, try row[1] as Identifier) }
        resolvedBefore = Dictionary(resolved) { first, _ in first }
        let policies = try workspace.rows(
            """
            SELECT applications.id, app_policies.updated_by FROM app_policies JOIN applications
                ON applications.workspace_id = app_policies.workspace_id
                    AND applications.name_folded = app_policies.app_name_folded
            WHERE app_policies.workspace_id = $1 AND app_policies.status = 'sanctioned'
            """
        ) { row in (application: row.text(0), decider: try row[1] as String? ?? "") }
        sanctioned = Set(policies.map(\.application))
        sanctionedByProgram = Set(policies.filter { Caller.isAPIKey(label: $0.decider) }.map(\.application))
    }

    /// The details for the audit log.
    var details: [String: JSON] {
        [
            "findings_seen": .integer(seen),
            "resolved_findings": .array(resolved.map { .string($0.description) }),
            "reopened_findings": .array(reopened.map { .string($0.description) }),
        ]
    }

    /// Stores the results of one rule. A person's decision about a finding stays; a resolved finding opens again. If a
    /// sync has deleted an affected entity in the meantime, the finding names it without a reference.
    mutating func write(_ detections: [Detection]) throws {
        for detection in detections where !isSanctioned(detection) {
            if let id = resolvedBefore[detection.key] { reopened.append(id) }
            seen += 1
            try workspace.execute(
                """
                INSERT INTO findings (workspace_id, id, finding_key, rule_id, category, title, severity, severity_rank,
                    status, affected_entities, affected_count, affected_identity_id, affected_application_id,
                    affected_device_id, recommended_action, action_type, source_integrations, confidence, created_at,
                    updated_at, last_seen_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10,
                    (SELECT id FROM identities WHERE workspace_id = $1 AND id = $11),
                    (SELECT id FROM applications WHERE workspace_id = $1 AND id = $12),
                    (SELECT id FROM devices WHERE workspace_id = $1 AND id = $13),
                    $14, $15, $16, $17, $18, $18, $18)
                ON CONFLICT (workspace_id, finding_key) DO UPDATE SET
                    title = excluded.title, severity = excluded.severity, severity_rank = excluded.severity_rank,
                    affected_entities = excluded.affected_entities, affected_count = excluded.affected_count,
                    affected_identity_id = excluded.affected_identity_id,
                    affected_application_id = excluded.affected_application_id,
                    affected_device_id = excluded.affected_device_id,
                    recommended_action = excluded.recommended_action, action_type = excluded.action_type,
                    source_integrations = excluded.source_integrations, confidence = excluded.confidence,
                    status = CASE WHEN findings.status = 'resolved' THEN 'open' ELSE findings.status END,
                    reason = CASE WHEN findings.status = 'resolved' THEN NULL ELSE findings.reason END,
                    resolved_at = NULL, missed_runs = 0, missed_at = NULL, last_seen_at = excluded.last_seen_at,
                    updated_at = CASE WHEN findings.title = excluded.title AND findings.severity = excluded.severity
                        AND findings.status <> 'resolved' THEN findings.updated_at ELSE excluded.updated_at END
                """, Identifier.random(), detection.key, detection.rule.id, detection.rule.category, detection.title,
                detection.severity, detection.severity.rank, detection.affectedEntities, detection.affectedCount,
                detection.identityID, detection.applicationID, detection.deviceID, detection.rule.recommendedAction,
                detection.rule.action, JSON.array(detection.sources.map { .string($0) }), detection.rule.confidence, now
            )
        }
    }

    private func isSanctioned(_ detection: Detection) -> Bool {
        detection.rule.category == .shadowIT && detection.applicationID.map(sanctioned.contains) == true
    }

    /// Returns true if an API key has sanctioned one of the entities' applications, which may be the only reason why
    /// the finding is no longer seen.
    private func hidesSanctioned(_ entities: JSON) -> Bool {
        guard !sanctionedByProgram.isEmpty else { return false }
        return (entities["applications"]?.array ?? []).contains {
            $0["id"]?.string.map(sanctionedByProgram.contains) == true
        }
    }

    /// Resolves the findings of these rules that two runs in a row have not seen. A run counts only if every platform
    /// from which the finding comes has synced since the run before it.
    mutating func resolveUnseen(rules: [Rule], sources: ConnectedSources) throws {
        let able = Set(rules.map(\.id))
        let synced = sources.lastSyncs
        let unseen = try workspace.rows(
            """
            SELECT id, rule_id, source_integrations, missed_runs, missed_at, last_seen_at, affected_entities
            FROM findings
            WHERE workspace_id = $1 AND status IN ('open', 'in_progress', 'snoozed') AND last_seen_at < $2
            """, now
        ) { row in
            (
                id: try row[0] as Identifier, ruleID: try row[1] as String, sources: try row[2] as JSON,
                missedRuns: try row[3] as Int, since: try row[4] as Timestamp? ?? row[5] as Timestamp,
                entities: try row[6] as JSON
            )
        }
        for finding in unseen where able.contains(finding.ruleID) {
            let platforms = finding.sources.array?.compactMap(\.string) ?? []
            guard platforms.allSatisfy({ synced[$0].map { $0 > finding.since } ?? false }) else { continue }
            if finding.missedRuns >= 1 {
                try workspace.execute(
                    """
                    UPDATE findings SET status = 'resolved', resolved_at = $3, updated_at = $3, missed_at = $3,
                        snoozed_until = NULL, missed_runs = missed_runs + 1, reason = coalesce($4, reason)
                    WHERE workspace_id = $1 AND id = $2
                    """, finding.id, now, hidesSanctioned(finding.entities) ? SanctionReason.program : nil)
                resolved.append(finding.id)
            } else {
                try workspace.execute(
                    "UPDATE findings SET missed_runs = 1, missed_at = $3 WHERE workspace_id = $1 AND id = $2",
                    finding.id,
                    now)
            }
        }
    }
}
