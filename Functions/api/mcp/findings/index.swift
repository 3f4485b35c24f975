import Auth
import Findings
import Function

/// GET /api/mcp/findings: returns the worst open findings that match the request, worst first, and the number of all
/// that match.
@main struct FindingsFunction: Function {
    static let onRequestGet = Handler(.listFindings)

    /// Asks for one of two findings, so that the answer contains a finding and a cursor.
    static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs {
        _ = try workspace.addSampleFindings(2)
        return WarmUpInputs(query: "limit=1")
    }
}
