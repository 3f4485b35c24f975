import Auth
import Base
import Function
import Remediation

/// POST /api/mcp/findings/remediate: requests an action about a finding. The action is queued, or waits for approval.
@main struct RemediateFunction: Function {
    static let onRequestPost = Handler(.remediateFinding)

    /// Names a finding that does not exist, so that the request runs until it looks for the finding.
    static func warmUpInputs(_ workspace: Workspace) -> WarmUpInputs {
        WarmUpInputs(body: ["findingId": .string(Identifier.random().description)])
    }
}
