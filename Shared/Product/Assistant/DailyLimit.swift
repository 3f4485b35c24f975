public import Auth
import Base

extension Plan {
    /// The largest number of messages that a workspace may send to the AI chat in one UTC day. Nil if there is no
    /// limit.
    public var chatMessagesPerDay: Int? {
        switch self {
        case .free: 25
        case .trial, .pro: 100
        case .enterprise: nil
        }
    }
}

extension Workspace {
    private var chatCounter: String { "ai_chat:" + id.description }

    /// Counts one more message of the UTC day. This happens before the message is answered, so that simultaneous
    /// messages are all counted. Returns nil if the plan has no limit.
    ///
    /// - Throws: `LimitExceeded` if the day's messages of the plan are used up.
    func countChatMessage(now: Timestamp) throws -> RateLimit? {
        guard let limit = plan.chatMessagesPerDay else { return nil }
        let counted = try count(chatCounter, limit: limit, window: .days(1), now: now)
        guard counted.isExceeded else { return counted }
        try takeBackChatMessage(of: now)
        throw LimitExceeded(
            counted, code: "assistant.daily_limit",
            "This workspace has used its \(limit) AI chat messages for today. Try again tomorrow.")
    }

    /// Subtracts a message from the count of its day, because it was refused or not answered.
    func takeBackChatMessage(of now: Timestamp) throws {
        try takeBack(chatCounter, window: .days(1), now: now)
    }
}
