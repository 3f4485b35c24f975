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
        /// So many entries are missing at the beginning or at the end.
        case cutOff(Int)
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

        /// A part that is missing or of another kind makes an entry that is not whole.
        init(_ json: JSON) {
            let content = json["content_hash"]?.string ?? ""
            id = json["id"]?.string ?? ""
            action = json["action"]?.string ?? ""
            sequence = json["sequence_number"]?.integer ?? -1
            previousHash = json["prev_hash"]?.string ?? ""
            rowHash = json["row_hash"]?.string ?? ""
            workspaceID = json["workspace_id"]?.string ?? ""
            isWhole =
                content == AuditLog.contentHash(exported: json.object ?? [:])
                && rowHash == AuditLog.rowHash(contentHash: content, previousHash: previousHash, sequence: sequence)
        }
    }

    private(set) var first: Entry?
    /// The last entry that was added.
    private(set) var last: Entry?
    private(set) var count = 0
    /// An entry that does not go on from the one before it. The next one helps to tell why.
    private var doubtful: Entry?

    /// Adds the next entry.
    mutating func add(_ entry: Entry) throws(Fault) {
        if let doubtful { throw verdict(on: doubtful, before: entry) }
        guard goesOn(entry) else {
            doubtful = entry
            return
        }
        if first == nil { first = entry }
        last = entry
        count += 1
    }

    /// Ends the chain, which the export says has so many entries of that workspace.
    mutating func end(total: Int, workspaceID: String) throws(Fault) {
        if let doubtful { throw verdict(on: doubtful, before: nil) }
        if let first, first.workspaceID != workspaceID { throw .inserted(first) }
        guard let first, let last else {
            if total > 0 { throw .removed(0) }
            return
        }
        if count < total {
            // Exports begin with the first entry, or with the first of a year.
            if first.sequence == 0 { throw .removed(last.sequence + 1) }
            throw last.sequence == total - 1 ? .removed(0) : .cutOff(total - count)
        }
        if count > total { throw .inserted(last) }
    }

    private func goesOn(_ entry: Entry) -> Bool {
        guard let last else {
            return entry.isWhole && (entry.sequence > 0 || entry.previousHash == AuditLog.origin)
        }
        return entry.isWhole && entry.sequence == last.sequence + 1 && entry.previousHash == last.rowHash
            && entry.workspaceID == last.workspaceID
    }

    /// What is wrong with an entry that does not go on from `last`, or with `last` itself.
    private func verdict(on entry: Entry, before next: Entry?) -> Fault {
        guard let last else { return .changed(entry) }
        // Without it the chain holds.
        if let next, goesOn(next) { return .inserted(entry) }
        guard entry.isWhole else { return .changed(entry) }
        if entry.sequence > last.sequence + 1 { return .removed(last.sequence + 1) }
        let isFollowed = next?.previousHash == entry.rowHash
        // Of two with one number, or after a break, the one that the next entry follows was there before.
        if entry.sequence == last.sequence { return .inserted(isFollowed ? last : entry) }
        if entry.sequence == last.sequence + 1 { return .changed(isFollowed || next == nil ? last : entry) }
        return .inserted(entry)
    }
}
