import Store

// API keys of requests that only read: how they are checked without waiting for the database.
//
// Problem. A request with an API key needs three trips to the database one after the other: look up the key, count the
// request, and read the data. With PostgreSQL each trip is a round trip to a server, and the first two cost as much as
// the third.
//
// Approach. A process keeps the keys that it has looked up (`KnownKeys`). If a request that only reads comes with a key
// that the process knows, the request is processed on the assumption that the key has not changed. The lookup
// (`KeyConfirmation`) and the counting (`Admission`) are handed to `Database.runWithNextRead`, which sends them
// together with the first read of the handler: one round trip instead of three. When the handler has returned, its
// response is held back until both results are there. If the key has changed or is gone, `OutdatedKey` is thrown, the
// pipeline forgets all cached keys, and answers the request again from the beginning.
//
// Why it is safe. No response leaves the process before the confirmation has succeeded: neither data, nor an error that
// depends on the key or on its workspace's settings (`Authenticated.confirm`). The comparison covers everything that
// the checks used: id, name, scope, workspace and settings. It is made with the row that the database returned for this
// very request, so a revoked key is refused at once. The cache is used only if the operation requires just the read
// scope, so that a handler that runs twice changes nothing.
//
// Costs. If a key has changed, the handler runs twice. A request beyond the hourly limit gets its 429 only after its
// data was read. A process that serves a single request finds the cache empty, and SQLite runs every statement at once:
// neither gains anything.

/// The API keys that a process has seen in requests that only read.
public final class KnownKeys {
    /// The largest number of cached keys. If one more is added, all others are forgotten first.
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
}

/// A cached API key is outdated: it was changed or revoked. The request must be answered again with a fresh lookup.
public struct OutdatedKey: Error {}

/// The lookup that shows if a cached key is still up to date.
public final class KeyConfirmation {
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
    /// - Throws: `OutdatedKey` if the key was revoked, or if it or its workspace's settings differ from the cached
    ///   ones.
    func check() throws {
        try database.runWaiting()
        guard found == known else { throw OutdatedKey() }
    }
}
