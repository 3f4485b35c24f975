import Base
import Findings
import Function

/// POST /api/mcp/findings/dismiss: closes a finding permanently without solving it.
@main struct DismissFunction: Function {
    /// The id of a finding that does not exist, so that the warm-up's request runs until it looks for the finding.
    static var warmUpBody: JSON { ["findingId": .string(Identifier.random().description)] }

    static let onRequestPost = Handler(.dismissFinding)
}
