import Base
import Function
import Remediation

/// POST /api/mcp/findings/remediate: queues an action that solves the problem of a finding.
@main struct RemediateFunction: Function {
    /// The id of a finding that does not exist, so that the request runs until it looks for the finding.
    static var warmUpBody: JSON { ["findingId": .string(Identifier.random().description)] }

    static let onRequestPost = Handler(.remediateFinding)
}
