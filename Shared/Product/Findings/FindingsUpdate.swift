public import Auth
public import Base
public import Integrations
import Store

/// A problem that a run of the analysis has found. It becomes one finding.
public struct FoundProblem: Sendable {
    /// The key that identifies the finding in the workspace. It is the same in every run.
    public let key: String
    public let ruleID: String
    public let category: Category
    public let severity: Severity
    /// The sentence that describes the problem.
    public let title: String
    /// The lists of affected entities, by kind.
    public let affectedEntities: JSON
    public let affectedCount: Int
    /// The ids of the identity, the application and the device that the finding is about, each only if there is a
    /// single one.
    public let identityID: String?
    public let applicationID: String?
    public let deviceID: String?
    public let recommendedAction: String
    public let actionType: ActionType?
    /// The platforms whose data showed the problem.
    public let sources: [String]
    /// The confidence of the rule, from 0 to 1.
    public let confidence: Double

    /// Creates a problem with these parts.
    public init(
        key: String, ruleID: String, category: Category, severity: Severity, title: String, affectedEntities: JSON,
        affectedCount: Int, identityID: String?, applicationID: String?, deviceID: String?, recommendedAction: String,
        actionType: ActionType?, sources: [String], confidence: Double
    ) {
        self.key = key
        self.ruleID = ruleID
        self.category = category
        self.severity = severity
        self.title = title
        self.affectedEntities = affectedEntities
        self.affectedCount = affectedCount
        self.identityID = identityID
        self.applicationID = applicationID
        self.deviceID = deviceID
        self.recommendedAction = recommendedAction
        self.actionType = actionType
        self.sources = sources
        self.confidence = confidence
    }
}

/// Updates the stored findings with the results of a run.
public struct FindingsUpdate {
    private let workspace: Workspace
    private let now: Timestamp
    private var seen = 0
    private(set) var opened: [ChangedFinding] = []
    private var resolved: [ChangedFinding] = []
    private var reopened: [ChangedFinding] = []
    private let resolvedBefore: [String: Identifier]
    // The ids of sanctioned applications, including those that were sanctioned while the rules ran, so that a shadow-IT
    // finding that such a decision has resolved stays resolved.
    private let sanctioned: Set<String>
    // The ids of the applications among these that an API key has sanctioned.
    private let sanctionedByProgram: Set<String>

    /// Creates an update in the transaction in which it will write.
    public init(_ workspace: Workspace, now: Timestamp) throws {
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

    /// The details for the audit log: the number of findings seen, and the ids of those that were resolved or reopened.
    public var details: [String: JSON] {
        [
            "findings_seen": .integer(seen),
            "resolved_findings": .array(resolved.map { .string($0.id.description) }),
            "reopened_findings": .array(reopened.map { .string($0.id.description) }),
        ]
    }

    /// Queues the events about the changes for the workspace's webhook. It is called once, after the last change.
    public func announce() throws {
        try workspace.announce(
            OutboundEvent.events(.findingsOpened, opened, at: now)
                + OutboundEvent.events(.findingsReopened, reopened, at: now)
                + OutboundEvent.events(.findingsResolved, resolved, at: now))
    }

    /// Stores the results of one rule, except shadow IT whose application is sanctioned. The status of a known finding
    /// stays, but a resolved finding opens again. If a sync has deleted the finding's subject in the meantime, the
    /// finding lists it without a reference.
    public mutating func write(_ problems: [FoundProblem]) throws {
        for problem in problems where !isSanctioned(problem) {
            if let id = resolvedBefore[problem.key] { reopened.append(ChangedFinding(id, problem)) }
            seen += 1
            let id = Identifier.random()
            let stored = try workspace.first(
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
                RETURNING id
                """, id, problem.key, problem.ruleID, problem.category, problem.title,
                problem.severity, problem.severity.rank, problem.affectedEntities, problem.affectedCount,
                problem.identityID, problem.applicationID, problem.deviceID, problem.recommendedAction,
                problem.actionType, JSON.array(problem.sources.map { .string($0) }), problem.confidence, now
            ) { try $0[0] as Identifier }
            if stored == id { opened.append(ChangedFinding(id, problem)) }
        }
    }

    private func isSanctioned(_ problem: FoundProblem) -> Bool {
        problem.category == .shadowIT && problem.applicationID.map(sanctioned.contains) == true
    }

    /// Returns true if an API key has sanctioned one of the entities' applications, which may be the only reason why
    /// the finding is no longer seen.
    private func hidesSanctioned(_ entities: JSON) -> Bool {
        guard !sanctionedByProgram.isEmpty else { return false }
        return AffectedEntities.applications.list(in: entities).contains {
            $0["id"]?.string.map(sanctionedByProgram.contains) == true
        }
    }

    /// Resolves the findings of these rules, except dismissed ones, that two runs have missed since they were last
    /// seen. A run counts as a miss only if every platform from which the finding comes is connected and has synced
    /// since the finding was last seen or missed.
    ///
    /// - Parameter lastSyncs: The time of the last successful sync of each connected platform.
    public mutating func resolveUnseen(ruleIDs able: Set<String>, lastSyncs synced: [String: Timestamp]) throws {
        let unseen = try workspace.rows(
            """
            SELECT \(ChangedFinding.columns), source_integrations, missed_runs, missed_at, last_seen_at, affected_entities
            FROM findings
            WHERE workspace_id = $1 AND status IN ('open', 'in_progress', 'snoozed') AND last_seen_at < $2
            """, now
        ) { row in
            (
                finding: try ChangedFinding(row: row), sources: try row[5] as JSON, missedRuns: try row[6] as Int,
                since: try row[7] as Timestamp? ?? row[8] as Timestamp, entities: try row[9] as JSON
            )
        }
        for finding in unseen where able.contains(finding.finding.ruleID) {
            let platforms = finding.sources.array?.compactMap(\.string) ?? []
            guard platforms.allSatisfy({ synced[$0].map { $0 > finding.since } ?? false }) else { continue }
            if finding.missedRuns >= 1 {
                try workspace.execute(
                    """
                    UPDATE findings SET status = 'resolved', resolved_at = $3, updated_at = $3, missed_at = $3,
                        snoozed_until = NULL, missed_runs = missed_runs + 1, reason = coalesce($4, reason)
                    WHERE workspace_id = $1 AND id = $2
                    """, finding.finding.id, now, hidesSanctioned(finding.entities) ? SanctionReason.program : nil)
                resolved.append(finding.finding)
            } else {
                try workspace.execute(
                    "UPDATE findings SET missed_runs = 1, missed_at = $3 WHERE workspace_id = $1 AND id = $2",
                    finding.finding.id, now)
            }
        }
    }
}
