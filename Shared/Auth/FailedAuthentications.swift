import Base
import HTTP
import Store

/// Counts requests whose credentials do not hold, by client address and by the prefix of the API key that they name, and
/// answers 429 instead of 401 once there are too many in a minute.
///
/// Credentials are always checked first, and a request with valid credentials is never refused here. An attacker who uses up
/// the limit of an address or of a key's prefix therefore locks out neither the owner of the key nor other people at the same
/// address. Guessing stays hopeless: a key has 238 random bits, and a session token is signed. The limit protects the database
/// and the log from a flood, and a log line tells the operator about it.
struct FailedAuthentications {
    /// The most failures in a window that are answered with 401.
    static let limit = 60
    /// The length of a window in seconds.
    static let window = 60

    private static let prefix = "failed_authentication:"

    let database: any Database
    let now: Timestamp

    /// A request from this address, which named this key if it named one, has failed.
    ///
    /// - Returns: the 429 to answer with, and true if it is the first of its window; nil while there are not too many.
    func refusal(of address: IPAddress?, key: APIKey?) throws -> (error: HTTPError, isFirst: Bool)? {
        var subjects = [Self.prefix + "address:" + (address.map(Self.network) ?? "unknown")]
        if let key { subjects.append(Self.prefix + "key:" + key.prefix) }
        var worst: RateLimit?
        // Once the address is beyond its limit the key is not counted: keys may be made up without end.
        for subject in subjects where worst == nil {
            let counted = try count(subject)
            if counted.count > Self.limit { worst = counted }
        }
        guard let worst else { return nil }
        var error = HTTPError(429, "Too many requests with credentials that are not valid. Try again later.")
        error.headers.add("Retry-After", String(worst.secondsUntilReset))
        return (error, worst.count == Self.limit + 1)
    }

    /// Counts a failure. Beyond the limit nothing is written any more, so that a flood costs one read each.
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

    /// The part of an address that one customer of a network provider has: all of an IPv4 address, the first 64 bits of an
    /// IPv6 address (RFC 6177 §2).
    private static func network(_ address: IPAddress) -> String {
        Hex.encode(address.bytes.count == 4 ? address.bytes : Array(address.bytes.prefix(8)))
    }

    /// Forgets the counts of windows that have passed.
    static func prune(_ database: any Database, now: Timestamp) throws {
        try database.counters.execute(
            "DELETE FROM counters WHERE subject LIKE $1 AND last_counted_at < $2", prefix + "%", now - .hours(1))
    }
}

extension SystemAccess {
    /// Removes counters of failed authentications that are older than an hour.
    public func pruneFailedAuthentications(now: Timestamp) throws {
        try FailedAuthentications.prune(database, now: now)
    }
}
