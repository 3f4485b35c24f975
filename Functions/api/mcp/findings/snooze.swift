import Base
import Findings
import Function
import HTTP

/// POST /api/mcp/findings/snooze: hides a finding for some days, after which it is open again.
@main struct SnoozeFunction: Function {
    static let onRequestPost = Handler(
        .apiKey(.write),
        .required("findingId", .uuid, "The finding to snooze."),
        .required("days", .integer(1...90), "The number of days."),
        .optional("reason", .string(1...1000), "The reason, for the audit log.")
    ) { context, findingID, days, reason in
        let end = try context.workspace.snoozeFinding(findingID, days: days, reason: reason)
        return .json { json in
            json.field("id", findingID)
            json.field("status", "snoozed")
            json.field("snoozed_until", end)
        }
    }
}
