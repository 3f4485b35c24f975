import Base
import Findings
import Function
import HTTP

/// POST /api/mcp/findings/snooze: puts a finding off, until it opens again by itself.
@main struct SnoozeFunction: Function {
    static let onRequestPost = Handler(
        .apiKey(.write),
        .required("findingId", .uuid, "The finding to put off."),
        .required("days", .integer(1...90), "For how many days."),
        .optional("reason", .string(1...1000), "Why, for the audit log.")
    ) { context, findingID, days, reason in
        let end = try context.workspace.snoozeFinding(findingID, days: days, reason: reason)
        return .json { json in
            json.field("id", findingID)
            json.field("status", "snoozed")
            json.field("snoozed_until", end)
        }
    }
}
