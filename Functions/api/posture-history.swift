import Analysis
import Auth
import Base
import Function
import HTTP
import Operation

/// GET /api/posture-history: returns the workspace's metrics on past days.
@main struct PostureHistoryFunction: Function {
    static let onRequestGet = Handler(
        "get_posture_history", .sessionOrKey(.view), "Returns the workspace's metrics on past days.",
        .optional("days", .integer(1...PostureHistory.longest), default: 30, "The number of days, including today."),
        returns: .json(PostureHistory.self)
    ) { context, days in
        .json(try context.workspace.postureHistory(days: days, now: context.now))
    }
}
