public import Base
import Findings

/// A rule in the form in which lists show it.
public struct RuleDescription: Described {
    let rule: Rule
    /// True if the reasons for the rule are shown too.
    let showsReasons: Bool

    public static var schema: JSONSchema {
        .object(
            .field("id", .string, "The rule's id, such as identity_security::admin_without_mfa."),
            .field("title", .string, "The kind of problem, in a few words."),
            .field("severity", Severity.schema, "The severity of its findings. If severities differ, the worst one."),
            .field("category", .oneOf(Category.self), "The category."),
            .field("affected_entity_types", .array(of: .oneOf(EntityType.self)), "The kinds of entities it is about."),
            .field("recommended_action", .string, "The recommendation in one sentence."),
            .optional(
                "has_input", .boolean,
                "False if no platform that can be connected provides what the rule looks for, so that it finds nothing."
            ),
            .optional("reasons", reasons, "The reasons for the rule, if `include` is `reasons`."))
    }

    private static var reasons: JSONSchema {
        .object(
            Background.members + [
                .field("needs", .array(of: .string), "The kinds of platforms without which the rule does not run."),
                .field("data", .array(of: .oneOf(RuleInput.self)), "The kinds of records that the rule reads."),
                .field(
                    "severity_by_actor", .boolean,
                    """
                    True if a finding's severity may be a step higher or lower, by what is usual for the person who made \
                    the change.
                    """),
                .field(
                    "supersedes", .array(of: .string),
                    "The ids of the rules that say nothing about an entity if this rule has found it."),
            ])
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", rule.id)
            json.field("title", rule.title)
            json.field("severity", rule.severity)
            json.field("category", rule.category.rawValue)
            json.field("affected_entity_types", [rule.entity.rawValue])
            json.field("recommended_action", rule.recommendedAction)
            if !rule.hasInput { json.field("has_input", false) }
            if showsReasons { json.field("reasons", Reasons(rule: rule)) }
        }
    }
}

/// The reasons for a rule, its needs, and the rules that it takes the place of.
private struct Reasons: JSONWritable {
    let rule: Rule

    func write(to json: inout JSONWriter) {
        json.object { json in
            rule.background?.writeMembers(to: &json)
            json.field("needs", rule.needs.map(\.description))
            json.field("data", rule.inputs.map(\.rawValue))
            json.field("severity_by_actor", rule.judgesActors)
            json.field("supersedes", rule.supersedes)
        }
    }
}
