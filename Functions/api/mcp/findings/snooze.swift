import Base
import Findings
import Function

/// POST /api/mcp/findings/snooze: hides a finding for some days, after which it opens again.
@main struct SnoozeFunction: Function {
    /// The id of a finding that does not exist, so that the warm-up's request runs until it looks for the finding.
    static var warmUpBody: JSON { ["findingId": .string(Identifier.random().description), "days": 1] }

    static let onRequestPost = Handler(.snoozeFinding)
}
