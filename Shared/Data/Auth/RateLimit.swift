public import Base
public import HTTP
import Store

/// The state of a subject's limit in the current time window. A subject is whatever is counted, such as one API key.
public struct RateLimit: Sendable {
    /// The largest number of events, such as requests, that the window allows.
    public let limit: Int
    /// The number of events in the window so far, including this one.
    public let count: Int
    /// The number of seconds until the next window begins.
    public let secondsUntilReset: Int

    /// Counts one more event of `subject` in a fixed window of `window` seconds, atomically across processes.
    static func count(
        _ subject: String, limit: Int, window: Int, now: Timestamp, in database: any Database
    ) throws -> RateLimit {
        var counted: RateLimit?
        try database.counters.run(counting(subject, limit: limit, window: window, now: now) { counted = $0 })
        return try counted ?? beginning(subject, limit: limit, window: window, now: now, in: database)
    }

    /// Returns the statement that counts one more event of a subject, and calls `body` with the result. It does nothing
    /// for a subject that has no counter; `beginning` counts the first event. Almost every event needs only this
    /// statement, which takes a PostgreSQL server a third of the time of `beginning`'s INSERT … ON CONFLICT.
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

    /// Counts the first event of a subject. It also works if another process has counted one since.
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

    /// Returns a statement that counts and yields the count. If this process's clock is behind, it counts in the newer
    /// window of the other processes: going back to an older window would lose their count.
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

    /// True if the limit is exceeded.
    public var isExceeded: Bool { count > limit }

    /// The header fields RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset
    /// (draft-ietf-httpapi-ratelimit-headers).
    public var headers: Headers {
        [
            "RateLimit-Limit": String(limit), "RateLimit-Remaining": String(max(0, limit - count)),
            "RateLimit-Reset": String(secondsUntilReset),
        ]
    }
}

extension Workspace {
    /// Counts one more event of a subject in a fixed window of `window` seconds, atomically across processes.
    public func count(_ subject: String, limit: Int, window: Int, now: Timestamp) throws -> RateLimit {
        try RateLimit.count(subject, limit: limit, window: window, now: now, in: database)
    }

    /// Takes back an event that was counted at `now`, unless the counter has gone on to another window.
    public func takeBack(_ subject: String, window: Int, now: Timestamp) throws {
        try database.counters.execute(
            "UPDATE counters SET count = count - 1 WHERE subject = $1 AND window_start = $2 AND count > 0", subject,
            Timestamp(seconds: now.seconds / window * window))
    }
}

/// The error for a caller who has made more requests than a limit allows. It contains the state of the limit, for the
/// response.
public struct LimitExceeded: DomainError {
    public let code: String
    public let sentence: String
    /// The state of the limit, including the request that exceeded it.
    public let rateLimit: RateLimit

    /// Creates the error for a limit.
    public init(_ rateLimit: RateLimit, code: String, _ sentence: String) {
        self.rateLimit = rateLimit
        self.code = code
        self.sentence = sentence
    }

    public var kind: ErrorKind { .limited }
    public var retryAfter: Int? { rateLimit.secondsUntilReset }
}
