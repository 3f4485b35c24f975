import Analysis
@_spi(System) import Auth
import Base
import Findings

extension Verb {
    static let ruleSet = Verb(
        "rule set", operands: "RULE", "Switches a rule off or on for a workspace, or changes its severity.",
        details: """
            Without --off and --severity the rule counts as it is declared. Switching it off resolves its findings; a
            changed severity counts from the next analysis on. GET /api/mcp/rules and RULES.md list the rules.
            """,
        options: [
            Option.workspace, Option("--off", nil, "the rule does not run"),
            Option("--severity", "SEVERITY", severities.joined(separator: ", "), words: severities),
            Option("--reason", "TEXT", "the reason, for the audit log; 1 to 500 characters", isRequired: true),
            Option("--days", "N", "the number of days after which the decision ends; default: it has no end"),
        ] + Option.changing
    ) { arguments in
        guard let rule = arguments.operands.first, arguments.operands.count == 1 else {
            throw UsageError("write the id of one rule, such as identity_security::stale_account")
        }
        if Rule.named(rule) == nil { throw UsageError(advice(about: rule)) }
        let reason = try arguments.required("--reason")
        guard (1...500).contains(reason.unicodeScalars.count), !reason.unicodeScalars.contains(where: \.isHarmful)
        else {
            throw UsageError("--reason must have 1 to 500 characters, on one line and all visible")
        }
        let severity = try arguments.word("--severity", of: severities).flatMap(Severity.init(rawValue:))
        let isOff = arguments.has("--off")
        guard !isOff || severity == nil else { throw UsageError("--off and --severity exclude each other") }
        let days = try arguments.integer("--days", in: 1...365)
        return try Administration.run(arguments) { administration in
            let state = try administration.workspace(arguments).decide(
                isOff ? .off : severity.map(RuleDecision.severity) ?? .asDeclared, aboutRule: rule, reason: reason,
                until: days.map { Timestamp.now + .days($0) })
            try administration.output.say(json(state)) { try Terminal.say(members: json(state)) }
        }
    }

    static let ruleList = Verb(
        "rule list", "Lists a workspace's decisions about rules.", options: [Option.workspace] + Option.reading
    ) { arguments in
        try Administration.run(arguments) { administration in
            let states = try administration.workspace(arguments).ruleStates()
            try administration.output.say(
                "rules", states.map(json), header: ["RULE", "DECISION", "AUTHOR", "EXPIRES", "REASON"],
                rows: states.map { state in
                    [
                        state.ruleID, state.isEnabled ? state.severity?.rawValue ?? "as declared" : "off",
                        state.author ?? "", state.expiresAt?.description ?? "never", state.reason ?? "",
                    ]
                }, none: "All rules count as they are declared.")
        }
    }

    /// Returns advice about a rule that does not exist: the rule with this name in another category, the nearest id, or
    /// the place of the list.
    private static func advice(about text: String) -> String {
        let named = Rule.all.map(\.id).filter { $0.hasSuffix("::" + text) }
        if let id = named.first { return "there is no rule \(text); did you mean \"\(id)\"?" }
        let nearest = NearestWord.nearest(to: text, in: Rule.all.map(\.id))
        return "there is no rule \(text); "
            + (nearest.map { "did you mean \"\($0)\"?" } ?? "Shared/Product/Analysis/RULES.md lists all rules")
    }

    private static let severities = Severity.allCases.map(\.rawValue)

    private static func json(_ state: RuleState) -> JSON {
        [
            "rule_id": .string(state.ruleID), "is_enabled": .bool(state.isEnabled),
            "severity": state.severity.map { .string($0.rawValue) } ?? .null,
            "reason": state.reason.map(JSON.string) ?? .null, "author": state.author.map(JSON.string) ?? .null,
            "expires_at": state.expiresAt.map { .string($0.description) } ?? .null,
            "updated_at": .string(state.updatedAt.description),
        ]
    }
}
