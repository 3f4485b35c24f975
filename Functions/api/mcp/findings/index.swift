import Findings
import Function

/// GET /api/mcp/findings: returns the worst open findings, worst first, and the number of all.
@main struct FindingsFunction: Function {
    static let onRequestGet = Handler(.listFindings)
}
