import Auth
import Findings
import Function

/// GET /api/mcp/posture-summary: returns the workspace's security posture, in numbers and in plain English.
@main struct PostureSummaryFunction: Function {
    static let onRequestGet = Handler(.postureSummary)

    static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs {
        _ = try workspace.addSampleFindings(2)
        return WarmUpInputs()
    }
}
