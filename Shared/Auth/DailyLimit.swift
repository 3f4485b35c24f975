import Base
import HTTP
import Store

extension Plan {
    /// How many messages a workspace may send to the AI chat in a UTC day; nil for any number.
    public var chatMessagesPerDay: Int? {
        switch self {
        case .free: 25
        case .trial, .pro: 100
        case .enterprise: nil
        }
    }
}

/// A message to the AI chat that has been counted against the plan's limit of its UTC day.
public struct CountedMessage {
    /// Where the workspace stands, this message included.
    public let rateLimit: RateLimit
    let subject: String
    let day: Timestamp
}

extension Workspace {
    /// Counts one more message of the UTC day, before it is answered: of two that come at once, both count. Nil where the
    /// plan has no limit. Throws 429 when the plan's messages of the day are used up.
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
            429, "This workspace has sent its \(limit) AI chat messages of today. Try again tomorrow.")
        error.headers = rateLimit.headers
        error.headers.add("Retry-After", String(rateLimit.secondsUntilReset))
        throw error
    }

    /// Takes back a message that was not answered: it costs nothing.
    public func takeBack(_ message: CountedMessage) throws {
        try database.counters.execute(
            "UPDATE counters SET count = count - 1 WHERE subject = $1 AND window_start = $2 AND count > 0",
            message.subject, message.day)
    }
}
