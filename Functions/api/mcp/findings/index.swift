import Findings
import Function

/// GET /api/mcp/findings: returns the worst open findings that match the request, worst first, and the number of all
/// that match.
@main struct FindingsFunction: Function {
    static let onRequestGet = Handler(.listFindings)
}
