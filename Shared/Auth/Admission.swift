import Base
import HTTP
import Store

/// Whether a request is within the hourly limit of its API key. It is counted once, whatever becomes of it; only one whose
/// known key turns out to be outdated is counted anew, as it is answered anew.
public final class Admission {
    private let counters: any Database
    private let confirmation: KeyConfirmation?
    private var counted: RateLimit?

    /// Counts one more request of `key`, at once or with the next read. Throws 429 when it is known to be too many.
    init(
        of key: StoredAPIKey, _ confirmation: KeyConfirmation?, limit: Int, in database: any Database, now: Timestamp
    ) throws {
        counters = database.counters
        self.confirmation = confirmation
        let counting = RateLimit.counting(
            StoredAPIKey.counter(key.id), limit: limit, window: Int.hours(1), now: now
        ) { self.counted = $0 }
        try counters.runWithNextRead(counting)
        if let counted { try Self.check(counted) }
    }

    /// Where the key stands in its limit, with this request. Throws `OutdatedKey` when the key has changed meanwhile, 429
    /// when the request is one too many.
    public func rateLimit() throws -> RateLimit {
        try counters.runWaiting()
        // Nothing is answered that has not been counted.
        guard let counted else { throw StoreError.unreachable("the request was not counted") }
        try confirmation?.check()
        try Self.check(counted)
        return counted
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
