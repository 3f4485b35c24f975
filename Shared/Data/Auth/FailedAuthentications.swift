public import Base
import Store

/// Counts requests with invalid credentials, by client address and by the prefix of the API key that they name, and
/// answers 429 instead of 401 if there are too many in a minute.
///
/// Credentials are always checked first, and a request with valid credentials is never refused here. An attacker who
/// uses up the limit of an address or of a key's prefix therefore can't lock out the key's owner or other people at the
/// same address. Guessing remains hopeless: a key has 238 random bits, and a session token is signed. The limit only
/// protects the database and the log from a flood of requests, and a log line tells the operator about the flood.
struct FailedAuthentications {
    /// The largest number of failures of one address, or with one key's prefix, in a window that are answered with 401.
    static let limit = 60
    /// The length of a window in seconds.
    static let window = 60

    private static let prefix = "failed_authentication:"

    let database: any Database
    let now: Timestamp

    /// Counts the failure of a request from `address`. `key` is the well-formed key that it named, if any.
    ///
    /// - Returns: The error to answer with instead of 401, and true if it is the first one of this window. Nil if the
    ///   limit is not exceeded.
    func refusal(of address: IPAddress?, key: APIKey?) throws -> (error: AccessError, isFirst: Bool)? {
        var subjects = [Self.prefix + "address:" + (address.map(Self.network) ?? "unknown")]
        if let key { subjects.append(Self.prefix + "key:" + key.prefix) }
        var worst: RateLimit?
        // If the address has exceeded its limit, the key is not counted: an attacker could invent any number of keys,
        // and fill the table.
        for subject in subjects where worst == nil {
            let counted = try count(subject)
            if counted.count > Self.limit { worst = counted }
        }
        guard let worst else { return nil }
        return (.tooManyFailures(retryAfter: worst.secondsUntilReset), worst.count == Self.limit + 1)
    }

    /// Counts one failure. Beyond the limit it writes nothing, so that each further request of a flood costs only one
    /// read.
    private func count(_ subject: String) throws -> RateLimit {
        let start = Timestamp(seconds: now.seconds / Self.window * Self.window)
        let known = try database.counters.first(
            "SELECT count FROM counters WHERE subject = $1 AND window_start >= $2", subject, start
        ) { try $0[0] as Int }
        if let known, known > Self.limit {
            return RateLimit(
                limit: Self.limit, count: known + 1, secondsUntilReset: start.seconds + Self.window - now.seconds)
        }
        return try RateLimit.count(subject, limit: Self.limit, window: Self.window, now: now, in: database)
    }

    /// Returns the part of an address that usually identifies one customer of a network provider: the whole IPv4
    /// address, or the first 64 bits of an IPv6 address (RFC 6177 §2), in hexadecimal.
    private static func network(_ address: IPAddress) -> String {
        Hex.encode(address.bytes.count == 4 ? address.bytes : Array(address.bytes.prefix(8)))
    }

    /// Deletes counters of failures that were last used more than an hour ago.
    static func prune(_ database: any Database, now: Timestamp) throws {
        try database.counters.execute(
            "DELETE FROM counters WHERE subject LIKE $1 AND last_counted_at < $2", prefix + "%", now - .hours(1))
    }
}

extension SystemAccess {
    /// Deletes counters of failed authentications that were last used more than an hour ago.
    public func pruneFailedAuthentications(now: Timestamp) throws {
        try FailedAuthentications.prune(database, now: now)
    }
}
