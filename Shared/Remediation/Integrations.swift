import Auth
import Base
import Connectors
import HTTP
import Store

/// A platform that is connected, with its sealed credentials.
struct ConnectedIntegration {
    let id: Identifier
    let platform: Platform
    /// Since when it has these credentials; nil when nobody has written that down.
    let connectedAt: Timestamp?
    private let stored: [UInt8]?

    fileprivate init(_ id: Identifier, _ platform: Platform, connectedAt: Timestamp?, _ stored: [UInt8]?) {
        self.id = id
        self.platform = platform
        self.connectedAt = connectedAt
        self.stored = stored
    }

    /// A connector with the credentials, which has so many seconds for all that it does. Throws `ConnectorError`.
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
    /// The integration of a platform. Throws 409 when it is not connected.
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

    /// The integration of a platform as it was at a moment. Throws 409 when it is not connected, or has been connected anew
    /// since: other credentials may lead to another tenant, where the same id is somebody else's.
    func connected(_ platform: Platform, since moment: Timestamp) throws -> ConnectedIntegration {
        let integration = try connected(platform)
        if let connectedAt = integration.connectedAt, connectedAt > moment {
            throw HTTPError.conflict(
                "\(platform.name) was connected anew after this was requested. Request it again.")
        }
        return integration
    }

    /// The platforms that are connected, the oldest first.
    func connectedPlatforms() throws -> [String] {
        try rows(
            """
            SELECT platform FROM integrations WHERE workspace_id = $1 AND status IN ('connected', 'error')
            ORDER BY created_at, id
            """
        ) { try $0[0] }
    }
}
