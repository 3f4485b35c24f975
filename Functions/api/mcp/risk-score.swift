import Auth
import Base
import Findings
import Function
import HTTP

/// GET /api/mcp/risk-score: the workspace's score, its severity counts and its five worst open findings.
@main struct RiskScoreFunction: Function {
    static let onRequestGet = Handler(.apiKey(.read)) { context in
        let (risk, topRisks) = try context.workspace.read(.riskSummary, .topRisks(5))
        return .json { json in
            json.field("score", risk.score.value)
            json.field("label", risk.score.label)
            json.field("severity_counts", risk.counts)
            json.field("total_findings", risk.counts.total)
            json.field("top_risks", topRisks)
        }
    }
}
