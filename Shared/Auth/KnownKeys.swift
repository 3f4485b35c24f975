import Store

/// What a process has learnt of the API keys of requests that only read. Such a key need not be waited for again: it is
/// looked up with the request's first read, in the same round trip to the database, and the answer goes out only when the
/// key has proved to be what was known of it.
public final class KnownKeys {
    /// So many are kept. A process that meets more keys than that begins anew.
    private static let most = 100

    private var keys: [[UInt8]: StoredAPIKey] = [:]

    /// None.
    public init() {}

    subscript(hash: [UInt8]) -> StoredAPIKey? {
        get { keys[hash] }
        set {
            if keys.count >= Self.most { forgetAll() }
            keys[hash] = newValue
        }
    }

    /// Knows none of them any more.
    public func forgetAll() { keys = [:] }
}

/// A known key has changed or is gone: what it was taken for is worth nothing, and the request is to be answered anew.
public struct OutdatedKey: Error {}

/// The lookup that shows whether a known key still is what it was.
public final class KeyConfirmation {
    private let known: StoredAPIKey
    private let database: any Database
    private var found: StoredAPIKey?

    /// Looks `key` up, at once or with the next read.
    init(of key: APIKey, known: StoredAPIKey, in database: any Database) throws {
        self.known = known
        self.database = database
        try database.runWithNextRead(StoredAPIKey.lookup(of: key) { self.found = $0 })
    }

    /// Throws `OutdatedKey` when the key is not what was known.
    func check() throws {
        try database.runWaiting()
        guard found == known else { throw OutdatedKey() }
    }
}
