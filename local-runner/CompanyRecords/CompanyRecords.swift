public import Base
public import Store

/// Adds rows to the tables of a company's inventory, for the demonstration and for tests. A value that is nil is
/// unknown, as if the platform did not report it.
public struct CompanyRecords {
    let database: any Database
    let workspaceID: Identifier

    /// The employment of which an account is HR's record. The status is `active`, `leave` or `terminated`.
    public struct Employment: Sendable {
        let status: String
        let hiredAt, terminatedAt, movedAt: Timestamp?

        public init(
            status: String, hiredAt: Timestamp? = nil, terminatedAt: Timestamp? = nil, movedAt: Timestamp? = nil
        ) {
            (self.status, self.hiredAt, self.terminatedAt, self.movedAt) = (status, hiredAt, terminatedAt, movedAt)
        }
    }

    /// Creates a value whose methods add rows to the workspace with this id.
    public init(of workspaceID: Identifier, in database: any Database) {
        self.database = database
        self.workspaceID = workspaceID
    }

    /// Adds an integration.
    public func addIntegration(
        _ id: Identifier, _ platform: String, category: String, idpRole: String? = nil, status: String = "connected",
        connectedBy: Identifier? = nil, connectedAt: Timestamp? = nil, lastSyncAt: Timestamp? = nil,
        nextSyncAt: Timestamp? = nil, error: (kind: String, sentence: String)? = nil, createdAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO integrations (workspace_id, id, platform, category, idp_role, status, connected_by,
                connected_at, last_sync_at, next_auto_sync_at, error_kind, error, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """, workspaceID, id, platform, category, idpRole, status, connectedBy, connectedAt, lastSyncAt, nextSyncAt,
            error?.kind, error?.sentence, createdAt)
    }

    /// Adds an identity.
    public func addIdentity(
        _ id: Identifier, email: String?, name: String, status: String, type: String, mfa: Bool?,
        lastLoginAt: Timestamp? = nil, department: String? = nil, title: String? = nil, manager: String? = nil,
        hrStatus: String? = nil, hiredAt: Timestamp? = nil, terminatedAt: Timestamp? = nil,
        deprovisionedAt: Timestamp? = nil, suspendedAt: Timestamp? = nil, createdAt: Timestamp, updatedAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO identities (workspace_id, id, email, display_name, status, identity_type, mfa_enabled,
                last_login_at, department, title, manager_email, hr_status, hired_at, terminated_at,
                deprovisioned_at, suspended_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            """, workspaceID, id, email, name, status, type, mfa, lastLoginAt, department, title, manager, hrStatus,
            hiredAt, terminatedAt, deprovisionedAt, suspendedAt, createdAt, updatedAt)
    }

    /// Adds an account on a platform.
    public func addAccount(
        _ id: Identifier, on integration: Identifier, of identity: Identifier?, externalID: String, username: String,
        email: String? = nil, name: String? = nil, kind: String = "user", status: String = "active",
        isAdmin: Bool = false, adminSince: Timestamp? = nil, roles: [String] = [], mfa: Bool? = nil, sso: Bool? = nil,
        lastLoginAt: Timestamp? = nil, department: String? = nil, manager: String? = nil,
        metadata: [String: JSON] = [:], employment: Employment? = nil, createdAt: Timestamp? = nil,
        updatedAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO accounts (workspace_id, id, integration_id, identity_id, external_id, username, email,
                display_name, account_type, status, is_admin, admin_roles, mfa_enabled, sso_enforced, last_login_at,
                department, manager_email, metadata, created_at, updated_at, admin_since, hr_status, hired_at,
                terminated_at, moved_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                $22, $23, $24, $25)
            """, workspaceID, id, integration, identity, externalID, username, email, name, kind, status, isAdmin,
            JSON.array(roles.map(JSON.string)), mfa, sso, lastLoginAt, department, manager, JSON.object(metadata),
            createdAt, updatedAt, adminSince, employment?.status, employment?.hiredAt, employment?.terminatedAt,
            employment?.movedAt)
    }

    /// Adds an application.
    public func addApplication(
        _ id: Identifier, _ name: String, from integration: Identifier, externalID: String, publisher: String?,
        category: String? = nil, sso: Bool?, isAITool: Bool = false, isManaged: Bool, firstSeenAt: Timestamp,
        updatedAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO applications (workspace_id, id, integration_id, external_id, name, name_folded, publisher,
                category, sso_enabled, is_ai_tool, is_managed, first_seen_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """, workspaceID, id, integration, externalID, name, name.lowercased(), publisher, category, sso, isAITool,
            isManaged, firstSeenAt, updatedAt)
    }

    /// Adds the workspace's decision about applications of a name: `sanctioned`, `unauthorized` or `blocked`.
    public func addPolicy(_ status: String, on name: String, by actor: String? = nil, at moment: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_by, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            """, workspaceID, name, name.lowercased(), status, actor, moment)
    }
}
