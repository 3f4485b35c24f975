import Analysis
import Auth
import Base
import Function
import HTTP
import Operation

/// GET /api/posture-history: the workspace's metrics on past days.
@main struct PostureHistoryFunction: Function {
    static let onRequestGet = Handler(
        .sessionOrKey(.view),
        .optional("days", .integer(1...PostureHistory.longest), default: 30, "The number of days, including today.")
    ) { context, days in
        .json(try context.workspace.postureHistory(days: days, now: context.now))
    }
}
