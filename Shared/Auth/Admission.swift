import Base
import HTTP
import Store

/// Counts one request of an API key, and checks the key's hourly limit. Each request is counted once, whatever its
/// outcome. Only a request whose cached key turns out to be outdated is counted twice, because it is answered twice
/// (see KnownKeys.swift).
public final class Admission {
    private let database: any Database
    private let confirmation: KeyConfirmation?
    private let isRead: Bool
    private var counted: RateLimit?
    /// The reason why the request could not be counted. Nil if it was counted.
    public private(set) var obstacle: String?
    /// Counts this request as the first one of its key, for a key that has no counter yet.
    private let beginning: () throws -> RateLimit

    /// Counts one more request of `key`, either now or together with the next read (see KnownKeys.swift). If a request
    /// that only reads can't be counted, it is admitted.
    ///
    /// - Throws: 429 if the count is already known, and exceeds the limit.
    init(
        of key: StoredAPIKey, _ confirmation: KeyConfirmation?, isRead: Bool, limit: Int, in database: any Database,
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
    /// not be counted.
    ///
    /// - Throws: `OutdatedKey` if the cached key has changed since it was cached; 429 if the request exceeds the limit.
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
        var error = HTTPError(
            429, "This API key has used its \(counted.limit) requests for this hour. Try again later.")
        error.headers = counted.headers
        error.headers.add("Retry-After", String(counted.secondsUntilReset))
        throw error
    }
}
