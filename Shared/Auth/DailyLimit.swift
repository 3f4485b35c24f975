import Base
import HTTP
import Store

extension Plan {
    /// The number of messages that a workspace may send to the AI chat in one UTC day. Nil if there is no limit.
    public var chatMessagesPerDay: Int? {
        switch self {
        case .free: 25
        case .trial, .pro: 100
        case .enterprise: nil
        }
    }
}

/// A message to the AI chat that has been counted towards the plan's daily limit.
public struct CountedMessage {
    /// The state of the limit, including this message.
    public let rateLimit: RateLimit
    let subject: String
    let day: Timestamp
}

extension Workspace {
    /// Counts one more chat message of the UTC day. It must be called before the message is answered, so that messages
    /// that arrive at the same time are all counted. Returns nil if the plan has no limit.
    ///
    /// - Throws: 429 if the plan's messages of the day are used up.
    public func countChatMessage(now: Timestamp) throws -> CountedMessage? {
        guard let limit = plan.chatMessagesPerDay else { return nil }
        let window = Int.days(1)
        let subject = "ai_chat:" + id.description
        let rateLimit = try RateLimit.count(subject, limit: limit, window: window, now: now, in: database)
        let message = CountedMessage(
            rateLimit: rateLimit, subject: subject, day: Timestamp(seconds: now.seconds / window * window))
        guard rateLimit.isExceeded else { return message }
        try takeBack(message)
        var error = HTTPError(
            429, "This workspace has used its \(limit) AI chat messages for today. Try again tomorrow.")
        error.headers = rateLimit.headers
        error.headers.add("Retry-After", String(rateLimit.secondsUntilReset))
        throw error
    }

    /// Subtracts a message from the count, because it was not answered.
    public func takeBack(_ message: CountedMessage) throws {
        try database.counters.execute(
            "UPDATE counters SET count = count - 1 WHERE subject = $1 AND window_start = $2 AND count > 0",
            message.subject, message.day)
    }
}
