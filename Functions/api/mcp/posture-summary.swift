import Findings
import Function

/// GET /api/mcp/posture-summary: returns the workspace's security posture, in numbers and in plain English.
@main struct PostureSummaryFunction: Function {
    static let onRequestGet = Handler(.postureSummary)
}
