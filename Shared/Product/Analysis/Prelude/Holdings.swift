import Store

extension Prelude {
    // Tables about people's access:
    // - account_holders: active accounts on connected platforms, also those without an identity, unless their owner has
    //   left.
    // - admin_places: the applications and platforms that each identity administers. idp_role is set for identity
    //   providers.
    // - super_admins: active admin accounts, at the identity provider with which people sign in, that have a role named
    //   like a highest role.
    // - licenses: paid seats on connected platforms, without platforms whose last sync is three days older than the newest
    //   one: the seats may have been used since. seats: those of active people.
    // - sign_ins: identities' successful sign-ins to identity providers. logins: successful sign-ins to other
    //   platforms.
    // - direct_sign_ins: those logins that used a password.
    static let holdings: [PreludeTable] = [
        PreludeTable(
            "account_holders",
            """
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
            WHERE live_accounts.status = 'active' AND (everyone.id IS NULL OR everyone.status <> 'deprovisioned')
            """),
        PreludeTable(
            "admin_places",
            """
            SELECT live_entitlements.identity_id, COALESCE(named.platform, live_applications.name) AS place,
                live_entitlements.platform, CAST(NULL AS text) AS idp_role
            FROM live_entitlements JOIN live_applications ON live_applications.id = live_entitlements.application_id
                LEFT JOIN connected AS named ON named.platform = live_applications.name_folded
            WHERE live_entitlements.is_admin
            UNION ALL
            SELECT identity_id, platform, platform, idp_role FROM live_accounts
            WHERE is_admin AND status = 'active'
            """),
        PreludeTable(
            "super_admins",
            """
            SELECT account_holders.*
            FROM (SELECT id FROM accounts WHERE workspace_id = $1 AND is_admin) AS admins CROSS JOIN account_holders
            WHERE account_holders.account_id = admins.id AND account_platform = (SELECT platform FROM idp)
                AND (lower(CAST(admin_roles AS text)) LIKE '%super_admin%'
                    OR lower(CAST(admin_roles AS text)) LIKE '%_seed_admin_role%'
                    OR lower(CAST(admin_roles AS text)) LIKE '%global administrator%'
                    OR lower(CAST(admin_roles AS text)) LIKE '%super user%')
            """),
        PreludeTable(
            "licenses",
            """
            SELECT application_id, identity_id, integration_id, is_admin, granted_at, last_used_at
            FROM entitlements
            WHERE workspace_id = $1 AND is_license AND integration_id IN (
                SELECT id FROM connected
                WHERE epoch(last_sync_at) >= (SELECT max(epoch(last_sync_at)) FROM connected) - 3 * 86400)
            """),
        PreludeTable(
            "seats",
            """
            SELECT people.id AS identity_id, people.display_name AS identity_name, people.email AS identity_email,
                people.identity_type, licenses.application_id, live_applications.name AS application_name,
                licenses.is_admin, licenses.granted_at, licenses.last_used_at, connected.platform AS source
            FROM licenses CROSS JOIN people CROSS JOIN live_applications CROSS JOIN connected
            WHERE people.id = licenses.identity_id AND live_applications.id = licenses.application_id
                AND connected.id = licenses.integration_id
            """),
        PreludeTable(
            "sign_ins",
            """
            SELECT identity_id, integration_id, occurred_at, ip_address, country FROM audit_events
            WHERE workspace_id = $1 AND event_type = 'user.session.start' AND outcome = 'success'
                AND identity_id IS NOT NULL AND integration_id IN (SELECT id FROM connected)
            """),
        PreludeTable(
            "logins",
            """
            SELECT audit_events.identity_id, connected.platform, audit_events.occurred_at,
                audit_events.details ->> 'method' AS method
            FROM audit_events CROSS JOIN connected
            WHERE audit_events.workspace_id = $1 AND audit_events.event_type = 'user.login'
                AND audit_events.outcome = 'success'
                AND audit_events.integration_id IN (SELECT id FROM connected WHERE idp_role IS NULL)
                AND connected.id = audit_events.integration_id
            """),
        PreludeTable(
            "direct_sign_ins",
            """
            SELECT identity_id, platform, occurred_at FROM logins WHERE method = 'password'
            """),
    ]
}
