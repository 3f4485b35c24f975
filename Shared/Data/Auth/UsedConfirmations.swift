public import Base
import Crypto
import Store

/// The confirmations that were used, among the counters. Each is valid for five minutes.
private enum UsedConfirmations {
    static let prefix = "confirmation:"
}

extension Workspace {
    /// Uses up a confirmation, such as a token with which a person approves a call. Returns false if it was used before.
    public func useOnce(confirmation: String, now: Timestamp) throws -> Bool {
        let subject = UsedConfirmations.prefix + SHA256.hexadecimal(Array(confirmation.utf8))
        // The window is so long that none ends while the confirmation is valid.
        return try !count(subject, limit: 1, window: .days(36_500), now: now).isExceeded
    }
}

extension SystemAccess {
    /// Deletes the counters of confirmations that were used more than an hour ago.
    public func pruneUsedConfirmations(now: Timestamp) throws {
        try database.counters.execute(
            "DELETE FROM counters WHERE subject LIKE $1 AND last_counted_at < $2", UsedConfirmations.prefix + "%",
            now - .hours(1))
    }
}
