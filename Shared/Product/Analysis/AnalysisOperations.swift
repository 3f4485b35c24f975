import Auth
public import Base
public import Operation

/// The rules that a workspace has not switched off.
public struct RuleList: Described {
    /// The rules, in the order of their categories.
    public let rules: [Rule]

    public static var schema: JSONSchema {
        .object(
            .field("rules", .array(of: Rule.schema), "The rules, in the order of their categories."),
            .field("total", .count, "The number of rules, without those that find nothing for lack of input."),
            .field("total_without_input", .count, "The number of listed rules whose `has_input` is false."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("rules", rules)
            let withInput = rules.count(where: \.hasInput)
            json.field("total", withInput)
            json.field("total_without_input", rules.count - withInput)
        }
    }
}

extension Operation<RuleList> {
    public static var listRules: Operation {
        Operation("list_rules", .apiKey(.read), "Lists the rules that look at the workspace.") { context in
            RuleList(rules: try context.workspace.activeRules())
        }
    }
}
