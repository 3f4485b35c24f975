import Base
import Store

// API keys of requests that only read: how they are checked without waiting for the database.
//
// Problem. A request with an API key needs three trips to the database one after the other: look up the key, count the
// request, and read the data. With PostgreSQL each trip is a round trip to a server, and each of the first two costs as
// much as the third.
//
// Approach. A process keeps the keys that it has looked up (`APIKeyCache`). If a request that only reads comes with a
// key that the process knows, the request is processed on the assumption that the key has not changed. The lookup
// (`KeyRevalidation`) and the counting (`RateLimitCheck`) are handed to `Database.runWithNextRead`, which sends them
// together with the first read of the handler: one round trip instead of three. When the handler has returned, its
// response is held back until both results are there. If the key has changed or is gone, `StaleKey` is thrown, the
// pipeline forgets all cached keys, and answers the request again from the beginning.
//
// Why it is safe. No response leaves the process before the confirmation has succeeded: neither data, nor an error that
// depends on the key or on its workspace's settings (`Authenticated.confirm`). The comparison covers everything that
// the checks used: id, name, scope, workspace and settings. It is made with the row that the database returned for this
// very request, so a revoked key is refused at once. The cache is used only if the operation requires just the read
// scope, so that a handler that runs twice changes nothing.
//
// Gain. On PostgreSQL, two of three round trips to the server.
//
// Costs. If a key has changed, the handler may run twice. A request beyond the hourly limit gets its 429 only after its
// data was read. A process that serves a single request finds the cache empty and gains nothing. On SQLite no round
// trip can be saved, so no key is cached there: each request first looks up its key (`Database.combinesReads`).

/// The API keys that a process has looked up for requests that only read. On SQLite it stays empty.
public final class APIKeyCache {
    /// The largest number of cached keys. If the cache is full when a key is stored, all keys are forgotten first.
    private static let most = 100

    private var keys: [[UInt8]: StoredAPIKey] = [:]

    /// Creates an empty cache.
    public init() {}

    subscript(hash: [UInt8]) -> StoredAPIKey? {
        get { keys[hash] }
        set {
            if keys.count >= Self.most { forgetAll() }
            keys[hash] = newValue
        }
    }

    /// Removes all keys from the cache.
    public func forgetAll() { keys = [:] }

    /// Returns the result of `body`, which answers a request. If a cached key turns out to be outdated, forgets all
    /// keys and calls `body` again.
    public func withFreshKey<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch is StaleKey {
            forgetAll()
            return try body()
        }
    }
}

/// A cached API key is outdated: it or its workspace's settings were changed, it was revoked, or the workspace was
/// erased. The request must be answered again with a fresh lookup.
struct StaleKey: Error {}

/// The lookup that shows if a cached key is still up to date.
public final class KeyRevalidation {
    private let known: StoredAPIKey
    private let database: any Database
    private var found: StoredAPIKey?

    /// Looks up `key`, either now or together with the next read.
    init(of key: APIKey, known: StoredAPIKey, in database: any Database) throws {
        self.known = known
        self.database = database
        try database.runWithNextRead(StoredAPIKey.lookup(of: key) { self.found = $0 })
    }

    /// Completes the lookup.
    ///
    /// - Throws: `StaleKey` if the key was revoked, if its workspace was erased, or if the key or the workspace's
    ///   settings differ from the cached ones.
    func check() throws {
        try database.runWaiting()
        guard found == known else { throw StaleKey() }
    }
}

/// Counts one request of an API key, and checks the key's hourly limit. A request that can be counted is counted once,
/// whatever its handler answers. Only a request whose cached key turns out to be outdated may be counted twice, because
/// it is answered again.
public final class RateLimitCheck {
    private let database: any Database
    private let confirmation: KeyRevalidation?
    private let isRead: Bool
    private var counted: RateLimit?
    /// The reason why the request could not be counted. Nil if it was, or if that is not known yet.
    public private(set) var obstacle: String?
    /// Counts this request as the first one of its key, for a key that has no counter yet.
    private let beginning: () throws -> RateLimit

    /// Counts one more request of `key`, either now or together with the next read, as described at the head of this
    /// file. If a request that only reads can't be counted, it is admitted.
    ///
    /// - Throws: 429 if the count is already known, and exceeds the limit.
    init(
        of key: StoredAPIKey, _ confirmation: KeyRevalidation?, isRead: Bool, limit: Int, in database: any Database,
        now: Timestamp
    ) throws {
        self.database = database
        self.isRead = isRead
        self.confirmation = confirmation
        let (subject, window) = (StoredAPIKey.counter(key.id), Int.hours(1))
        beginning = { try RateLimit.beginning(subject, limit: limit, window: window, now: now, in: database) }
        let counting = RateLimit.counting(subject, limit: limit, window: window, now: now) { self.counted = $0 }
        try unlessObstructed { try database.counters.runWithNextRead(counting) }
        if let counted { try Self.check(counted) }
    }

    /// Returns the state of the key's limit, including this request. Returns nil if the request only reads and could
    /// not be counted because the database can't be written.
    ///
    /// - Throws: `StaleKey` if the cached key has changed since it was cached; 429 if the request exceeds the limit.
    public func rateLimit() throws -> RateLimit? {
        try database.counters.runWaiting()
        try confirmation?.check()
        // The key has no counter yet. It must be created now, so that every answered request is counted if that is
        // possible.
        if counted == nil, obstacle == nil { try unlessObstructed { counted = try beginning() } }
        guard let counted else { return nil }
        try Self.check(counted)
        return counted
    }

    /// Runs `count`. If the database can't be written, for example because the disk is full, a request that only reads
    /// continues, and `obstacle` gets the reason.
    private func unlessObstructed(_ count: () throws -> Void) throws {
        do {
            try count()
        } catch StoreError.unwritable(let reason) where isRead {
            obstacle = reason
        }
    }

    private static func check(_ counted: RateLimit) throws {
        guard counted.isExceeded else { return }
        throw LimitExceeded(
            counted, code: "access.hourly_limit",
            "This API key has used its \(counted.limit) requests for this hour. Try again later.")
    }
}
