import Analysis
import Auth
import Base
import Findings
import Function
import HTTP
import Operation

/// /api/rules: the workspace's decisions about rules. GET lists them, POST switches a rule off or on again or changes the
/// severity of its findings.
@main struct RuleStatesFunction: Function {
    static let onRequestGet = Handler(
        "list_rule_decisions", .session(.view), "Lists the rules that are switched off or have another severity.",
        returns: .json(
            .field("rules", .array(of: RuleState.schema), "The decisions that count now, by the rules' ids."))
    ) { context in
        let states = try context.workspace.ruleStates(now: context.now)
        return .json { $0.field("rules", states) }
    }

    static let onRequestPost = Handler(
        "decide_about_rule", .session(.manageWorkspace),
        "Switches a rule off or on, or changes the severity of its findings.",
        .required(
            "ruleId", .string(1...100), "The rule's id.", example: .string("identity_security::stale_account")),
        .required(
            "reason", .string(1...500), "The reason, for the audit log.", example: .string("Known to be on leave.")),
        .optional(
            "enabled", .boolean, default: true, "False switches the rule off and resolves its findings.",
            example: .bool(false)),
        .optional(
            "severity", .oneOf(Severity.self), "The severity of all its findings; without it, the rule decides."),
        .optional("days", .integer(1...365), "The number of days after which the decision ends; without it, never."),
        returns: .json(RuleState.self),
        errors: [AnalysisError.unknownRule]
    ) { context, id, reason, isEnabled, severity, days in
        let decision: RuleDecision = isEnabled ? severity.map(RuleDecision.severity) ?? .asDeclared : .off
        return .json(
            try context.workspace.decide(
                decision, aboutRule: id, reason: reason, until: days.map { context.now + .days($0) }, now: context.now))
    }
}
