import Analysis
import Function

/// GET /api/mcp/rules: returns the rules that the workspace has not switched off.
@main struct RulesFunction: Function {
    static let onRequestGet = Handler(.listRules)
}
