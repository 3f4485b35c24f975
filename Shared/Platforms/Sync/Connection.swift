public import Auth
public import Base
import Connectors
import Integrations
import Store

extension Workspace {
    /// Connects a platform, or the webhook. The credentials are checked at the provider first and stored only encrypted.
    /// If the platform is or was connected, the credentials are replaced, an unfinished sync is ended, and the data stay.
    /// A sync is queued, unless the platform has no data to sync; if one is running with the former credentials, another
    /// one follows it. Returns the ids of the integration and of the sync's job.
    ///
    /// - Throws: `SyncError` for an unknown platform or malformed credentials, `IntegrationError` if the plan covers no
    ///   more integrations, `ConnectionRefused` if the credentials contradict each other, or if the provider does not
    ///   accept them or can't be asked, `EnvironmentError` if a variable such as CREDENTIALS_KEY is missing or
    ///   malformed.
    public func connect(
        _ platform: String, config: [String: JSON], with tools: SyncTools, seconds: Double, now: Timestamp = .now
    ) throws -> (id: Identifier, sync: Identifier?) {
        guard let type = tools.connector(platform) else { throw SyncError.unknownPlatform }
        let credentials: Credentials
        do {
            credentials = try Credentials(config, type.fields)
        } catch {
            throw SyncError.malformedCredentials(error)
        }
        try demandRoom(for: type.platform)
        do {
            try type.init(credentials, tools.scope(eventsSince: now, seconds: seconds)).check()
        } catch let error as ConnectorError {
            throw ConnectionRefused(error: error)
        }
        let seal = try CredentialSeal(tools.environment)
        return try audited {
            // Another request may have connected the last platform that the plan allows in the meantime.
            try demandRoom(for: type.platform)
            let known = try self.integrationID(of: type.platform)
            let integrationID = known ?? .random()
            // Pages that an unfinished sync read with the former credentials are not used, and are deleted later.
            for run in try unfinishedSyncs(of: integrationID) { try endSync(run, error: nil, at: now) }
            try storeIntegration(integrationID, of: type.platform, credentials, sealedBy: seal, now: now)
            let entry = AuditEntry(
                action: "integration.connected", targetType: "integration", targetID: integrationID.description,
                details: ["platform": .string(platform), "is_reconnected": .bool(known != nil)], createdAt: now)
            return ((integrationID, try queueSync(of: integrationID, again: true, now: now)), entry)
        }
    }

    func unfinishedSyncs(of integrationID: Identifier) throws -> [Identifier] {
        try rows(
            """
            SELECT id FROM sync_runs
            WHERE workspace_id = $1 AND integration_id = $2 AND status IN ('queued', 'in_progress')
            """, integrationID
        ) { try $0[0] }
    }
}
