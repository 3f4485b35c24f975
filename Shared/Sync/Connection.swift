import Auth
import Base
import Connectors
import HTTP
import Jobs
import Store

extension Workspace {
    /// Connects a platform. The credentials are checked at the provider first and stored only encrypted. If the
    /// platform is or was connected, the credentials are replaced and the data stay. The first sync is queued; if a
    /// sync is running with other credentials, another one follows it. Returns the integration's id and the sync's job.
    ///
    /// - Throws: `HTTPError` 404 for an unknown platform, 400 with a sentence for each field, 403 if the plan covers no
    ///   more integrations, 422 if the provider does not accept the credentials or can't be reached, 503 if its rate
    ///   limit is reached.
    public func connect(
        _ platform: String, config: [String: JSON], with tools: SyncTools, seconds: Double, now: Timestamp = .now
    ) throws -> (id: Identifier, sync: Identifier?) {
        guard let type = tools.connector(platform) else {
            throw HTTPError.notFound("This platform is not supported.")
        }
        let credentials: Credentials
        do {
            credentials = try Credentials(config, type.fields)
        } catch {
            throw HTTPError.badRequest(error.sentences.joined(separator: " "))
        }
        try demandRoom(for: platform)
        do {
            try tools.connect(type, credentials, eventsSince: now, seconds: seconds).check()
        } catch let error as ConnectorError {
            throw Self.refusal(error)
        }
        let seal = try CredentialSeal(tools.environment)
        return try change {
            // Another request may have connected the last platform that the plan allows in the meantime.
            try demandRoom(for: platform)
            let known = try first(
                "SELECT id FROM integrations WHERE workspace_id = $1 AND platform = $2", platform
            ) { try $0[0] as Identifier }
            let integrationID = known ?? .random()
            let sealed = try seal.seal(
                credentials,
                for: IntegrationKey(workspaceID: id, integrationID: integrationID, platform: type.platform))
            // Pages that an earlier sync read with other credentials are not used; the next sync deletes them.
            for run in try unfinishedSyncs(of: integrationID) { try endSync(run, error: nil, at: now) }
            try execute(
                """
                INSERT INTO integrations (workspace_id, id, platform, category, idp_role, status, credentials,
                    connected_by, connected_at, next_auto_sync_at, created_at)
                VALUES ($1, $2, $3, $4, $5, 'connected', $6, $7, $8, $9, $8)
                ON CONFLICT (workspace_id, platform) DO UPDATE SET status = 'connected',
                    category = excluded.category, idp_role = excluded.idp_role, credentials = excluded.credentials,
                    connected_by = excluded.connected_by, connected_at = excluded.connected_at,
                    disconnected_at = NULL, next_auto_sync_at = excluded.next_auto_sync_at, error_kind = NULL,
                    error = NULL, failing_since = NULL, failed_syncs = 0
                """, integrationID, platform, type.platform.category, try directoryRole(of: type.platform), sealed,
                memberID, now, integrationID.hourlyTime(after: now))
            let entry = AuditEntry(
                action: "integration.connected", targetType: "integration", targetID: integrationID.description,
                details: ["platform": .string(platform), "is_reconnected": .bool(known != nil)], createdAt: now)
            return ((integrationID, try queueSync(of: integrationID, again: true, now: now)), entry)
        }
    }

    private var memberID: Identifier? {
        if case .member(let userID, _, _) = caller { userID } else { nil }
    }

    /// - Throws: `HTTPError` 403 if the plan covers no more integrations.
    private func demandRoom(for platform: String) throws {
        guard let limit = plan.integrationLimit else { return }
        let others =
            try first(
                """
                SELECT count(*) FROM integrations
                WHERE workspace_id = $1 AND platform <> $2 AND status IN ('connected', 'pending', 'error')
                """, platform
            ) { try $0[0] as Int } ?? 0
        guard others < limit else {
            throw HTTPError.forbidden("Integration limit reached for your plan: it covers \(limit).")
        }
    }

    /// Returns the role of an identity provider. The first one that is connected is primary until it is disconnected.
    private func directoryRole(of platform: Platform) throws -> String? {
        guard platform.category == "idp" else { return nil }
        let hasPrimary =
            try first(
                """
                SELECT 1 FROM integrations WHERE workspace_id = $1 AND platform <> $2 AND idp_role = 'primary_idp'
                    AND status <> 'disconnected' LIMIT 1
                """, platform.rawValue
            ) { _ in true } ?? false
        return hasPrimary ? "directory" : "primary_idp"
    }

    func unfinishedSyncs(of integrationID: Identifier) throws -> [Identifier] {
        try rows(
            """
            SELECT id FROM sync_runs
            WHERE workspace_id = $1 AND integration_id = $2 AND status IN ('queued', 'in_progress')
            """, integrationID
        ) { try $0[0] }
    }

    /// Returns the documented response for credentials that were not accepted. A wrong domain looks the same as a
    /// provider that is down, so both are 422. Nothing has been saved.
    private static func refusal(_ error: ConnectorError) -> HTTPError {
        guard case .rateLimited(let seconds) = error else { return HTTPError(422, error.sentence) }
        return HTTPError(503, error.sentence, headers: ["Retry-After": String(max(1, seconds))])
    }
}
