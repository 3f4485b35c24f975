public import Auth
public import Base
import Crypto
import Store

/// A workspace with members of all six roles and three API keys. The ids that the test gives to its rows begin with the
/// owner's digits, and most of their texts contain the owner's mark, in e-mail addresses in lower case, so that a leak
/// is visible.
public final class TestWorkspace {
    /// The owner of the workspace.
    public enum Owner: String, Sendable {
        case own = "aaaaaaaa"
        case other = "bbbbbbbb"

        /// A word that most texts of the workspace contain.
        public var mark: String { self == .own ? "Quokka" : "Wombat" }
    }

    public let owner: Owner
    public let id: Identifier
    public let members: [Role: Identifier]
    // The API keys in clear text.
    public let readKey: String
    public let writeKey: String
    public let revokedKey: String
    /// The id of the API key of scope read that is not revoked.
    public let readKeyID: Identifier
    /// The id of the API key of scope write.
    public let writeKeyID: Identifier
    let database: any Database
    private var count = 100

    init(_ owner: Owner, in database: any Database) throws {
        self.owner = owner
        self.database = database
        let id = Self.id(owner, 0)
        self.id = id
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, $2, $3, $4)", id, owner.mark,
            Plan.enterprise, Timestamp("2026-01-01T00:00:00Z"))
        try AuditLog(database, workspaceID: id).begin(at: TestStore.now - .days(100))
        var members: [Role: Identifier] = [:]
        for (index, role) in Role.allCases.enumerated() {
            members[role] = Self.id(owner, index + 1)
            try database.execute(
                "INSERT INTO members (workspace_id, user_id, email, role, created_at) VALUES ($1, $2, $3, $4, $5)",
                id, members[role], "\(role.rawValue)@\(owner.mark.lowercased()).example", role,
                TestStore.now - .days(90))
        }
        self.members = members
        func key(_ number: Int, _ scope: Scope, revokedAt: Timestamp? = nil) throws -> String {
            let key = APIKey.generate()
            try database.execute(
                """
                INSERT INTO api_keys (workspace_id, id, name, prefix, key_hash, scope, created_by, created_at, revoked_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """, id, Self.id(owner, number), "\(owner.mark) \(scope.rawValue)", key.prefix,
                key.secret.reveal { SHA256.hash(Array($0.utf8)) }, scope, members[.admin],
                TestStore.now - .days(80) + number, revokedAt)
            return key.secret.reveal { $0 }
        }
        readKeyID = Self.id(owner, 11)
        writeKeyID = Self.id(owner, 12)
        readKey = try key(11, .read)
        writeKey = try key(12, .write)
        revokedKey = try key(13, .read, revokedAt: TestStore.now - .days(1))
    }

    /// Returns the next id of this workspace.
    public func nextID() -> Identifier {
        count += 1
        return Self.id(owner, count)
    }

    private static func id(_ owner: Owner, _ number: Int) -> Identifier {
        let digits = String(number)
        let text = owner.rawValue + "-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
        guard let id = Identifier(text) else { preconditionFailure("not an identifier: \(text)") }
        return id
    }

    /// Takes the number of the next audit entry, so that every operation that writes one fails.
    public func endAuditLog() throws {
        let last = try database.first("SELECT sequence_number FROM audit_heads WHERE workspace_id = $1", id) {
            try $0[0] as Int
        }
        try database.execute(
            """
            INSERT INTO audit_log (workspace_id, id, sequence_number, action, details, content_hash, prev_hash, row_hash,
                created_at)
            VALUES ($1, $2, $3, 'test.taken', '{}', '', '', '', $4)
            """, id, Identifier.random(), (last ?? 0) + 1, TestStore.now)
    }

    /// Sets all of these in the workspace's own row: its plan, its trial's end, and its rules for requests.
    public func set(
        plan: Plan = .enterprise, trialEnd: Timestamp? = nil, allowlist: String = "[]", mfaRequired: Bool = false,
        sessionTimeoutHours: Int? = nil
    ) throws {
        try database.execute(
            """
            UPDATE workspaces SET plan = $2, trial_ends_at = $3, ip_allowlist = $4, mfa_required = $5,
                session_timeout_hours = $6 WHERE id = $1
            """, id, plan, trialEnd, allowlist, mfaRequired, sessionTimeoutHours)
    }
}
