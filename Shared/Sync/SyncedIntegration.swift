import Auth
import Base
import Connectors
import HTTP
import Store

/// The parts of an integration that a sync needs.
struct SyncedIntegration {
    let id: Identifier
    let platform: Platform
    let credentials: [UInt8]
    let lastSyncAt: Timestamp?

}

extension Workspace {
    /// Returns an integration that can be synced. One that has failed may be tried again.
    /// - Throws: `HTTPError` 404 if it does not exist or is disconnected, 409 if it is paused, 422 if it has no
    ///   credentials.
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
    /// Returns the platform of an integration that can be synced. Throws the errors of `syncedIntegration`.
    public func platformToSync(_ id: Identifier) throws -> Platform { try syncedIntegration(id).platform }
}

/// The environment, connectors and limits that syncs use.
public struct SyncTools: Sendable {
    /// The function's environment variables.
    public let environment: Environment
    /// Returns the connector of a platform.
    let connector: @Sendable (String) -> (any Connector.Type)?
    /// The first pause before a retry, in seconds.
    public var firstPause = 0.5
    /// The number of staged rows from which a sync is applied in steps, if the engine has one writer at a time.
    public var stepsFrom = 2_000
    /// The number of rows in the first step of each of its statements.
    public var firstStep = Self.firstStep
    static let firstStep = 200
    /// Returns the quota of a plan.
    public var quota: @Sendable (Plan) -> SyncQuota = { .of($0) }

    public init(
        _ environment: Environment,
        connector: @escaping @Sendable (String) -> (any Connector.Type)? = { Connectors.of($0) }
    ) {
        self.environment = environment
        self.connector = connector
    }

    /// Returns the connector of an integration with its stored credentials.
    /// - Throws: `ConnectorError` if there is no connector, or if the credentials can't be decrypted.
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

    /// Returns a connector with credentials.
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
