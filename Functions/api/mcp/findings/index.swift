import Findings
import Function

/// GET /api/mcp/findings: the open findings, worst first.
@main struct FindingsFunction: Function {
    static let onRequestGet = Handler(.listFindings)
}
