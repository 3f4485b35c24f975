import Store

extension Prelude {
    // Tables from which several rules start, with the columns that findings need:
    // - owned_keys: active keys of an account or a person.
    // - shadow_applications: applications that are neither managed nor sanctioned. policy is the policy's status, or
    //   null.
    // - app_use: OAuth grants, with the application and the person who gave the grant. is_open is false if the account
    //   that gave the grant is closed, so that the grant opens nothing, or if its platform was not synced since the
    //   person left, so that it may be closed.
    // - device_owners: one row that tells if device management knows the owners of four in five of its devices, and
    //   devices of half of the people. If it knows fewer, it does not manage all devices, and its silence means nothing.
    static let owners: [PreludeTable] = [
        PreludeTable(
            "owned_keys",
            """
            SELECT COALESCE(live_keys.identity_id, live_keys.account_id) AS key, live_keys.identity_id,
                COALESCE(everyone.display_name, accounts.display_name, accounts.username) AS identity_name,
                everyone.email AS identity_email, live_keys.account_id,
                COALESCE(accounts.username, accounts.email) AS account_name, live_keys.platform AS account_platform,
                live_keys.platform AS source, live_keys.kind, live_keys.created_at, live_keys.expires_at,
                COALESCE(live_keys.last_used_at, live_keys.created_at) AS idle_since
            FROM live_keys LEFT JOIN accounts ON accounts.id = live_keys.account_id
                LEFT JOIN everyone ON everyone.id = live_keys.identity_id
            WHERE COALESCE(live_keys.identity_id, live_keys.account_id) IS NOT NULL
            """),
        PreludeTable(
            "shadow_applications",
            """
            SELECT live_applications.*, app_policies.status AS policy
            FROM live_applications LEFT JOIN app_policies ON app_policies.workspace_id = $1
                AND app_policies.app_name_folded = live_applications.name_folded
            WHERE NOT live_applications.is_managed
                AND (app_policies.status IS NULL OR app_policies.status <> 'sanctioned')
            """),
        PreludeTable(
            "app_use",
            """
            SELECT live_grants.application_id, live_applications.name AS application_name,
                live_applications.is_ai_tool, live_applications.first_seen_at, everyone.id AS identity_id,
                everyone.display_name AS identity_name, everyone.email AS identity_email, everyone.status,
                everyone.title, live_grants.access,
                live_grants.reads_mail_or_files, live_grants.last_used_at, live_grants.platform AS source,
                COALESCE(accounts.status, 'active') = 'active'
                    AND (accounts.id IS NULL OR everyone.deprovisioned_at IS NULL OR EXISTS (
                        SELECT 1 FROM connected
                        WHERE connected.id = accounts.integration_id
                            AND connected.last_sync_at >= everyone.deprovisioned_at)) AS is_open
            FROM live_grants JOIN live_applications ON live_applications.id = live_grants.application_id
                JOIN everyone ON everyone.id = live_grants.identity_id
                LEFT JOIN accounts ON accounts.workspace_id = $1 AND accounts.id = live_grants.account_id
            """),
        PreludeTable(
            "device_owners",
            """
            SELECT count(identity_id) * 10 >= count(*) * 8
                AND count(DISTINCT identity_id) * 2 >= (SELECT count(*) FROM people WHERE identity_type <> 'external')
                AND count(*) > 0 AS are_owners_known
            FROM live_devices WHERE category <> 'edr'
            """),
    ]
}
