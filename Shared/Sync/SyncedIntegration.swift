import Auth
import Base
import Connectors
import HTTP
import Store

/// An integration as a sync needs it.
struct SyncedIntegration {
    let id: Identifier
    let platform: Platform
    let credentials: [UInt8]
    let lastSyncAt: Timestamp?

}

extension Workspace {
    /// An integration that can be synced; one that has failed may be tried again. Throws 404 when there is none of that id
    /// or it has been disconnected, 409 when it is paused, 422 when it has no credentials.
    func syncedIntegration(_ id: Identifier) throws -> SyncedIntegration {
        let found = try first(
            """
            SELECT id, platform, status, credentials, last_sync_at FROM integrations
            WHERE workspace_id = $1 AND id = $2
            """, id
        ) { row in
            (
                id: try row[0] as Identifier, platform: try row[1] as String, status: try row[2] as String,
                credentials: try row[3] as [UInt8]?, lastSyncAt: try row[4] as Timestamp?
            )
        }
        guard let found, found.status != "disconnected" else {
            throw HTTPError.notFound("This workspace has no such integration.")
        }
        guard found.status != "paused" else { throw HTTPError.conflict("This integration is paused.") }
        guard let platform = Platform(rawValue: found.platform), let credentials = found.credentials else {
            throw HTTPError(422, "There are no credentials to sync this integration with. Connect the platform again.")
        }
        return SyncedIntegration(
            id: found.id, platform: platform, credentials: credentials, lastSyncAt: found.lastSyncAt)
    }
}

extension Workspace {
    /// The platform of an integration that can be synced; throws as `syncedIntegration`.
    public func platformToSync(_ id: Identifier) throws -> Platform { try syncedIntegration(id).platform }
}

/// What syncs work with beside the workspace.
public struct SyncTools: Sendable {
    /// The function's variables.
    public let environment: Environment
    /// The connector of a platform.
    let connector: @Sendable (String) -> (any Connector.Type)?
    /// How the pauses between retries begin, in seconds.
    public var firstPause = 0.5
    /// A sync of at least so many records is applied in steps, if the engine has one writer at a time.
    public var stepsFrom = 2_000
    /// The number of rows in the first step of each of its statements.
    public var firstStep = Self.firstStep
    static let firstStep = 200
    /// The quota of a plan.
    public var quota: @Sendable (Plan) -> SyncQuota = { .of($0) }

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
        _ integration: SyncedIntegration, in workspaceID: Identifier, eventsSince: Timestamp,
        olderEvents: [String: Timestamp], seconds: Double
    ) throws -> any Connector {
        guard let type = connector(integration.platform.rawValue) else {
            throw ConnectorError.configuration("This platform can't be synced.")
        }
        let key = IntegrationKey(
            workspaceID: workspaceID, integrationID: integration.id, platform: integration.platform)
        guard let credentials = try CredentialSeal(environment).open(integration.credentials, for: key) else {
            throw ConnectorError.unopenedCredentials
        }
        return try connect(
            type, credentials, eventsSince: eventsSince, olderEvents: olderEvents, seconds: seconds)
    }

    /// A connector with credentials.
    func connect(
        _ type: any Connector.Type, _ credentials: Credentials, eventsSince: Timestamp,
        olderEvents: [String: Timestamp] = [:], seconds: Double
    ) throws -> any Connector {
        var scope = ConnectorScope(environment, seconds: seconds, eventsSince: eventsSince)
        scope.olderEvents = olderEvents
        scope.firstPause = firstPause
        return try type.init(credentials, scope)
    }
}
