public import Base
import Store

/// A person who may use a workspace.
public struct WorkspaceMember: Sendable, Equatable {
    /// The subject of the person's session tokens.
    public let userID: Identifier
    /// The address in its canonical form. Empty if it is not known.
    public let email: String
    public let role: Role
    public let createdAt: Timestamp

    /// The member as JSON.
    public var json: JSON {
        [
            "user_id": .string(userID.description), "email": .string(email), "role": .string(role.rawValue),
            "created_at": .string(createdAt.description),
        ]
    }

    fileprivate var entryDetails: [String: JSON] { ["email": .string(email), "role": .string(role.rawValue)] }
}

/// A member who was removed, and the active API keys that the member had created.
public struct RemovedMember: Sendable {
    public let member: WorkspaceMember
    public let keys: [APIKeySummary]
    /// True if the keys were revoked.
    public let areKeysRevoked: Bool
}

extension Workspace {
    /// Returns the members, ordered by role as in `Role`, then oldest first.
    @_spi(System) public func members() throws -> [WorkspaceMember] {
        let members = try rows(
            "SELECT user_id, email, role, created_at FROM members WHERE workspace_id = $1 ORDER BY created_at, email",
            decode: Self.readMember)
        return Role.allCases.flatMap { role in members.filter { $0.role == role } }
    }

    /// Adds a member.
    ///
    /// - Throws: `AdministrationError` if the user is a member already.
    @_spi(System) public func addMember(
        _ userID: Identifier, email: String, role: Role, now: Timestamp = .now
    ) throws -> WorkspaceMember {
        try audited {
            if let known = try knownMember(userID) { throw AdministrationError.alreadyMember(known) }
            let member = WorkspaceMember(
                userID: userID, email: EmailAddress.canonical(email), role: role, createdAt: now)
            try execute(
                "INSERT INTO members (workspace_id, user_id, email, role, created_at) VALUES ($1, $2, $3, $4, $5)",
                userID, member.email, role, now)
            return (member, entry("member.added", member, member.entryDetails, at: now))
        }
    }

    /// Gives a member another role, which applies from the next request on.
    ///
    /// - Throws: `AdministrationError` if the user is not a member, or if no admin would be left and `mayLeaveNoAdmin`
    ///   is false.
    @_spi(System) public func changeRole(
        of userID: Identifier, to role: Role, mayLeaveNoAdmin: Bool = false, now: Timestamp = .now
    ) throws -> WorkspaceMember {
        try withWriteLock {
            let before = try demandMember(userID)
            guard before.role != role else { return before }
            if !mayLeaveNoAdmin, !Self.adminRoles.contains(role) { try demandAnotherAdmin(than: before) }
            return try audited {
                try execute("UPDATE members SET role = $3 WHERE workspace_id = $1 AND user_id = $2", userID, role)
                let after = WorkspaceMember(
                    userID: userID, email: before.email, role: role, createdAt: before.createdAt)
                var details = after.entryDetails
                details["former_role"] = .string(before.role.rawValue)
                return (after, entry("member.role_changed", after, details, at: now))
            }
        }
    }

    /// Removes a member. The active API keys that the member created are revoked, unless `keepsKeys` is true.
    ///
    /// - Throws: `AdministrationError` if the user is not a member, or if no admin would be left and `mayLeaveNoAdmin`
    ///   is false.
    @_spi(System) public func removeMember(
        _ userID: Identifier, keepsKeys: Bool, mayLeaveNoAdmin: Bool = false, now: Timestamp = .now
    ) throws -> RemovedMember {
        try audited {
            let member = try demandMember(userID)
            if !mayLeaveNoAdmin { try demandAnotherAdmin(than: member) }
            let made = Set(
                try rows(
                    """
                    SELECT id FROM api_keys WHERE workspace_id = $1 AND created_by = $2 AND revoked_at IS NULL
                    """, userID
                ) { try $0[0] as Identifier })
            let keys = try apiKeys().filter { made.contains($0.id) }
            if !keepsKeys { for key in keys { _ = try revokeAPIKey(key.id, now: now) } }
            try execute("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2", userID)
            var details = member.entryDetails
            details[keepsKeys ? "keys_kept" : "keys_revoked"] = .array(keys.map { .string($0.id.description) })
            return (
                RemovedMember(member: member, keys: keys, areKeysRevoked: !keepsKeys),
                entry("member.removed", member, details, at: now)
            )
        }
    }

    private func knownMember(_ userID: Identifier) throws -> WorkspaceMember? {
        try first(
            "SELECT user_id, email, role, created_at FROM members WHERE workspace_id = $1 AND user_id = $2", userID,
            decode: Self.readMember)
    }

    private func demandMember(_ userID: Identifier) throws -> WorkspaceMember {
        guard let member = try knownMember(userID) else { throw AdministrationError.notMember(userID) }
        return member
    }

    /// The roles that may manage members, keys and integrations. A workspace should always have a member with one of
    /// them.
    private static let adminRoles: Set = [Role.superAdmin, .admin]

    /// Throws an error if the member has one of the admin roles and no other member has one.
    private func demandAnotherAdmin(than member: WorkspaceMember) throws {
        guard Self.adminRoles.contains(member.role) else { return }
        let hasAnother = try members().contains { $0.userID != member.userID && Self.adminRoles.contains($0.role) }
        guard hasAnother else { throw AdministrationError.lastAdmin(member.userID) }
    }

    private static func readMember(_ row: any Row) throws -> WorkspaceMember {
        WorkspaceMember(userID: try row[0], email: try row[1], role: try row[2], createdAt: try row[3])
    }

    private func entry(
        _ action: String, _ member: WorkspaceMember, _ details: [String: JSON], at now: Timestamp
    ) -> AuditEntry {
        AuditEntry(
            action: action, targetType: "user", targetID: member.userID.description, details: details, createdAt: now)
    }
}
