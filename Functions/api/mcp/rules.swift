import Analysis
import Base
import Findings
import Function
import HTTP

/// GET /api/mcp/rules: the rules that check the workspace.
@main struct RulesFunction: Function {
    static let onRequestGet = Handler(.apiKey(.read)) { context in
        let rules = try context.workspace.activeRules()
        return .json { json in
            json.field("rules", rules)
            json.field("total", rules.count)
        }
    }
}
