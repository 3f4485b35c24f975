import Store

/// The tables that rules ask about: the workspace's data as far as connected integrations vouch for it. Each rule's
/// question follows this WITH clause; both engines put the definitions in where they are used.
enum Prelude {
    static let sql: SQL =
        "WITH " + connected + ", " + accounts + ", " + people + ", " + inventory + ", " + access + ", "
        + shared + " "

    // connected: the integrations that are connected. idp: the one that people sign in with.
    private static let connected: SQL = """
        connected AS NOT MATERIALIZED (
            SELECT id, platform, category, idp_role, last_sync_at FROM integrations
            WHERE workspace_id = $1 AND status = 'connected'),
        idp AS NOT MATERIALIZED (
            SELECT platform FROM connected WHERE idp_role IS NOT NULL ORDER BY idp_role DESC, platform LIMIT 1)
        """

    // live_accounts: all accounts, with their platform; owner is the identity that they belong to, if any.
    private static let accounts: SQL = """
        live_accounts AS NOT MATERIALIZED (
            SELECT accounts.id, accounts.identity_id, accounts.integration_id, accounts.username, accounts.email,
                accounts.display_name, accounts.account_type, accounts.status, accounts.is_admin, accounts.admin_roles,
                accounts.mfa_enabled, accounts.sso_enforced, accounts.last_login_at, accounts.department,
                accounts.manager_email, accounts.metadata, accounts.created_at,
                connected.platform, connected.category, connected.idp_role
            FROM accounts JOIN connected ON connected.id = accounts.integration_id
            WHERE accounts.workspace_id = $1)
        """

    // everyone: all identities. known: those whom an identity provider knows. people: of those, the active ones who
    // are no service accounts.
    private static let people: SQL = """
        everyone AS NOT MATERIALIZED (
            SELECT id, email, display_name, status, identity_type, mfa_enabled, last_login_at, department, title,
                manager_email, hr_status, hired_at, terminated_at, deprovisioned_at, created_at
            FROM identities WHERE workspace_id = $1),
        known AS NOT MATERIALIZED (
            SELECT * FROM everyone WHERE EXISTS (
                SELECT 1 FROM accounts JOIN connected ON connected.id = accounts.integration_id
                WHERE accounts.workspace_id = $1 AND accounts.identity_id = everyone.id
                    AND connected.idp_role IS NOT NULL)),
        people AS NOT MATERIALIZED (
            SELECT * FROM known WHERE status = 'active' AND identity_type <> 'service_account')
        """

    // live_applications: all applications. unsanctioned: those that nobody manages and no policy sanctions.
    // live_devices: all devices, with their platform.
    private static let inventory: SQL = """
        live_applications AS NOT MATERIALIZED (
            SELECT applications.id, applications.name, applications.name_folded, applications.publisher,
                applications.category, applications.sso_enabled, applications.is_ai_tool, applications.is_managed,
                applications.metadata, applications.first_seen_at, connected.platform
            FROM applications JOIN connected ON connected.id = applications.integration_id
            WHERE applications.workspace_id = $1),
        unsanctioned AS NOT MATERIALIZED (
            SELECT * FROM live_applications WHERE NOT is_managed AND NOT EXISTS (
                SELECT 1 FROM app_policies WHERE app_policies.workspace_id = $1
                    AND app_policies.app_name_folded = live_applications.name_folded
                    AND app_policies.status = 'sanctioned')),
        live_devices AS NOT MATERIALIZED (
            SELECT devices.id, devices.identity_id, devices.hostname, devices.serial_number, devices.operating_system,
                devices.os_version, devices.is_os_supported, devices.is_encrypted, devices.is_compliant,
                devices.is_jailbroken, devices.has_edr, devices.is_contained, devices.open_detections,
                devices.last_seen_at, devices.metadata, devices.created_at, connected.platform, connected.category
            FROM devices JOIN connected ON connected.id = devices.integration_id
            WHERE devices.workspace_id = $1)
        """

    // live_entitlements, live_grants (OAuth), live_keys (active access keys, tokens and deploy keys) and live_events
    // (the platforms' logs), each with its platform.
    private static let access: SQL = """
        live_entitlements AS NOT MATERIALIZED (
            SELECT entitlements.id, entitlements.account_id, entitlements.identity_id, entitlements.application_id,
                entitlements.role, entitlements.is_admin, entitlements.is_license, entitlements.granted_at,
                entitlements.last_used_at, connected.platform
            FROM entitlements JOIN connected ON connected.id = entitlements.integration_id
            WHERE entitlements.workspace_id = $1),
        live_grants AS NOT MATERIALIZED (
            SELECT oauth_grants.id, oauth_grants.account_id, oauth_grants.identity_id, oauth_grants.application_id,
                oauth_grants.scopes, oauth_grants.access, oauth_grants.reads_mail_or_files, oauth_grants.granted_at,
                oauth_grants.last_used_at, connected.platform
            FROM oauth_grants JOIN connected ON connected.id = oauth_grants.integration_id
            WHERE oauth_grants.workspace_id = $1),
        live_keys AS NOT MATERIALIZED (
            SELECT access_keys.id, access_keys.account_id, access_keys.identity_id, access_keys.kind, access_keys.name,
                access_keys.can_write, access_keys.created_at, access_keys.last_used_at, access_keys.expires_at,
                connected.platform
            FROM access_keys JOIN connected ON connected.id = access_keys.integration_id
            WHERE access_keys.workspace_id = $1 AND access_keys.is_active),
        live_events AS NOT MATERIALIZED (
            SELECT audit_events.id, audit_events.identity_id, audit_events.event_type, audit_events.outcome,
                audit_events.actor, audit_events.target, audit_events.ip_address, audit_events.details,
                audit_events.occurred_at, connected.platform
            FROM audit_events JOIN connected ON connected.id = audit_events.integration_id
            WHERE audit_events.workspace_id = $1)
        """

    // What several rules start from, with the columns that findings are made of.
    // hr: the HR system. hr_records: what it and the identity provider that people sign in with say of a person.
    // outlived: active accounts of people who are deprovisioned, beside those two. strangers: active accounts whose
    // owner no identity provider knows; service accounts, shared mailboxes and HR records need none. is_business: on one
    // of `Rule.businessPlatforms`. owned_keys: active keys of an account or a person. shadow_applications: the
    // unsanctioned ones, with what policy says of them, null when it says nothing. app_use: OAuth grants, with the
    // application and the person who let it in.
    private static let shared: SQL = """
        hr AS NOT MATERIALIZED (SELECT platform FROM connected WHERE category = 'hr' ORDER BY platform LIMIT 1),
        hr_records AS NOT MATERIALIZED (
            SELECT identity_id, (SELECT platform FROM hr) AS hr, (SELECT platform FROM idp) AS idp,
                max(CASE WHEN category = 'hr' THEN department END) AS hr_department,
                max(CASE WHEN category <> 'hr' THEN department END) AS idp_department,
                max(CASE WHEN category = 'hr' THEN lower(trim(manager_email)) END) AS hr_manager_email,
                max(CASE WHEN category <> 'hr' THEN lower(trim(manager_email)) END) AS idp_manager_email
            FROM live_accounts
            WHERE status = 'active'
                AND (platform = (SELECT platform FROM hr) OR platform = (SELECT platform FROM idp))
            GROUP BY identity_id),
        outlived AS NOT MATERIALIZED (
            SELECT everyone.id AS key, everyone.id AS identity_id, everyone.display_name AS identity_name,
                everyone.email AS identity_email, everyone.deprovisioned_at, live_accounts.id AS account_id,
                COALESCE(live_accounts.username, live_accounts.email) AS account_name,
                live_accounts.platform AS account_platform, live_accounts.platform AS source, live_accounts.is_admin,
                live_accounts.platform IN ('zoom', 'box', 'datadog', 'salesforce') AS is_business,
                (SELECT platform FROM idp) AS idp
            FROM live_accounts JOIN everyone ON everyone.id = live_accounts.identity_id
            WHERE live_accounts.identity_id IN (SELECT id FROM everyone WHERE status = 'deprovisioned')
                AND live_accounts.status = 'active' AND live_accounts.category <> 'hr'
                AND live_accounts.platform <> (SELECT platform FROM idp)),
        strangers AS NOT MATERIALIZED (
            SELECT COALESCE(live_accounts.identity_id, live_accounts.id) AS key, live_accounts.identity_id,
                COALESCE(everyone.display_name, live_accounts.display_name, live_accounts.username,
                    live_accounts.email) AS identity_name,
                everyone.email AS identity_email, live_accounts.id AS account_id,
                COALESCE(live_accounts.username, live_accounts.email) AS account_name,
                live_accounts.platform AS account_platform, live_accounts.platform AS source,
                live_accounts.account_type, live_accounts.is_admin, live_accounts.last_login_at,
                live_accounts.metadata ->> 'kind' AS kind, live_accounts.metadata ->> 'role' AS role,
                live_accounts.platform IN ('zoom', 'box', 'datadog', 'salesforce') AS is_business,
                (SELECT platform FROM idp) AS idp
            FROM live_accounts LEFT JOIN everyone ON everyone.id = live_accounts.identity_id
            WHERE live_accounts.idp_role IS NULL AND live_accounts.category <> 'hr'
                AND live_accounts.status = 'active' AND live_accounts.account_type IN ('user', 'external')
                AND (everyone.id IS NULL
                    OR everyone.status <> 'deprovisioned' AND everyone.identity_type <> 'service_account')
                AND NOT EXISTS (
                    SELECT 1 FROM accounts JOIN connected ON connected.id = accounts.integration_id
                    WHERE accounts.workspace_id = $1 AND accounts.identity_id = live_accounts.identity_id
                        AND connected.idp_role IS NOT NULL)),
        owned_keys AS NOT MATERIALIZED (
            SELECT COALESCE(live_keys.identity_id, live_keys.account_id) AS key, live_keys.identity_id,
                COALESCE(everyone.display_name, accounts.display_name, accounts.username) AS identity_name,
                everyone.email AS identity_email, live_keys.account_id,
                COALESCE(accounts.username, accounts.email) AS account_name, live_keys.platform AS account_platform,
                live_keys.platform AS source, live_keys.kind, live_keys.created_at, live_keys.expires_at,
                COALESCE(live_keys.last_used_at, live_keys.created_at) AS idle_since
            FROM live_keys LEFT JOIN accounts ON accounts.id = live_keys.account_id
                LEFT JOIN everyone ON everyone.id = live_keys.identity_id
            WHERE COALESCE(live_keys.identity_id, live_keys.account_id) IS NOT NULL),
        shadow_applications AS NOT MATERIALIZED (
            SELECT live_applications.*, app_policies.status AS policy
            FROM live_applications LEFT JOIN app_policies ON app_policies.workspace_id = $1
                AND app_policies.app_name_folded = live_applications.name_folded
            WHERE NOT live_applications.is_managed
                AND (app_policies.status IS NULL OR app_policies.status <> 'sanctioned')),
        app_use AS NOT MATERIALIZED (
            SELECT live_grants.application_id, live_applications.name AS application_name,
                live_applications.is_ai_tool, live_applications.first_seen_at, everyone.id AS identity_id,
                everyone.display_name AS identity_name, everyone.email AS identity_email, everyone.status,
                everyone.title, live_grants.access,
                live_grants.reads_mail_or_files, live_grants.last_used_at, live_grants.platform AS source
            FROM live_grants JOIN live_applications ON live_applications.id = live_grants.application_id
                JOIN everyone ON everyone.id = live_grants.identity_id)
        """
}
