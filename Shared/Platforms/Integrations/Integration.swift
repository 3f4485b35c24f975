public import Auth
public import Base
public import Store

/// A platform that a workspace has connected, with its sealed credentials.
public struct Integration: Sendable {
    public let id: Identifier
    public let platform: Platform
    /// The time at which these credentials were stored; nil if that was not stored.
    public let connectedAt: Timestamp?
    /// The time at which a sync was last applied; nil if none was.
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

    /// Opens the credentials. This is the only place that does.
    ///
    /// - Throws: `IntegrationError.unopenedCredentials` if there are none, or none of the server's keys opens them.
    public func credentials(_ environment: Environment) throws -> Credentials {
        let key = IntegrationKey(workspaceID: workspaceID, integrationID: id, platform: platform)
        guard let credentials = try sealed.flatMap({ try CredentialSeal(environment).open($0, for: key) }) else {
            throw IntegrationError.unopenedCredentials
        }
        return credentials
    }

    /// The condition that an integration is synced by itself: it is neither disconnected nor paused.
    public static let isActive: SQL = "integrations.status IN ('connected', 'pending', 'error')"
}

extension Workspace {
    /// An integration that can be synced; one that has failed may be tried again.
    ///
    /// - Throws: `IntegrationError` if there is none of that id, it is disconnected or paused, or it has no credentials.
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
        return Integration(
            found.id, platform, of: self.id, connectedAt: found.connectedAt, lastSyncAt: found.lastSyncAt,
            sealed: credentials)
    }

    /// Returns true if a sync of the integration may be applied: it was neither disconnected nor paused since it began.
    public func isActive(_ integrationID: Identifier) throws -> Bool {
        try first(
            "SELECT 1 FROM integrations WHERE workspace_id = $1 AND id = $2 AND \(Integration.isActive)", integrationID
        ) { _ in true } ?? false
    }

    /// The integration of a platform.
    ///
    /// - Throws: `IntegrationError.notConnected` if the platform is not connected.
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

    /// The integration of a platform as it was at a moment.
    ///
    /// - Throws: `IntegrationError` if the platform is not connected, or was connected again since: other credentials may
    ///   lead to another tenant, where the same id belongs to another person.
    public func connected(_ platform: Platform, since moment: Timestamp) throws -> Integration {
        let integration = try connected(platform)
        if let connectedAt = integration.connectedAt, connectedAt > moment {
            throw IntegrationError.reconnected(platform)
        }
        return integration
    }

    /// The identifiers of the platforms that are connected, the oldest first.
    public func connectedPlatforms() throws -> [String] {
        try rows(
            """
            SELECT platform FROM integrations WHERE workspace_id = $1 AND status IN ('connected', 'error')
            ORDER BY created_at, id
            """
        ) { try $0[0] }
    }
}
