public import Auth
public import Base
public import Findings
import Store

/// A workspace's decision about a rule: it is switched off, or its findings have another severity.
public struct RuleState: Described {
    /// The rule's id.
    public let ruleID: String
    /// False if the rule is switched off.
    public let isEnabled: Bool
    /// The severity of all its findings; nil if the rule decides.
    public let severity: Severity?
    /// The reason; nil for a decision of an earlier version, which had none.
    public let reason: String?
    /// The member or operator who decided.
    public let author: String?
    /// The time from which the decision no longer counts; nil if it has no end.
    public let expiresAt: Timestamp?
    /// The time of the decision.
    public let updatedAt: Timestamp

    fileprivate static let columns: SQL = """
        rule_id, is_enabled, severity, reason, author, expires_at, updated_at
        """

    fileprivate init(_ row: any Row) throws {
        ruleID = try row[0]
        isEnabled = try row[1]
        severity = try row[2]
        reason = try row[3]
        author = try row[4]
        expiresAt = try row[5]
        updatedAt = try row[6]
    }

    public static var schema: JSONSchema {
        .object(
            .field("rule_id", .string, "The rule's id."),
            .field("is_enabled", .boolean, "False if the rule is switched off."),
            .field(
                "severity", Severity.schema.orNull, "The severity of all its findings; null if the rule decides."),
            .field("reason", .string.orNull, "The reason of the decision."),
            .field("author", .string.orNull, "The member or operator who decided."),
            .field(
                "expires_at", .timestamp.orNull,
                "The time from which the decision no longer counts; null if it has no end."),
            .field("updated_at", .timestamp, "The time of the decision."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("rule_id", ruleID)
            json.field("is_enabled", isEnabled)
            json.field("severity", severity?.rawValue)
            json.field("reason", reason)
            json.field("author", author)
            json.field("expires_at", expiresAt)
            json.field("updated_at", updatedAt)
        }
    }
}

/// A new decision about a rule.
public enum RuleDecision: Sendable {
    /// The rule runs as it is declared.
    case asDeclared
    /// The rule does not run.
    case off
    /// The rule runs, and all its findings have this severity.
    case severity(Severity)
}

extension Workspace {
    /// Returns the decisions that count: the rules that are switched off or have another severity, in the order of their
    /// ids.
    public func ruleStates(now: Timestamp = .now) throws -> [RuleState] {
        try rows(
            "SELECT " + RuleState.columns
                + """
                 FROM rule_states WHERE workspace_id = $1 AND (expires_at IS NULL OR expires_at > $2)
                    AND (NOT is_enabled OR severity IS NOT NULL)
                ORDER BY rule_id
                """,
            now, decode: RuleState.init)
    }

    /// Decides about a rule. Replaces an earlier decision about it. The next analysis is the first one that respects the
    /// decision, except that switching a rule off resolves its findings that are not dismissed.
    ///
    /// - Parameter end: The time from which the decision no longer counts; nil if it has no end.
    /// - Throws: `AnalysisError` if there is no such rule.
    public func decide(
        _ decision: RuleDecision, aboutRule id: String, reason: String, until end: Timestamp? = nil,
        now: Timestamp = .now
    ) throws -> RuleState {
        guard Rule.named(id) != nil else { throw AnalysisError.unknownRule }
        let severity: Severity? = if case .severity(let severity) = decision { severity } else { nil }
        let isOff = if case .off = decision { true } else { false }
        return try audited {
            let before = try ruleStates(now: now).first { $0.ruleID == id }
            try execute(
                """
                INSERT INTO rule_states
                    (workspace_id, rule_id, is_enabled, severity, reason, author, expires_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (workspace_id, rule_id) DO UPDATE SET
                    is_enabled = excluded.is_enabled, severity = excluded.severity, reason = excluded.reason,
                    author = excluded.author, expires_at = excluded.expires_at, updated_by = NULL,
                    updated_at = excluded.updated_at
                """, id, !isOff, severity, reason, actor, end, now)
            let resolved = isOff ? try resolveFindings(ofRule: id, reason: "The rule was switched off.", now: now) : 0
            let stored = try first(
                "SELECT " + RuleState.columns + " FROM rule_states WHERE workspace_id = $1 AND rule_id = $2", id,
                decode: RuleState.init)
            guard let after = stored else { throw AnalysisError.unknownRule }
            func text(_ state: RuleState?) -> JSON {
                guard let state else { return "as declared" }
                return state.isEnabled ? .string(state.severity?.rawValue ?? "as declared") : "off"
            }
            let entry = AuditEntry(
                action: "rule.decided", targetType: "rule", targetID: id,
                details: [
                    "decision": text(after), "previous": text(before), "reason": .string(reason),
                    "expires_at": end.map { .string($0.description) } ?? .null, "resolved_findings": .integer(resolved),
                ], createdAt: now)
            return (after, entry)
        }
    }

    /// Returns the rules that run: all that are not switched off, with the severities that the workspace has decided.
    public func activeRules(now: Timestamp = .now) throws -> [Rule] {
        let states = Dictionary(try ruleStates(now: now).map { ($0.ruleID, $0) }) { $1 }
        return Rule.all.compactMap { rule in
            guard let state = states[rule.id] else { return rule }
            guard state.isEnabled else { return nil }
            return state.severity.map(rule.with(severity:)) ?? rule
        }
    }
}
