public import Auth
public import Base
import Findings
import Store

extension Rule: Described {
    public static var schema: JSONSchema {
        .object(
            [
                .field("id", .string, "The rule's id, such as identity_security::admin_without_mfa."),
                .field("title", .string, "The kind of problem, in a few words."),
                .field(
                    "severity", Severity.schema, "The severity of its findings. If severities differ, the worst one."),
                .field("category", .oneOf(Category.self), "The category."),
                .field(
                    "affected_entity_types", .array(of: .oneOf(EntityType.self)), "The kinds of entities it is about."),
                .field("recommended_action", .string, "The recommendation in one sentence."),
                .field("needs", .array(of: .string), "The kinds of platforms without which the rule does not run."),
                .field("data", .array(of: .oneOf(RuleInput.self)), "The kinds of records that the rule reads."),
                .field(
                    "supersedes", .array(of: .string),
                    "The ids of the rules that say nothing about an entity if this rule has found it."),
                .field(
                    "has_input", .boolean,
                    "False if no platform that can be connected provides what the rule looks for, so that it finds nothing."
                ),
            ] + Background.members)
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("title", title)
            json.field("severity", severity)
            json.field("category", category.rawValue)
            json.field("affected_entity_types", [entity.rawValue])
            json.field("recommended_action", recommendedAction)
            json.field("needs", needs.map(\.description))
            json.field("data", inputs.map(\.rawValue))
            json.field("supersedes", supersedes)
            json.field("has_input", hasInput)
            background?.writeMembers(to: &json)
        }
    }
}

extension Workspace {
    /// Returns the rules that this workspace has not switched off.
    public func activeRules() throws -> [Rule] {
        let disabled = Set(
            try rows("SELECT rule_id FROM rule_states WHERE workspace_id = $1 AND NOT is_enabled") {
                try $0[0] as String
            })
        return Rule.all.filter { !disabled.contains($0.id) }
    }
}
