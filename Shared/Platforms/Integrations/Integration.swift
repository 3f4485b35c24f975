public import Auth
public import Base
public import Store

/// A platform that a workspace has connected, with its sealed credentials.
public struct Integration: Sendable {
    public let id: Identifier
    public let platform: Platform
    /// The time at which the current credentials were stored. Nil if that is not known.
    public let connectedAt: Timestamp?
    /// The time at which a sync was last applied. Nil if none was.
    public let lastSyncAt: Timestamp?
    private let workspaceID: Identifier
    private let sealed: [UInt8]?

    fileprivate init(
        _ id: Identifier, _ platform: Platform, of workspaceID: Identifier, connectedAt: Timestamp?,
        lastSyncAt: Timestamp?, sealed: [UInt8]?
    ) {
        self.id = id
        self.platform = platform
        self.workspaceID = workspaceID
        self.connectedAt = connectedAt
        self.lastSyncAt = lastSyncAt
        self.sealed = sealed
    }

    /// Decrypts the credentials. Apart from the rotation of keys, credentials are decrypted only here.
    ///
    /// - Throws: `IntegrationError.noCredentials` if there are none, `IntegrationError.unopenedCredentials` if none of
    ///   the server's keys decrypts them; `EnvironmentError` if CREDENTIALS_KEY is not set or malformed.
    public func credentials(_ environment: Environment) throws -> Credentials {
        let key = IntegrationKey(workspaceID: workspaceID, integrationID: id, platform: platform)
        guard let sealed else { throw IntegrationError.noCredentials }
        guard let credentials = try CredentialSeal(environment).open(sealed, for: key) else {
            throw IntegrationError.unopenedCredentials
        }
        return credentials
    }

    /// The condition that an integration may be synced: it is neither disconnected nor paused.
    public static let isActive: SQL = "integrations.status IN ('connected', 'pending', 'error')"

    /// The condition that an integration has data to sync (`Platform.isSynced`).
    static let hasData: SQL = "integrations.platform <> 'outbound'"
}

extension Workspace {
    /// Returns an integration that can be synced. An integration whose syncs have failed can be synced too.
    ///
    /// - Throws: `IntegrationError` if there is none with this id, if it is disconnected or paused, or if it has no
    ///   credentials or no data to sync.
    public func integrationToSync(_ id: Identifier) throws -> Integration {
        let found = try first(
            """
            SELECT id, platform, status, credentials, connected_at, last_sync_at FROM integrations
            WHERE workspace_id = $1 AND id = $2
            """, id
        ) { row in
            (
                id: try row[0] as Identifier, platform: try row[1] as String, status: try row[2] as String,
                credentials: try row[3] as [UInt8]?, connectedAt: try row[4] as Timestamp?,
                lastSyncAt: try row[5] as Timestamp?
            )
        }
        guard let found, found.status != "disconnected" else { throw IntegrationError.unknown }
        guard found.status != "paused" else { throw IntegrationError.paused }
        guard let platform = Platform(rawValue: found.platform), let credentials = found.credentials else {
            throw IntegrationError.noCredentials
        }
        guard platform.isSynced else { throw IntegrationError.nothingToSync }
        return Integration(
            found.id, platform, of: self.id, connectedAt: found.connectedAt, lastSyncAt: found.lastSyncAt,
            sealed: credentials)
    }

    /// Returns true if a sync of the integration may be applied: the integration is neither disconnected nor paused.
    public func isActive(_ integrationID: Identifier) throws -> Bool {
        try first(
            "SELECT 1 FROM integrations WHERE workspace_id = $1 AND id = $2 AND \(Integration.isActive)", integrationID
        ) { _ in true } ?? false
    }

    /// Returns the integration of a connected platform.
    ///
    /// - Throws: `IntegrationError.notConnected` if the platform is not connected or is paused.
    public func connected(_ platform: Platform) throws -> Integration {
        let found = try first(
            """
            SELECT id, connected_at, last_sync_at, credentials FROM integrations
            WHERE workspace_id = $1 AND platform = $2 AND status IN ('connected', 'error')
            """, platform.rawValue
        ) { row in
            Integration(
                try row[0], platform, of: id, connectedAt: try row[1], lastSyncAt: try row[2], sealed: try row[3])
        }
        guard let found else { throw IntegrationError.notConnected(platform) }
        return found
    }

    /// Returns the integration of a platform, provided that its credentials were not stored after `moment`, as far as
    /// that is known.
    ///
    /// - Throws: `IntegrationError` if the platform is not connected or is paused, or was connected again since. Other
    ///   credentials may belong to another tenant, where the same id belongs to another person.
    public func connected(_ platform: Platform, since moment: Timestamp) throws -> Integration {
        let integration = try connected(platform)
        if let connectedAt = integration.connectedAt, connectedAt > moment {
            throw IntegrationError.reconnected(platform)
        }
        return integration
    }

    /// Returns the identifiers of the connected platforms, in the order in which they were first connected.
    public func connectedPlatforms() throws -> [String] {
        try rows(
            """
            SELECT platform FROM integrations WHERE workspace_id = $1 AND status IN ('connected', 'error')
            ORDER BY created_at, id
            """
        ) { try $0[0] }
    }
}
