import Base
import Store

/// Checks the chain of an exported audit log and finds the first entry that was changed, removed or inserted.
///
/// The content_hash of an entry covers most of its fields, its row_hash covers its content_hash, its prev_hash and its
/// position and, since version 2, the other fields, and its prev_hash is the row_hash of the entry before it. If
/// someone recomputes all three for one entry, the next entry shows it, because its prev_hash still is the old
/// row_hash. If someone recomputes all entries up to the last, the signature shows it.
struct ChainCheck {
    /// The first fault of an export.
    enum Fault: Error, Equatable {
        /// The entry was changed: its fields do not match its hashes, or its hashes do not fit into the chain.
        case changed(Entry)
        /// The entry did not exist, or stood at another position.
        case inserted(Entry)
        /// The entry with this sequence number is missing.
        case removed(Int)
        /// This number of entries is missing at the beginning or at the end.
        case cutOff(Int)
        /// The export has more entries than total_entries says, and no valid signature tells which of the two was
        /// changed.
        case surplus(total: Int, count: Int)
        /// The signature covers exactly these entries, so only total_entries was changed.
        case otherTotal(Int, count: Int)
        /// The signature is missing, or does not match these entries.
        case notSigned
        /// Another key than the expected one signed the export. `publicKey` is the key that signed it.
        case signedByOther(publicKey: String)
    }

    /// An exported entry, with the fields that the check needs.
    struct Entry: Equatable {
        let id: String
        let action: String
        let sequence: Int
        let previousHash: String
        let rowHash: String
        let workspaceID: String
        let version: AuditLink.Version
        /// The members that an export writes. Any other member is an error, since no hash covers it.
        private static let members: Set<String> = [
            "id", "workspace_id", "user_id", "action", "actor_email", "target_type", "target_id", "details",
            "content_hash", "created_at", "sequence_number", "prev_hash", "row_hash", "hash_version",
        ]
        /// True if the hashes match the fields, and the entry has only known members and a known version.
        let isWhole: Bool

        /// Returns a JSON string for the terminal, without control characters, which could move the cursor or change
        /// colours. Returns an empty text for any other value.
        private static func printable(_ json: JSON?) -> String {
            String(
                String.UnicodeScalarView(
                    (json?.string ?? "").unicodeScalars.filter { $0.properties.generalCategory != .control }))
        }

        /// Reads an entry. An entry whose members are missing or of another type than those that were hashed is not
        /// whole.
        init(_ json: JSON) {
            let content = json["content_hash"]?.string ?? ""
            id = Self.printable(json["id"])
            action = Self.printable(json["action"])
            sequence = json["sequence_number"]?.integer.flatMap { (0..<Int.max).contains($0) ? $0 : nil } ?? -1
            previousHash = json["prev_hash"]?.string ?? ""
            rowHash = json["row_hash"]?.string ?? ""
            workspaceID = json["workspace_id"]?.string ?? ""
            // Exports of earlier releases have no hash_version.
            let version = (json["hash_version"] ?? 1).integer.flatMap { AuditLink.Version(rawValue: $0) }
            self.version = version ?? .first
            let link = AuditLink(
                sequence: sequence, id: json["id"]?.string ?? "", actorEmail: json["actor_email"]?.string,
                contentHash: content,
                previousHash: previousHash, version: self.version)
            // The hash treats an actor_email that is not a string like a missing one, so the type is checked here.
            let namesActor = json["actor_email"] == .null || json["actor_email"]?.string != nil
            isWhole =
                version != nil && namesActor && Self.members.isSuperset(of: (json.object ?? [:]).keys)
                && content == AuditLog.contentHash(exported: json.object ?? [:])
                && rowHash == link.rowHash
        }
    }

    private(set) var first: Entry?
    /// The last entry of the chain that has been added.
    private(set) var last: Entry?
    private(set) var count = 0
    /// The public key, in hexadecimal, that verified the export's signature; nil if the signature was not checked.
    var publicKey: String?
    /// An entry that does not continue the chain. The next entry helps to find the reason.
    private var doubtful: Entry?

    /// Adds the next entry. One that does not continue the chain is reported with the entry after it, or by `end`.
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

    /// Ends the chain, and checks that it belongs to the workspace that the export names.
    func end(workspaceID: String) throws(Fault) {
        if let doubtful { throw verdict(on: doubtful, before: nil) }
        if let first, first.workspaceID != workspaceID { throw .inserted(first) }
    }

    /// Compares the length of a chain without a valid signature with the number of entries that the export claims.
    func compare(total: Int) throws(Fault) {
        guard let first, let last else {
            if total > 0 { throw .removed(0) }
            return
        }
        if count < total {
            // An export begins with the first entry of the log, or with the first of the exported year.
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

    /// Returns the fault of an entry that does not continue the chain after `last`, or the fault of `last` itself.
    private func verdict(on entry: Entry, before next: Entry?) -> Fault {
        guard let last else { return .changed(entry) }
        // The next entry continues the chain after `last`, so the chain holds without this entry.
        if let next, goesOn(next) { return .inserted(entry) }
        guard entry.isWhole, entry.version >= last.version else { return .changed(entry) }
        if entry.sequence > last.sequence + 1 { return .removed(last.sequence + 1) }
        let isFollowed = next?.previousHash == entry.rowHash
        // If two entries have the same number, or the chain breaks, the original entry is the one that the next entry
        // continues.
        if entry.sequence == last.sequence { return .inserted(isFollowed ? last : entry) }
        if entry.sequence == last.sequence + 1 { return .changed(isFollowed || next == nil ? last : entry) }
        return .inserted(entry)
    }
}
