public import Base
import Store

extension CompanyRecords {
    /// Gives an account a role in an application.
    public func addEntitlement(
        _ id: Identifier, _ role: String, of identity: Identifier?, account: Identifier?, in application: Identifier,
        from integration: Identifier, externalID: String, isAdmin: Bool = false, isLicense: Bool = false,
        grantedAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil, updatedAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO entitlements (workspace_id, id, integration_id, account_id, identity_id, application_id,
                external_id, role, is_admin, is_license, granted_at, last_used_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """, workspaceID, id, integration, account, identity, application, externalID, role, isAdmin, isLicense,
            grantedAt, lastUsedAt, updatedAt)
    }

    /// Adds an OAuth grant of an account to an application. `access` is `basic`, `read`, `write` or `full`.
    public func addGrant(
        _ id: Identifier, of identity: Identifier?, account: Identifier?, to application: Identifier,
        from integration: Identifier, externalID: String, scopes: [JSON] = [], access: String, readsMailOrFiles: Bool,
        grantedAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil, updatedAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, identity_id, application_id,
                external_id, scopes, access, reads_mail_or_files, granted_at, last_used_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """, workspaceID, id, integration, account, identity, application, externalID, JSON.array(scopes), access,
            readsMailOrFiles, grantedAt, lastUsedAt, updatedAt)
    }

    /// Adds an access key, token or deploy key. `kind` is `access_key`, `access_token` or `deploy_key`.
    public func addKey(
        _ id: Identifier, _ externalID: String, kind: String, name: String?, of identity: Identifier?,
        account: Identifier?, on integration: Identifier, isActive: Bool = true, canWrite: Bool,
        createdAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil, expiresAt: Timestamp? = nil, updatedAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO access_keys (workspace_id, id, integration_id, account_id, identity_id, external_id, kind,
                name, is_active, can_write, created_at, last_used_at, expires_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            """, workspaceID, id, integration, account, identity, externalID, kind, name, isActive, canWrite, createdAt,
            lastUsedAt, expiresAt, updatedAt)
    }

    /// Adds a device.
    public func addDevice(
        _ id: Identifier, _ hostname: String, of identity: Identifier?, from integration: Identifier,
        externalID: String, serial: String? = nil, system: String? = nil, version: String? = nil,
        isSupported: Bool? = nil, isEncrypted: Bool? = nil, isCompliant: Bool? = nil, isJailbroken: Bool? = nil,
        hasEDR: Bool? = nil, isContained: Bool = false, detections: Int = 0, lastSeenAt: Timestamp? = nil,
        metadata: [String: JSON] = [:], createdAt: Timestamp, updatedAt: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO devices (workspace_id, id, integration_id, identity_id, external_id, hostname, serial_number,
                operating_system, os_version, is_os_supported, is_encrypted, is_compliant, is_jailbroken, has_edr,
                is_contained, open_detections, last_seen_at, created_at, updated_at, metadata)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
            """, workspaceID, id, integration, identity, externalID, hostname, serial, system, version, isSupported,
            isEncrypted, isCompliant, isJailbroken, hasEDR, isContained, detections, lastSeenAt, createdAt, updatedAt,
            JSON.object(metadata))
    }

    /// Adds a line of a platform's own log. The country is taken from `details`.
    public func addEvent(
        _ id: Identifier, _ type: String, of identity: Identifier?, on integration: Identifier, externalID: String,
        succeeded: Bool, actor: String?, target: String?, address: String?, details: [String: JSON],
        at moment: Timestamp
    ) throws {
        try database.execute(
            """
            INSERT INTO audit_events (workspace_id, id, integration_id, identity_id, external_id, event_type, outcome,
                actor, target, ip_address, details, country, occurred_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """, workspaceID, id, integration, identity, externalID, type, succeeded ? "success" : "failure", actor,
            target, address, JSON.object(details), details["country"]?.string, moment)
    }
}
