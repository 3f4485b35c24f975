import Auth
import Base
import Connectors
import HTTP
import Store

/// A connected platform with its encrypted credentials.
struct ConnectedIntegration {
    let id: Identifier
    let platform: Platform
    /// The time since which it has these credentials; nil if it was not stored.
    let connectedAt: Timestamp?
    private let stored: [UInt8]?

    fileprivate init(_ id: Identifier, _ platform: Platform, connectedAt: Timestamp?, _ stored: [UInt8]?) {
        self.id = id
        self.platform = platform
        self.connectedAt = connectedAt
        self.stored = stored
    }

    /// Returns a connector with the credentials and a time limit for all of its work, in seconds.
    /// - Throws: `ConnectorError` if the credentials can't be decrypted or don't fit together.
    func connect(
        _ connector: any Connector.Type, in workspace: Workspace, _ environment: Environment, seconds: Double,
        now: Timestamp
    ) throws -> any Connector {
        let key = IntegrationKey(workspaceID: workspace.id, integrationID: id, platform: platform)
        guard let credentials = try stored.flatMap({ try CredentialSeal(environment).open($0, for: key) }) else {
            throw ConnectorError.configuration(ConnectorError.unopenedCredentials.sentence)
        }
        return try connector.init(credentials, ConnectorScope(environment, seconds: seconds, eventsSince: now))
    }
}

extension Workspace {
    /// Returns the integration of a platform.
    /// - Throws: `HTTPError` 409 if it is not connected.
    func connected(_ platform: Platform) throws -> ConnectedIntegration {
        let found = try first(
            """
            SELECT id, connected_at, credentials FROM integrations
            WHERE workspace_id = $1 AND platform = $2 AND status IN ('connected', 'error')
            """, platform.rawValue
        ) { row in ConnectedIntegration(try row[0], platform, connectedAt: try row[1], try row[2]) }
        guard let found else { throw HTTPError.conflict("\(platform.name) is not connected to this workspace.") }
        return found
    }

    /// Returns the integration of a platform, provided that its credentials are older than `moment`. Other credentials
    /// may lead to another tenant, where the same id belongs to someone else.
    /// - Throws: `HTTPError` 409 if it is not connected, or was reconnected since.
    func connected(_ platform: Platform, since moment: Timestamp) throws -> ConnectedIntegration {
        let integration = try connected(platform)
        if let connectedAt = integration.connectedAt, connectedAt > moment {
            throw HTTPError.conflict(
                "\(platform.name) was reconnected after this was requested. Request it again.")
        }
        return integration
    }

    /// Returns the connected platforms, the oldest connection first.
    func connectedPlatforms() throws -> [String] {
        try rows(
            """
            SELECT platform FROM integrations WHERE workspace_id = $1 AND status IN ('connected', 'error')
            ORDER BY created_at, id
            """
        ) { try $0[0] }
    }
}
