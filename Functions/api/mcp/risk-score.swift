import Auth
import Findings
import Function

/// GET /api/mcp/risk-score: returns the workspace's risk score, the numbers of findings that are open or in progress,
/// by severity, and the five worst open findings.
@main struct RiskScoreFunction: Function {
    static let onRequestGet = Handler(.riskScore)

    static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs {
        _ = try workspace.addSampleFindings(2)
        return WarmUpInputs()
    }
}
