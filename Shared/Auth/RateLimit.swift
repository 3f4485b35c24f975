import Base
import HTTP
import Store

/// Where a caller stands within a limit, in the window that is open now.
public struct RateLimit: Sendable {
    /// Requests that the window allows.
    public let limit: Int
    /// Requests made in it, this one included.
    public let count: Int
    /// Seconds until the next window.
    public let secondsUntilReset: Int

    /// Counts one more event of `subject` in a fixed window of `window` seconds, atomically across processes.
    static func count(
        _ subject: String, limit: Int, window: Int, now: Timestamp, in database: any Database
    ) throws -> RateLimit {
        var counted: RateLimit?
        try database.counters.run(counting(subject, limit: limit, window: window, now: now) { counted = $0 })
        return try counted ?? beginning(subject, limit: limit, window: window, now: now, in: database)
    }

    /// The statement that counts one more event of a subject, and tells `body` where it stands; of a subject that has
    /// never been counted it tells nothing. It is what nearly every event takes, and takes a server a third of the time
    /// of one that would begin the count as well.
    static func counting(
        _ subject: String, limit: Int, window: Int, now: Timestamp, _ body: @escaping (RateLimit) -> Void
    ) -> Statement {
        let sql: SQL = """
            UPDATE counters SET
                count = CASE WHEN $2 > counters.window_start THEN 1 ELSE counters.count + 1 END,
                window_start = CASE WHEN $2 > counters.window_start THEN $2 ELSE counters.window_start END,
                last_counted_at = $3
            WHERE subject = $1 RETURNING count
            """
        return statement(sql, subject, limit: limit, window: window, now: now, body)
    }

    /// Counts an event of a subject that has not been counted, unless another process has begun to meanwhile.
    static func beginning(
        _ subject: String, limit: Int, window: Int, now: Timestamp, in database: any Database
    ) throws -> RateLimit {
        let sql: SQL = """
            INSERT INTO counters (subject, window_start, count, last_counted_at) VALUES ($1, $2, 1, $3)
            ON CONFLICT (subject) DO UPDATE SET
                count = CASE WHEN excluded.window_start > counters.window_start THEN 1 ELSE counters.count + 1 END,
                window_start = CASE WHEN excluded.window_start > counters.window_start
                    THEN excluded.window_start ELSE counters.window_start END,
                last_counted_at = excluded.last_counted_at
            RETURNING count
            """
        var counted: RateLimit?
        try database.counters.run(statement(sql, subject, limit: limit, window: window, now: now) { counted = $0 })
        guard let counted else { throw StoreError.failed("\(subject) was not counted") }
        return counted
    }

    /// A process whose clock is behind counts in the newer window: going back would forget what was counted.
    private static func statement(
        _ sql: SQL, _ subject: String, limit: Int, window: Int, now: Timestamp, _ body: @escaping (RateLimit) -> Void
    ) -> Statement {
        let start = Timestamp(seconds: now.seconds / window * window)
        return Statement(sql, [subject.sqlValue, start.sqlValue, now.sqlValue]) { row in
            body(
                RateLimit(
                    limit: limit, count: try row[0], secondsUntilReset: start.seconds + window - now.seconds))
        }
    }

    /// Whether the event goes beyond the limit.
    var isExceeded: Bool { count > limit }

    /// RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset (draft-ietf-httpapi-ratelimit-headers).
    public var headers: Headers {
        [
            "RateLimit-Limit": String(limit), "RateLimit-Remaining": String(max(0, limit - count)),
            "RateLimit-Reset": String(secondsUntilReset),
        ]
    }
}
