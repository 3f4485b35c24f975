import Auth
import Base
import Findings
import Function

/// POST /api/mcp/findings/snooze: hides a finding for some days, after which it opens again.
@main struct SnoozeFunction: Function {
    static let onRequestPost = Handler(.snoozeFinding)

    static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs {
        let finding = try workspace.addSampleFindings(1).first
        return WarmUpInputs(body: ["findingId": .string(finding?.description ?? ""), "days": 1])
    }
}
