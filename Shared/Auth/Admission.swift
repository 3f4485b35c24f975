import Base
import HTTP
import Store

/// Whether a request is within the hourly limit of its API key. It is counted once, whatever becomes of it; only one whose
/// known key turns out to be outdated is counted anew, as it is answered anew.
public final class Admission {
    private let database: any Database
    private let confirmation: KeyConfirmation?
    private let isRead: Bool
    private var counted: RateLimit?
    /// Why the request could not be counted; nil if it was.
    public private(set) var obstacle: String?
    /// Counts the request of a key that has made none before.
    private let beginning: () throws -> RateLimit

    /// Counts one more request of `key`, at once or with the next read. Throws 429 when it is known to be too many. A request that
    /// only reads and can't be counted is admitted.
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

    /// Where the key stands in its limit, with this request; nil if that could not be counted, and the request only reads. Throws
    /// `OutdatedKey` when the key has changed meanwhile, 429 when the request is one too many.
    public func rateLimit() throws -> RateLimit? {
        try database.counters.runWaiting()
        try confirmation?.check()
        // Nothing is answered that has not been counted, if it can be.
        if counted == nil, obstacle == nil { try unlessObstructed { counted = try beginning() } }
        guard let counted else { return nil }
        try Self.check(counted)
        return counted
    }

    /// Counts. A read goes on where that fails: on a full disk, for example.
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
            429, "This API key has made its \(counted.limit) requests of this hour. Try again later.")
        error.headers = counted.headers
        error.headers.add("Retry-After", String(counted.secondsUntilReset))
        throw error
    }
}
