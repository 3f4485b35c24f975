public import Auth
public import Base
public import Connectors
import Integrations

/// The environment, connectors and limits that syncs use.
public struct SyncTools: Sendable {
    /// The function's environment variables.
    public let environment: Environment
    /// Returns the type of a platform's connector; nil if the platform is not supported.
    let connector: @Sendable (String) -> (any Connector.Type)?
    /// The first pause between retries, in seconds.
    public var firstPause = 0.5
    /// The number of staged rows from which a sync is applied in steps, if the engine has one writer at a time.
    public var stepsFrom = 2_000
    /// The number of rows in the first step of each statement, if a sync is applied in steps.
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
    /// - Throws: `ConnectorError` if there is no connector, if the credentials can't be decrypted, or if the connector
    ///   does not take them; `EnvironmentError` if a variable such as CREDENTIALS_KEY is missing or malformed.
    func connect(
        _ integration: Integration, eventsSince: Timestamp, olderEvents: [String: Timestamp], seconds: Double
    ) throws -> any Connector {
        guard let type = connector(integration.platform.rawValue) else {
            throw ConnectorError.configuration("This platform can't be synced.")
        }
        var scope = scope(eventsSince: eventsSince, seconds: seconds)
        scope.olderEvents = olderEvents
        return try integration.connector(type, scope)
    }

    /// Returns the scope of a connector, with the environment and the first pause of these tools.
    func scope(eventsSince: Timestamp, seconds: Double) -> ConnectorScope {
        var scope = ConnectorScope(environment, seconds: seconds, eventsSince: eventsSince)
        scope.firstPause = firstPause
        return scope
    }
}
