public import Auth
public import Base
public import Findings
import Store

/// The result of an analysis.
public struct AnalysisRun: Sendable {
    /// A rule that did not run, with the kind of platform that is not connected or has not synced. Its lack of findings
    /// means nothing.
    public struct SkippedRule: Described {
        let ruleID: String
        let reason: String

        public static var schema: JSONSchema {
            .object(
                .field("rule_id", .string, "The rule's id."),
                .field("reason", .string, "The reason, such as a platform that is not connected."))
        }

        public func write(to json: inout JSONWriter) {
            json.object { json in
                json.field("rule_id", ruleID)
                json.field("reason", reason)
            }
        }
    }

    /// The risk score and the counts after the run.
    public let risk: RiskSummary
    /// The rules that did not run.
    public let skipped: [SkippedRule]
    /// The time of the latest successful sync of any connected platform; nil if there was none.
    public let lastSyncedAt: Timestamp?
}

extension Workspace {
    /// The smallest number of seconds between the starts of two runs. A run that takes longer may be replaced by
    /// another run.
    static let analysisInterval = 60

    /// Finds the present problems and updates the findings. A run writes all findings in one transaction at its end, so
    /// a run that is killed changes none, and blocks other runs for a minute at most.
    /// - Throws: `AnalysisError` if another run began less than a minute ago, or if this one took longer and another
    ///   run has replaced it.
    public func analyze(now: Timestamp = .now) throws -> AnalysisRun {
        let runID = try beginAnalysis(now: now)
        do {
            let (sources, rules) = (try connectedSources(), try activeRules())
            let able = rules.filter { sources.missing(for: $0) == nil }
            let skipped = rules.compactMap { rule in
                sources.missing(for: rule).map {
                    AnalysisRun.SkippedRule(ruleID: rule.id, reason: "\($0) is not connected")
                }
            }
            // Drift and correlation rules depend on the findings of the other rules, so they run last.
            var costs: [(id: String, milliseconds: Int)] = []
            let found = try detections(
                of: able.filter { !$0.category.looksAtFindings }, from: sources, at: now,
                spent: { costs.append(($0, $1)) })
            let risk = try audited {
                try finishAnalysis(runID, skipped: skipped.count, costs)
                var update = try FindingsUpdate(self, now: now)
                try reopenDueFindings(now: now)
                // A rule that was switched off in the meantime finds nothing: nothing would resolve its findings again.
                let active = try Set(activeRules(now: now).map(\.id))
                let stillFound = found.map { $0.filter { active.contains($0.rule.id) } }
                let supersession = Supersession(of: stillFound)
                for detections in stillFound { try update.write(supersession.remaining(detections).map(\.problem)) }
                let direct = able.filter { !$0.category.looksAtFindings }
                try update.resolveUnseen(ruleIDs: Set(direct.map(\.id)), lastSyncs: sources.lastSyncs)
                try takeDriftSnapshot(now: now)
                for category in [Category.driftSignal, .findingCorrelation] {
                    let rules = able.filter { $0.category == category && active.contains($0.id) }
                    for rule in rules {
                        try update.write(detections(of: rule, from: sources, at: now).map(\.problem))
                    }
                    try update.resolveUnseen(ruleIDs: Set(rules.map(\.id)), lastSyncs: sources.lastSyncs)
                }
                try update.announce()
                let entry = AuditEntry(
                    action: "analysis.completed", targetType: "workspace", targetID: id.description,
                    details: update.details.merging(["skipped_rules": .integer(skipped.count)]) { $1 }, createdAt: now)
                return (try riskSummary(), entry)
            }
            return AnalysisRun(risk: risk, skipped: skipped, lastSyncedAt: sources.lastSyncedAt)
        } catch {
            // If another run has taken over, it has already marked this one as failed.
            _ = try? execute(
                "UPDATE analysis_runs SET status = 'failed', finished_at = $3 WHERE workspace_id = $1 AND id = $2 AND status = 'running'",
                runID, now)
            throw error
        }
    }

    private func beginAnalysis(now: Timestamp) throws -> Identifier {
        try withWriteLock {
            let last = try first(
                """
                SELECT id, status, started_at FROM analysis_runs WHERE workspace_id = $1
                ORDER BY started_at DESC, id LIMIT 1
                """
            ) { row in (id: try row[0] as Identifier, status: try row[1] as String, at: try row[2] as Timestamp) }
            if let last {
                let wait = last.at.seconds + Self.analysisInterval - now.seconds
                guard wait <= 0 else { throw AnalysisError.tooEarly(wait: wait) }
                try execute(
                    """
                    UPDATE analysis_runs SET status = 'failed', finished_at = $2
                    WHERE workspace_id = $1 AND status = 'running'
                    """, now)
            }
            let runID = Identifier.random()
            try execute(
                """
                INSERT INTO analysis_runs (workspace_id, id, status, started_at, lease_expires_at)
                VALUES ($1, $2, 'running', $3, $4)
                """, runID, now, now + Self.analysisInterval)
            return runID
        }
    }

    /// Marks the run as completed, with its costs, in the transaction of its results.
    /// - Throws: `AnalysisError` if it took so long that another run has taken over.
    private func finishAnalysis(
        _ runID: Identifier, skipped: Int, _ costs: [(id: String, milliseconds: Int)]
    ) throws {
        let slowest = costs.sorted { $0.milliseconds > $1.milliseconds }.prefix(10)
        let results: JSON = [
            "skipped_rules": .integer(skipped), "total_ms": .integer(costs.reduce(0) { $0 + $1.milliseconds }),
            "slowest_rules_ms": .object(
                Dictionary(slowest.map { ($0.id, .integer($0.milliseconds)) }) { first, _ in first }),
        ]
        let finished = try execute(
            """
            UPDATE analysis_runs SET status = 'completed', finished_at = $3, results = $4
            WHERE workspace_id = $1 AND id = $2 AND status = 'running'
            """, runID, Timestamp.now, results)
        guard finished == 1 else { throw AnalysisError.overtaken }
    }
}

extension Category {
    /// True for categories whose rules depend on the findings of other rules.
    fileprivate var looksAtFindings: Bool { self == .driftSignal || self == .findingCorrelation }
}
