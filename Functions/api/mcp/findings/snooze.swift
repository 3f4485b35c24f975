import Base
import Findings
import Function

/// POST /api/mcp/findings/snooze: hides a finding for some days, after which it is open again.
@main struct SnoozeFunction: Function {
    /// A finding that is not there, so that a request comes as far as looking for it.
    static var warmUpBody: JSON { ["findingId": .string(Identifier.random().description), "days": 1] }

    static let onRequestPost = Handler(.snoozeFinding)
}
