import Auth
public import Base
import Findings
public import Operation

/// The rules that a workspace has not switched off.
public struct RuleList: Described {
    /// The rules, in the order of their categories.
    public let rules: [RuleDescription]

    public static var schema: JSONSchema {
        .object(
            .field("rules", .array(of: RuleDescription.schema), "The rules, in the order of their categories."),
            .field("total", .count, "The number of rules, without those that find nothing for lack of input."),
            .field("total_without_input", .count, "The number of listed rules whose `has_input` is false."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("rules", rules)
            let withInput = rules.count(where: \.rule.hasInput)
            json.field("total", withInput)
            json.field("total_without_input", rules.count - withInput)
        }
    }
}

extension Operation<RuleList> {
    public static var listRules: Operation {
        Operation(
            "list_rules", .apiKey(.read), "Lists the rules that look at the workspace.",
            .optional("category", .oneOf(Category.self), "Only rules of this category."),
            .optional(
                "include", .oneOf(ListAddition.self),
                "`reasons` adds the reasons for each rule. Name a category too, because the list of all is long.")
        ) { context, category, addition in
            let rules = try context.workspace.activeRules(now: context.now)
            return RuleList(
                rules: rules.filter { category == nil || $0.category == category }.map {
                    RuleDescription(rule: $0, showsReasons: addition == .reasons)
                })
        }
    }
}
