import Findings
import Function

/// GET /api/mcp/risk-score: the workspace's score, its severity counts and its five worst open findings.
@main struct RiskScoreFunction: Function {
    static let onRequestGet = Handler(.riskScore)
}
