import Store

/// The tables that rules ask about: the workspace's data as far as connected integrations vouch for it. Each rule's
/// question follows this WITH clause; both engines put the definitions in where they are used.
enum Prelude {
    static let sql: SQL =
        "WITH " + connected + ", " + accounts + ", " + people + ", " + inventory + ", " + access + ", " + holdings + " "

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

    // What people hold. account_holders: active accounts, also those of nobody, whose owner has not left. admin_places:
    // what each identity administers, applications and platforms alike; idp_role tells the identity providers.
    // super_admins: active accounts with the highest role of the identity provider that people sign in with. seats: paid
    // ones of active people. direct_sign_ins: with a password, to platforms other than the identity providers.
    private static let holdings: SQL = """
        account_holders AS NOT MATERIALIZED (
            SELECT COALESCE(live_accounts.identity_id, live_accounts.id) AS key, live_accounts.identity_id,
                COALESCE(everyone.display_name, live_accounts.display_name, live_accounts.username,
                    live_accounts.email) AS identity_name,
                everyone.email AS identity_email, live_accounts.id AS account_id,
                COALESCE(live_accounts.username, live_accounts.email) AS account_name,
                live_accounts.platform AS account_platform, live_accounts.platform AS source,
                live_accounts.account_type, live_accounts.is_admin, live_accounts.admin_roles,
                live_accounts.mfa_enabled, live_accounts.last_login_at, live_accounts.metadata,
                live_accounts.idp_role, everyone.identity_type
            FROM live_accounts LEFT JOIN everyone ON everyone.id = live_accounts.identity_id
            WHERE live_accounts.status = 'active' AND (everyone.id IS NULL OR everyone.status <> 'deprovisioned')),
        admin_places AS NOT MATERIALIZED (
            SELECT live_entitlements.identity_id, COALESCE(named.platform, live_applications.name) AS place,
                live_entitlements.platform, CAST(NULL AS text) AS idp_role
            FROM live_entitlements JOIN live_applications ON live_applications.id = live_entitlements.application_id
                LEFT JOIN connected AS named ON named.platform = live_applications.name_folded
            WHERE live_entitlements.is_admin
            UNION ALL
            SELECT identity_id, platform, platform, idp_role FROM live_accounts
            WHERE is_admin AND status = 'active'),
        super_admins AS NOT MATERIALIZED (
            SELECT * FROM account_holders
            WHERE is_admin AND account_platform = (SELECT platform FROM idp)
                AND (CAST(admin_roles AS text) LIKE '%SUPER_ADMIN%'
                    OR CAST(admin_roles AS text) LIKE '%_SEED_ADMIN_ROLE%'
                    OR CAST(admin_roles AS text) LIKE '%Global Administrator%'
                    OR CAST(admin_roles AS text) LIKE '%Super user%')),
        seats AS NOT MATERIALIZED (
            SELECT people.id AS identity_id, people.display_name AS identity_name, people.email AS identity_email,
                people.identity_type, live_entitlements.application_id, live_applications.name AS application_name,
                live_entitlements.is_admin, live_entitlements.granted_at, live_entitlements.last_used_at,
                live_entitlements.platform AS source
            FROM live_entitlements JOIN people ON people.id = live_entitlements.identity_id
                JOIN live_applications ON live_applications.id = live_entitlements.application_id
            WHERE live_entitlements.is_license),
        direct_sign_ins AS NOT MATERIALIZED (
            SELECT identity_id, platform, occurred_at FROM live_events
            WHERE event_type = 'user.login' AND outcome = 'success' AND details ->> 'method' = 'password'
                AND platform NOT IN (SELECT platform FROM connected WHERE idp_role IS NOT NULL))
        """
}
