import Base
import Findings
import Function

/// POST /api/mcp/findings/dismiss: closes a finding permanently without solving it.
@main struct DismissFunction: Function {
    /// A finding that is not there, so that a request comes as far as looking for it.
    static var warmUpBody: JSON { ["findingId": .string(Identifier.random().description)] }

    static let onRequestPost = Handler(.dismissFinding)
}
