import Base
import Crypto

/// One act that the audit log keeps.
public struct AuditEntry: Sendable {
    /// What was done, such as `api_key.created`.
    public var action: String
    /// The member who did it; nil for API keys and for the product itself.
    public var userID: Identifier?
    /// The member's e-mail address, or `API key NAME (PREFIX)`; nil for the product itself.
    public var actorEmail: String?
    /// What kind of thing it was done to, such as `api_key`.
    public var targetType: String?
    /// The id of that thing.
    public var targetID: String?
    /// What else there is to say about it.
    public var details: [String: JSON]
    /// When it was done.
    public var createdAt: Timestamp

    /// An entry whose parts are as named.
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

/// The audit log of one workspace: append-only, each entry hashed and chained to the one before it.
public struct AuditLog {
    /// What precedes the first entry.
    public static let origin = String(repeating: "0", count: 64)

    private let database: any Database
    private let workspaceID: Identifier

    /// The log of one workspace.
    public init(_ database: any Database, workspaceID: Identifier) {
        self.database = database
        self.workspaceID = workspaceID
    }

    /// Begins the chain of a new workspace with its genesis entry.
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

    /// Lets nobody else change the workspace until the transaction ends. What a change reads before it writes stays true,
    /// and all changes take their locks in the same order, this one first.
    public func lock() throws {
        let locked = try database.execute(
            "UPDATE audit_heads SET row_hash = row_hash WHERE workspace_id = $1", workspaceID)
        guard locked == 1 else { throw StoreError.failed("workspace \(workspaceID) has no audit chain") }
    }

    /// Appends one entry, in the transaction of the effect that it tells of.
    public func append(_ entry: AuditEntry) throws {
        try database.transaction(.write) {
            // The update locks the chain's head until the transaction ends, so that no two entries follow the same one.
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

    /// Follows the chain from its first entry to its head, and returns how many entries it has. Throws `BrokenChain` at
    /// the first entry that was changed, removed or inserted.
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
        guard let head, head.sequence == next - 1, head.hash == previous else { throw BrokenChain(sequence: next) }
        return next
    }

    /// The chain does not hold from this entry on.
    public struct BrokenChain: Error, Equatable {
        /// The entry's place, from 0.
        public let sequence: Int
    }

    /// SHA-256 over the entry's own fields as canonical JSON (sorted names, no spaces), in hexadecimal.
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

    /// The same of an entry as an export writes it: over those of its members that are its own fields.
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

/// The place of an entry in its workspace's chain: everything that its row_hash covers.
public struct AuditLink: Sendable {
    /// Which fields a row_hash covers. The numbers are those of the column hash_version. In a chain they never fall: an
    /// entry can't be passed off as an older one, which covers less.
    public enum Version: Int, Comparable, Sendable {
        /// content_hash, prev_hash and sequence_number.
        case first = 1
        /// Also id, actor_email and hash_version, which content_hash leaves out.
        case allFields = 2

        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    let sequence: Int
    let id: String
    let actorEmail: String?
    let contentHash: String
    let previousHash: String
    let version: Version

    /// A link with these parts; new entries have the newest version.
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

    /// The SHA-256 that chains the entry to the one before it, over canonical JSON (sorted names, no spaces), in hexadecimal.
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
