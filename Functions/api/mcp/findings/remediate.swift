import Base
import Function
import Remediation

/// POST /api/mcp/findings/remediate: requests an action about a finding. The action is queued, or waits for approval.
@main struct RemediateFunction: Function {
    /// The id of a finding that does not exist, so that the warm-up's request runs until it looks for the finding.
    static var warmUpBody: JSON { ["findingId": .string(Identifier.random().description)] }

    static let onRequestPost = Handler(.remediateFinding)
}
