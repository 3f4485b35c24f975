public import Base
import Crypto

/// One entry of the audit log.
public struct AuditEntry: Sendable {
    /// The action, such as `api_key.created`.
    public var action: String
    /// The member who did it. Nil for API keys, for operators and for the product itself.
    public var userID: Identifier?
    /// The member's e-mail address, `API key NAME (PREFIX)` or `Operator NAME`. Nil for the product itself, and for a
    /// member whose address is not known.
    public var actorEmail: String?
    /// The type of the action's target, such as `api_key`.
    public var targetType: String?
    /// The id of the target.
    public var targetID: String?
    /// Further details of the action.
    public var details: [String: JSON]
    /// The time of the action.
    public var createdAt: Timestamp

    public init(
        action: String, userID: Identifier? = nil, actorEmail: String? = nil, targetType: String? = nil,
        targetID: String? = nil, details: [String: JSON] = [:], createdAt: Timestamp = .now
    ) {
        self.action = action
        self.userID = userID
        self.actorEmail = actorEmail
        self.targetType = targetType
        self.targetID = targetID
        self.details = details
        self.createdAt = createdAt
    }
}

/// The audit log of one workspace. It is append-only, and each entry contains a hash that chains it to the previous
/// one.
public struct AuditLog {
    /// The previous hash of the first entry, which has no predecessor.
    public static let origin = String(repeating: "0", count: 64)

    private let database: any Database
    private let workspaceID: Identifier

    /// Creates access to the log of one workspace.
    public init(_ database: any Database, workspaceID: Identifier) {
        self.database = database
        self.workspaceID = workspaceID
    }

    /// Starts the chain of a new workspace with its first entry.
    public func begin(at moment: Timestamp = .now) throws {
        try database.transaction(.write) {
            try database.execute(
                "INSERT INTO audit_heads (workspace_id, sequence_number, row_hash) VALUES ($1, $2, $3)",
                workspaceID, -1, Self.origin)
            try append(
                AuditEntry(
                    action: "audit_chain.genesis", targetType: "workspace", targetID: workspaceID.description,
                    createdAt: moment))
        }
    }

    /// Locks the workspace's audit head until the current transaction ends. Other transactions that call this for the
    /// workspace wait, so they change no data that this transaction has read. A change takes this lock before any
    /// other, so that all changes take their locks in the same order.
    ///
    /// - Throws: `ClosedWorkspace` if the workspace's data was erased, even if that happened while this waited;
    ///   `StoreError` if the workspace has no audit log.
    public func lock() throws {
        let locked = try database.execute(
            "UPDATE audit_heads SET row_hash = row_hash WHERE workspace_id = $1 AND NOT is_closed", workspaceID)
        guard locked != 1 else { return }
        guard try isClosed() else { throw StoreError.failed("workspace \(workspaceID) has no audit chain") }
        throw ClosedWorkspace()
    }

    /// Closes the log: later calls of `lock` throw an error. Call it in the transaction that erases the workspace's
    /// data.
    public func close() throws {
        try database.execute("UPDATE audit_heads SET is_closed = true WHERE workspace_id = $1", workspaceID)
    }

    private func isClosed() throws -> Bool {
        try database.first("SELECT is_closed FROM audit_heads WHERE workspace_id = $1", workspaceID) {
            try $0[0] as Bool
        } ?? false
    }

    /// Appends one entry. It must be called in the transaction that makes the change which the entry describes.
    public func append(_ entry: AuditEntry) throws {
        try database.transaction(.write) {
            // This update locks the chain's head until the transaction ends, so that no two entries get the same
            // predecessor.
            let head = try database.first(
                """
                UPDATE audit_heads SET sequence_number = sequence_number + 1 WHERE workspace_id = $1
                RETURNING sequence_number, row_hash
                """, workspaceID
            ) { (sequence: try $0[0] as Int, hash: try $0[1] as String) }
            guard let head else { throw StoreError.failed("workspace \(workspaceID) has no audit chain") }
            let link = AuditLink(
                sequence: head.sequence, id: Identifier.random().description, actorEmail: entry.actorEmail,
                contentHash: Self.contentHash(entry, workspaceID: workspaceID), previousHash: head.hash)
            let rowHash = link.rowHash
            try database.execute(
                """
                INSERT INTO audit_log (workspace_id, id, sequence_number, user_id, actor_email, action, target_type,
                    target_id, details, content_hash, prev_hash, row_hash, created_at, hash_version)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                """, workspaceID, link.id, link.sequence, entry.userID, entry.actorEmail, entry.action,
                entry.targetType, entry.targetID, JSON.object(entry.details), link.contentHash, link.previousHash,
                rowHash, entry.createdAt, link.version.rawValue)
            try database.execute(
                "UPDATE audit_heads SET row_hash = $2 WHERE workspace_id = $1", workspaceID, rowHash)
        }
    }

    /// Checks the chain from its first entry to its head, and returns the number of entries.
    ///
    /// - Throws: `BrokenChain` at the first entry that does not continue the chain, because an entry was changed,
    ///   removed or inserted; at the number after the last entry if the head does not match. A log without entries is
    ///   broken, since each log begins with one. `StoreError` if a column can't be read.
    public func verify() throws -> Int {
        var next = 0
        var previous = Self.origin
        var version = AuditLink.Version.first
        try database.stream(
            """
            SELECT sequence_number, content_hash, prev_hash, row_hash, action, user_id, target_type, target_id, details,
                created_at, id, actor_email, hash_version
            FROM audit_log WHERE workspace_id = $1 ORDER BY sequence_number
            """, [workspaceID.sqlValue]
        ) { row in
            guard let itsVersion = AuditLink.Version(rawValue: try row[12]), itsVersion >= version,
                let details = (try row[8] as JSON).object
            else { throw BrokenChain(sequence: next) }
            let entry = AuditEntry(
                action: try row[4], userID: try row[5], targetType: try row[6], targetID: try row[7],
                details: details, createdAt: try row[9])
            version = itsVersion
            let link = AuditLink(
                sequence: next, id: try row[10], actorEmail: try row[11],
                contentHash: Self.contentHash(entry, workspaceID: workspaceID), previousHash: previous,
                version: version)
            guard try row[0] as Int == next, try row[1] as String == link.contentHash,
                try row[2] as String == previous, try row[3] as String == link.rowHash
            else { throw BrokenChain(sequence: next) }
            next += 1
            previous = link.rowHash
        }
        let head = try database.first(
            "SELECT sequence_number, row_hash FROM audit_heads WHERE workspace_id = $1", workspaceID
        ) { (sequence: try $0[0] as Int, hash: try $0[1] as String) }
        guard let head, next > 0, head.sequence == next - 1, head.hash == previous else {
            throw BrokenChain(sequence: next)
        }
        return next
    }

    /// The error for a change of a workspace whose data was erased, for example while the request or job ran. The
    /// answer is the same as for a user who is not a member.
    public struct ClosedWorkspace: DomainError {
        public var code: String { "store.workspace_closed" }
        public var kind: ErrorKind { .refused }
        public var sentence: String { "You are not a member of this workspace." }
    }

    /// The chain is broken at this entry.
    public struct BrokenChain: Error, Equatable, CustomStringConvertible {
        /// The sequence_number, counted from 0, that the entry has or should have.
        public let sequence: Int

        public var description: String { "the audit log's chain is broken at the entry with number \(sequence)" }
    }

    /// Returns the SHA-256 hash, in hexadecimal, of the entry's content: its action, time, details, target, member and
    /// workspace, as canonical JSON (sorted names, no spaces). `AuditLink.rowHash` covers the other fields, since
    /// version 2.
    public static func contentHash(_ entry: AuditEntry, workspaceID: Identifier) -> String {
        contentHash(exported: [
            "action": .string(entry.action),
            "created_at": .string(entry.createdAt.description),
            "details": .object(entry.details),
            "target_id": entry.targetID.map(JSON.string) ?? .null,
            "target_type": entry.targetType.map(JSON.string) ?? .null,
            "user_id": entry.userID.map { .string($0.description) } ?? .null,
            "workspace_id": .string(workspaceID.description),
        ])
    }

    /// Returns the content hash of an exported entry, computed from its members. Members that the hash does not cover
    /// are ignored.
    public static func contentHash(exported members: [String: JSON]) -> String {
        hash(members.filter { hashedFields.contains($0.key) })
    }

    private static let hashedFields = [
        "action", "created_at", "details", "target_id", "target_type", "user_id", "workspace_id",
    ]

    static func hash(_ fields: [String: JSON]) -> String {
        SHA256.hexadecimal(JSONWriter.bytes(JSON.object(fields)))
    }
}

/// The fields of an entry that its row_hash covers: its place in the workspace's chain.
public struct AuditLink: Sendable {
    /// The version of the row_hash, which decides which fields it covers. It is stored in the column hash_version. A
    /// chain in which it decreases counts as broken, so an entry can't be passed off as an older one, whose hash covers
    /// fewer fields.
    public enum Version: Int, Comparable, Sendable {
        /// The hash covers content_hash, prev_hash and sequence_number.
        case first = 1
        /// The hash also covers id, actor_email and hash_version, which content_hash does not cover.
        case allFields = 2

        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    let sequence: Int
    let id: String
    let actorEmail: String?
    let contentHash: String
    let previousHash: String
    let version: Version

    /// Creates a link from its parts. New entries use the newest version.
    public init(
        sequence: Int, id: String, actorEmail: String?, contentHash: String, previousHash: String,
        version: Version = .allFields
    ) {
        self.sequence = sequence
        self.id = id
        self.actorEmail = actorEmail
        self.contentHash = contentHash
        self.previousHash = previousHash
        self.version = version
    }

    /// The SHA-256 hash that chains the entry to the previous one, over canonical JSON (sorted names, no spaces), in
    /// hexadecimal.
    public var rowHash: String {
        var fields: [String: JSON] = [
            "content_hash": .string(contentHash), "prev_hash": .string(previousHash),
            "sequence_number": .integer(sequence),
        ]
        if version >= .allFields {
            fields["actor_email"] = actorEmail.map(JSON.string) ?? .null
            fields["hash_version"] = .integer(version.rawValue)
            fields["id"] = .string(id)
        }
        return AuditLog.hash(fields)
    }
}
