import Auth
import Base
import Findings
import Function

/// POST /api/mcp/findings/dismiss: closes a finding permanently without solving it.
@main struct DismissFunction: Function {
    static let onRequestPost = Handler(.dismissFinding)

    static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs {
        let finding = try workspace.addSampleFindings(1).first
        return WarmUpInputs(body: ["findingId": .string(finding?.description ?? "")])
    }
}
