import Base
import Store

/// The public keys of session tokens, as they were last fetched from their issuer. Functions that call no upstream read
/// them here; the scheduled function session-keys fetches them.
public struct FetchedSessionKeys {
    private let issuer: String
    private let database: any Database

    init(issuer: String, _ database: any Database) {
        self.issuer = issuer
        self.database = database
    }

    /// The JSON Web Key Set; nil when none has been fetched yet.
    func keySet() throws -> [UInt8]? {
        try database.first("SELECT key_set FROM session_key_sets WHERE issuer = $1", issuer) { row in
            Array((try row[0] as String).utf8)
        }
    }

    /// Notes that a token did not pass with the keys that are known: there may be others by now. Noted once until they are
    /// fetched: a flood of bad tokens reads one row each and writes nothing, not even a lock.
    func want(now: Timestamp) throws {
        let isUnwanted = try database.first(
            "SELECT 1 FROM session_key_sets WHERE issuer = $1 AND wanted_at IS NULL", issuer
        ) { _ in true }
        guard isUnwanted == true else { return }
        try database.execute(
            "UPDATE session_key_sets SET wanted_at = $2 WHERE issuer = $1 AND wanted_at IS NULL", issuer, now)
    }

    /// Whether they are to be fetched: when there are none, when one was missing a minute after they were fetched, and
    /// every five minutes, so that a revoked key is not trusted for longer than the issuer's own cache allows.
    public func areDue(now: Timestamp) throws -> Bool {
        let last = try database.first(
            "SELECT fetched_at, wanted_at FROM session_key_sets WHERE issuer = $1", issuer
        ) { row in (fetched: try row[0] as Timestamp, isWanted: !row.isNull(1)) }
        guard let last else { return true }
        return now >= last.fetched + (last.isWanted ? 60 : 300)
    }

    /// Keeps a key set that has been fetched.
    public func store(_ keySet: [UInt8], now: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO session_key_sets (issuer, key_set, fetched_at) VALUES ($1, $2, $3)
            ON CONFLICT (issuer) DO UPDATE SET key_set = excluded.key_set, fetched_at = excluded.fetched_at,
                wanted_at = NULL
            """, issuer, String(decoding: keySet, as: UTF8.self), now)
    }
}

extension SystemAccess {
    /// The fetched keys of an issuer.
    public func sessionKeys(of issuer: String) -> FetchedSessionKeys { FetchedSessionKeys(issuer: issuer, database) }
}
