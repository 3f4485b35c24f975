import Base
import Findings
import Function
import HTTP

/// POST /api/mcp/findings/dismiss: sets a finding aside for good.
@main struct DismissFunction: Function {
    static let onRequestPost = Handler(
        .apiKey(.write),
        .required("findingId", .uuid, "The finding to set aside."),
        .optional("reason", .string(1...1000), "Why, for the audit log.")
    ) { context, findingID, reason in
        try context.workspace.dismissFinding(findingID, reason: reason)
        return .json { json in
            json.field("id", findingID)
            json.field("status", "dismissed")
        }
    }
}
