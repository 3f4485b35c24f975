@_spi(System) public import Auth
public import Base
import Jobs
import Store

extension Workspace {
    /// Makes sure that the plan covers one more integration in addition to the active ones of other platforms.
    ///
    /// - Throws: `IntegrationError.limitReached` if it does not.
    public func demandRoom(for platform: Platform) throws {
        guard let limit = plan.integrationLimit else { return }
        let others =
            try first(
                """
                SELECT count(*) FROM integrations WHERE workspace_id = $1 AND platform <> $2 AND \(Integration.isActive)
                """, platform.rawValue
            ) { try $0[0] as Int } ?? 0
        guard others < limit else { throw IntegrationError.limitReached(limit) }
    }

    /// Returns the id of a platform's integration, even if it is paused or disconnected. Returns nil if the platform
    /// was never connected.
    public func integrationID(of platform: Platform) throws -> Identifier? {
        try first("SELECT id FROM integrations WHERE workspace_id = $1 AND platform = $2", platform.rawValue) {
            try $0[0]
        }
    }

    /// Stores a platform's encrypted credentials and marks it as connected, in the open transaction. A platform that is
    /// or was connected keeps its row and its data.
    ///
    /// - Throws: `EnvironmentError` if the system provides no random bytes.
    public func storeIntegration(
        _ integrationID: Identifier, of platform: Platform, _ credentials: Credentials, sealedBy seal: CredentialSeal,
        now: Timestamp
    ) throws {
        let sealed = try seal.seal(
            credentials, for: IntegrationKey(workspaceID: id, integrationID: integrationID, platform: platform))
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
            """, integrationID, platform.rawValue, platform.category, try directoryRole(of: platform), sealed,
            memberID, now, platform.isSynced ? integrationID.hourlyTime(after: now) : nil)
    }

    private var memberID: Identifier? {
        if case .member(let userID, _, _) = caller { userID } else { nil }
    }

    /// Returns the role of a platform that is being connected: primary if no other identity provider is, otherwise
    /// directory. Returns nil if the platform is not an identity provider.
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

    /// Pauses all active integrations except the three whose first connection is the latest, which the free plan
    /// allows. Returns the number of integrations that were paused.
    @discardableResult
    public func pauseIntegrationsBeyondFreePlan() throws -> Int {
        try execute(
            """
            UPDATE integrations SET status = 'paused', next_auto_sync_at = NULL
            WHERE workspace_id = $1 AND \(Integration.isActive) AND id NOT IN (
                SELECT id FROM integrations
                WHERE workspace_id = $1 AND \(Integration.isActive)
                ORDER BY created_at DESC, id LIMIT 3)
            """)
    }
}

extension Workspace {
    /// Changes settings of the workspace. If it becomes free, pauses the integrations beyond the free plan.
    @_spi(System) public func change(
        _ settings: [WorkspaceSetting], now: Timestamp = .now
    ) throws -> WorkspaceOverview {
        try change(settings, now: now, pauseIntegrations: pauseIntegrationsBeyondFreePlan)
    }
}
