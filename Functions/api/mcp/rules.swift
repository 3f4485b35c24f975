import Analysis
import Function

/// GET /api/mcp/rules: the rules that check the workspace.
@main struct RulesFunction: Function {
    static let onRequestGet = Handler(.listRules)
}
