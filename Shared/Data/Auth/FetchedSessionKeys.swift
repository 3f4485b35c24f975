public import Base
import Store

/// The public keys that verify session tokens, as they were last fetched from the tokens' issuer. Endpoints don't call
/// the issuer themselves. They read the keys here; the scheduled function session-keys fetches them.
public struct FetchedSessionKeys {
    private let issuer: String
    private let database: any Database

    init(issuer: String, _ database: any Database) {
        self.issuer = issuer
        self.database = database
    }

    /// Returns the JSON Web Key Set. Returns nil if none has been fetched yet.
    func keySet() throws -> [UInt8]? {
        try database.first("SELECT key_set FROM session_key_sets WHERE issuer = $1", issuer) { row in
            Array((try row[0] as String).utf8)
        }
    }

    /// Records that a token did not pass with the known keys, since the issuer may have new ones. It is recorded only
    /// once until the keys are fetched again, and not at all before they were fetched for the first time, so each
    /// request of a flood of invalid tokens reads one row and takes no write lock.
    func want(now: Timestamp) throws {
        let isUnwanted = try database.first(
            "SELECT 1 FROM session_key_sets WHERE issuer = $1 AND wanted_at IS NULL", issuer
        ) { _ in true }
        guard isUnwanted == true else { return }
        try database.execute(
            "UPDATE session_key_sets SET wanted_at = $2 WHERE issuer = $1 AND wanted_at IS NULL", issuer, now)
    }

    /// Returns true if the keys are to be fetched now: if there are none yet, if they are five minutes old (so that a
    /// revoked key is not trusted for longer than the issuer's own cache allows), or if a token did not pass and they
    /// are at least one minute old.
    public func areDue(now: Timestamp) throws -> Bool {
        let last = try database.first(
            "SELECT fetched_at, wanted_at FROM session_key_sets WHERE issuer = $1", issuer
        ) { row in (fetched: try row[0] as Timestamp, isWanted: !row.isNull(1)) }
        guard let last else { return true }
        return now >= last.fetched + (last.isWanted ? 60 : 300)
    }

    /// Stores a key set that has just been fetched.
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
    /// Returns access to the fetched keys of an issuer.
    public func sessionKeys(of issuer: String) -> FetchedSessionKeys { FetchedSessionKeys(issuer: issuer, database) }
}
