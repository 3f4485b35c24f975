import Base
import Store

/// Follows the chain of an exported audit log, and finds the first entry that was changed, removed or inserted.
///
/// An entry's content_hash covers its fields, its row_hash covers the rest and its place, and its prev_hash is the row_hash of
/// the entry before it. If all three were computed anew, the next entry shows it: it still follows the old row_hash. If all
/// entries up to the last were computed anew, the signature shows it.
struct ChainCheck {
    /// What is wrong.
    enum Fault: Error, Equatable {
        /// The entry does not say what it said.
        case changed(Entry)
        /// The entry did not exist, or stood at another position.
        case inserted(Entry)
        /// The entry of this number is missing.
        case removed(Int)
        /// So many entries are missing at the beginning or at the end.
        case cutOff(Int)
        /// There are more entries than total_entries says, without a signature that tells which of the two is wrong.
        case surplus(total: Int, count: Int)
        /// The signature is one over exactly these entries, so that total_entries alone was changed.
        case otherTotal(Int, count: Int)
        /// The signature is missing, or is not one over these entries.
        case notSigned
        /// The signature was made with another key than the expected one, which this is.
        case signedByOther(publicKey: String)
    }

    /// What an exported entry says of itself.
    struct Entry: Equatable {
        let id: String
        let action: String
        let sequence: Int
        let previousHash: String
        let rowHash: String
        let workspaceID: String
        let version: AuditLink.Version
        /// The members that an export writes. Others are nobody's, and no hash covers them.
        private static let members: Set<String> = [
            "id", "workspace_id", "user_id", "action", "actor_email", "target_type", "target_id", "details",
            "content_hash", "created_at", "sequence_number", "prev_hash", "row_hash", "hash_version",
        ]
        /// True if its hashes are those of its fields.
        let isWhole: Bool

        /// A text for the terminal, without control characters, which would steer it.
        private static func printable(_ json: JSON?) -> String {
            String(
                String.UnicodeScalarView(
                    (json?.string ?? "").unicodeScalars.filter { $0.properties.generalCategory != .control }))
        }

        /// A part that is missing or of another kind makes an entry that is not whole.
        init(_ json: JSON) {
            let content = json["content_hash"]?.string ?? ""
            id = Self.printable(json["id"])
            action = Self.printable(json["action"])
            sequence = json["sequence_number"]?.integer.flatMap { (0..<Int.max).contains($0) ? $0 : nil } ?? -1
            previousHash = json["prev_hash"]?.string ?? ""
            rowHash = json["row_hash"]?.string ?? ""
            workspaceID = json["workspace_id"]?.string ?? ""
            // Exports of earlier releases do not name the version.
            let version = (json["hash_version"] ?? 1).integer.flatMap { AuditLink.Version(rawValue: $0) }
            self.version = version ?? .first
            let link = AuditLink(
                sequence: sequence, id: json["id"]?.string ?? "", actorEmail: json["actor_email"]?.string,
                contentHash: content,
                previousHash: previousHash, version: self.version)
            // A hash takes an actor_email that is no text for none.
            let namesActor = json["actor_email"] == .null || json["actor_email"]?.string != nil
            isWhole =
                version != nil && namesActor && Self.members.isSuperset(of: (json.object ?? [:]).keys)
                && content == AuditLog.contentHash(exported: json.object ?? [:])
                && rowHash == link.rowHash
        }
    }

    private(set) var first: Entry?
    /// The last entry that was added.
    private(set) var last: Entry?
    private(set) var count = 0
    /// The public key, in hexadecimal, by which the export's signature holds. Nil if it was not checked.
    var publicKey: String?
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

    /// Ends the chain, which the export says is one of that workspace.
    func end(workspaceID: String) throws(Fault) {
        if let doubtful { throw verdict(on: doubtful, before: nil) }
        if let first, first.workspaceID != workspaceID { throw .inserted(first) }
    }

    /// Compares the chain with the number of entries that the export says it has. No signature covers this chain.
    func compare(total: Int) throws(Fault) {
        guard let first, let last else {
            if total > 0 { throw .removed(0) }
            return
        }
        if count < total {
            // Exports begin with the first entry, or with the first of a year.
            if first.sequence == 0 { throw .removed(last.sequence + 1) }
            throw last.sequence == total - 1 ? .removed(0) : .cutOff(total - count)
        }
        if count > total { throw .surplus(total: total, count: count) }
    }

    private func goesOn(_ entry: Entry) -> Bool {
        guard let last else {
            return entry.isWhole && (entry.sequence > 0 || entry.previousHash == AuditLog.origin)
        }
        return entry.isWhole && entry.sequence == last.sequence + 1 && entry.previousHash == last.rowHash
            && entry.workspaceID == last.workspaceID && entry.version >= last.version
    }

    /// What is wrong with an entry that does not go on from `last`, or with `last` itself.
    private func verdict(on entry: Entry, before next: Entry?) -> Fault {
        guard let last else { return .changed(entry) }
        // Without it the chain holds.
        if let next, goesOn(next) { return .inserted(entry) }
        guard entry.isWhole, entry.version >= last.version else { return .changed(entry) }
        if entry.sequence > last.sequence + 1 { return .removed(last.sequence + 1) }
        let isFollowed = next?.previousHash == entry.rowHash
        // Of two with one number, or after a break, the one that the next entry follows was there before.
        if entry.sequence == last.sequence { return .inserted(isFollowed ? last : entry) }
        if entry.sequence == last.sequence + 1 { return .changed(isFollowed || next == nil ? last : entry) }
        return .inserted(entry)
    }
}
