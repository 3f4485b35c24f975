import Base
import Store

/// Follows the chain of an exported audit log, and finds the first entry that was changed, removed or inserted.
///
/// What an entry says is under its content_hash, its place under its row_hash, and the entry before it under its
/// prev_hash. Where all three are made anew, the entry behind shows it: it still follows what was there before.
struct ChainCheck {
    /// What is wrong.
    enum Fault: Error, Equatable {
        /// The entry does not say what it said.
        case changed(Entry)
        /// The entry was not there, or not there.
        case inserted(Entry)
        /// The entry of this number is missing.
        case removed(Int)
    }

    /// What an exported entry says of itself.
    struct Entry: Equatable {
        let id: String
        let action: String
        let sequence: Int
        let previousHash: String
        let rowHash: String
        let workspaceID: String
        /// Whether its hashes are those of what it says.
        let isWhole: Bool

        /// Nil when a part is missing or of another kind.
        init?(_ json: JSON) {
            guard let members = json.object, let id = json["id"]?.string, let action = json["action"]?.string,
                let sequence = json["sequence_number"]?.integer, let content = json["content_hash"]?.string,
                let previous = json["prev_hash"]?.string, let hash = json["row_hash"]?.string,
                let workspaceID = json["workspace_id"]?.string
            else { return nil }
            (self.id, self.action, self.sequence, self.workspaceID) = (id, action, sequence, workspaceID)
            (previousHash, rowHash) = (previous, hash)
            isWhole =
                content == AuditLog.contentHash(exported: members)
                && hash == AuditLog.rowHash(contentHash: content, previousHash: previous, sequence: sequence)
        }
    }

    private(set) var first: Entry?
    /// The last entry that was added.
    private(set) var last: Entry?
    private(set) var count = 0
    /// An entry that does not follow the one before it; the next one tells which of the two is wrong.
    private var doubtful: Entry?

    /// Adds the next entry.
    mutating func add(_ entry: Entry) throws(Fault) {
        if let doubtful { throw verdict(on: doubtful, followedBy: entry) }
        guard entry.isWhole else { throw .changed(entry) }
        if let last {
            guard entry.workspaceID == last.workspaceID else { throw .inserted(entry) }
            if entry.sequence > last.sequence + 1 { throw .removed(last.sequence + 1) }
            if entry.sequence < last.sequence { throw .inserted(entry) }
            guard entry.sequence == last.sequence + 1, entry.previousHash == last.rowHash else {
                doubtful = entry
                return
            }
        } else {
            if entry.sequence == 0, entry.previousHash != AuditLog.origin { throw .changed(entry) }
            first = entry
        }
        last = entry
        count += 1
    }

    /// Ends the chain, which the export says has so many entries of that workspace.
    mutating func end(total: Int, workspaceID: String) throws(Fault) {
        if let doubtful { throw verdict(on: doubtful, followedBy: nil) }
        if let first, first.workspaceID != workspaceID { throw .inserted(first) }
        guard let last else {
            if total > 0 { throw .removed(0) }
            return
        }
        if count < total { throw .removed(last.sequence + 1) }
        if count > total { throw .inserted(last) }
    }

    /// Which of `last` and `entry`, both whole, is not what it should be: the one that the next does not follow.
    private func verdict(on entry: Entry, followedBy next: Entry?) -> Fault {
        guard let last else { return .inserted(entry) }
        // Two of one number: one is too many.
        if entry.sequence == last.sequence {
            return .inserted(next?.previousHash == entry.rowHash ? last : entry)
        }
        // The next one holds to `entry`, or there is none: then what `entry` follows was there, and `last` is another.
        return .changed(next == nil || next?.previousHash == entry.rowHash ? last : entry)
    }
}
