import Base
import Findings
import Function
import HTTP

/// POST /api/mcp/findings/dismiss: closes a finding permanently without solving it.
@main struct DismissFunction: Function {
    static let onRequestPost = Handler(
        .apiKey(.write),
        .required("findingId", .uuid, "The finding to dismiss."),
        .optional("reason", .string(1...1000), "The reason, for the audit log.")
    ) { context, findingID, reason in
        try context.workspace.dismissFinding(findingID, reason: reason)
        return .json { json in
            json.field("id", findingID)
            json.field("status", "dismissed")
        }
    }
}
