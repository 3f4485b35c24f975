import Base
import Function
import Remediation

/// POST /api/mcp/findings/remediate: queues an action that solves the problem of a finding.
@main struct RemediateFunction: Function {
    /// A finding that is not there, so that a request comes as far as looking for it.
    static var warmUpBody: JSON { ["findingId": .string(Identifier.random().description)] }

    static let onRequestPost = Handler(.remediateFinding)
}
