import Auth
import Base
import Connectors
import HTTP
import Store

/// An integration as a sync needs it.
struct SyncedIntegration {
    let id: Identifier
    let platform: Platform
    let status: String
    let credentials: [UInt8]?
    let lastSyncAt: Timestamp?

    /// Whether a sync is wanted, when somebody asks for it: one that has failed may be tried again.
    var mayBeSynced: Bool { ["connected", "pending", "error"].contains(status) && credentials != nil }
}

extension Workspace {
    /// An integration of a platform that can be synced; nil when there is none of that id.
    func syncedIntegration(_ id: Identifier) throws -> SyncedIntegration? {
        try first(
            """
            SELECT id, platform, status, credentials, last_sync_at FROM integrations
            WHERE workspace_id = $1 AND id = $2
            """, id
        ) { row in
            Platform(rawValue: try row[1]).map { platform in
                try SyncedIntegration(
                    id: row[0], platform: platform, status: row[2], credentials: row[3], lastSyncAt: row[4])
            }
        } ?? nil
    }
}

/// What syncs work with beside the workspace.
public struct SyncTools: Sendable {
    /// The function's variables.
    public let environment: Environment
    /// The connector of a platform.
    let connector: @Sendable (String) -> (any Connector.Type)?
    /// How the pauses between retries begin, in seconds.
    public var firstPause = 0.5

    /// Tools with the function's variables.
    public init(
        _ environment: Environment,
        connector: @escaping @Sendable (String) -> (any Connector.Type)? = { Connectors.of($0) }
    ) {
        self.environment = environment
        self.connector = connector
    }

    /// The connector of an integration with its stored credentials. Throws `ConnectorError` when there is none, or the
    /// credentials can't be opened.
    func connect(
        _ integration: SyncedIntegration, in workspaceID: Identifier, eventsSince: Timestamp, seconds: Double
    ) throws -> any Connector {
        guard let type = connector(integration.platform.rawValue) else {
            throw ConnectorError.configuration("This platform can't be synced.")
        }
        let key = IntegrationKey(
            workspaceID: workspaceID, integrationID: integration.id, platform: integration.platform)
        guard let stored = integration.credentials,
            let credentials = try CredentialSeal(environment).open(stored, for: key)
        else { throw ConnectorError.credentials("The stored credentials can't be read. Connect the platform again.") }
        return try connect(type, credentials, eventsSince: eventsSince, seconds: seconds)
    }

    /// A connector with credentials.
    func connect(
        _ type: any Connector.Type, _ credentials: Credentials, eventsSince: Timestamp, seconds: Double
    ) throws -> any Connector {
        var scope = ConnectorScope(environment, seconds: seconds, eventsSince: eventsSince)
        scope.firstPause = firstPause
        return try type.init(credentials, scope)
    }
}
