import Store

/// What a rule asks, in SQL: the ids, or other key, of what it finds.
enum Question {
    /// Shorthands for the questions.
    static let views: [SQL] = [
        """
        CREATE TEMP VIEW acc AS SELECT a.*, i.platform, i.idp_role FROM accounts a
        JOIN integrations i ON i.id = a.integration_id WHERE i.status = 'connected'
        """,
        "CREATE TEMP VIEW ids AS SELECT * FROM identities",
        "CREATE TEMP VIEW idp AS SELECT * FROM ids WHERE id IN (SELECT identity_id FROM acc WHERE idp_role IS NOT NULL)",
        "CREATE TEMP VIEW people AS SELECT * FROM idp WHERE status = 'active' AND identity_type <> 'service_account'",
        """
        CREATE TEMP VIEW shadow AS SELECT * FROM applications WHERE NOT is_managed AND name_folded NOT IN
        (SELECT app_name_folded FROM app_policies WHERE status = 'sanctioned')
        """,
        "CREATE TEMP VIEW owned AS SELECT d.*, p.identity_type, p.status FROM devices d LEFT JOIN ids p ON p.id = d.identity_id",
        """
        CREATE TEMP VIEW ev AS SELECT e.*, i.platform, date(occurred_at) AS day, CAST(strftime('%H', occurred_at) AS INT) AS hour
        FROM audit_events e JOIN integrations i ON i.id = e.integration_id
        """,
        "CREATE TEMP VIEW signins AS SELECT * FROM ev WHERE event_type = 'user.session.start'",
        """
        CREATE TEMP VIEW admins AS
        SELECT identity_id, application_id AS place FROM entitlements WHERE is_admin
        UNION SELECT identity_id, platform FROM acc WHERE is_admin AND idp_role IS NULL
        """,
        """
        CREATE TEMP VIEW seats AS SELECT e.*, (SELECT julianday(now) FROM clock) - julianday(e.last_used_at) AS idle
        FROM entitlements e JOIN people p ON p.id = e.identity_id WHERE e.is_license AND NOT e.is_admin
        """,
        """
        CREATE TEMP VIEW keys AS SELECT k.*, i.platform,
            (SELECT julianday(now) FROM clock) - julianday(k.last_used_at) AS idle,
            (SELECT julianday(now) FROM clock) - julianday(k.created_at) AS age
        FROM access_keys k JOIN integrations i ON i.id = k.integration_id WHERE k.is_active
        """,
        """
        CREATE TEMP VIEW stale AS SELECT * FROM people
        WHERE (SELECT julianday(now) FROM clock) - julianday(last_login_at) >= 30
        """,
    ]

    static let all: [(rule: String, question: SQL)] =
        identitySecurity + accessHygiene + shadowIT
        + devices + licenses + compound + behavior + accessRisk

    static let identitySecurity: [(rule: String, question: SQL)] = [
        (
            "identity_security::user_without_mfa",
            "SELECT id FROM people WHERE mfa_enabled = 0 AND identity_type <> 'admin'"
        ),
        (
            "identity_security::admin_without_mfa",
            "SELECT id FROM people WHERE mfa_enabled = 0 AND identity_type = 'admin'"
        ),
        ("identity_security::stale_account", "SELECT id FROM stale WHERE identity_type <> 'admin'"),
        ("identity_security::stale_admin", "SELECT id FROM stale WHERE identity_type = 'admin'"),
        ("identity_security::never_signed_in", "SELECT id FROM people WHERE last_login_at IS NULL"),
        (
            "identity_security::service_account_with_admin",
            "SELECT id FROM ids WHERE identity_type = 'service_account' AND id IN (SELECT identity_id FROM admins)"
        ),
        (
            "identity_security::external_admin",
            "SELECT id FROM idp WHERE identity_type = 'external' AND id IN (SELECT identity_id FROM admins)"
        ),
        (
            "identity_security::shared_mailbox_sign_in",
            "SELECT id FROM acc WHERE account_type = 'shared' AND last_login_at IS NOT NULL"
        ),
        (
            "identity_security::admin_share_too_high",
            "SELECT count(*) FROM people HAVING sum(identity_type = 'admin') * 10 > count(*)"
        ),
        (
            "identity_security::mfa_gap_over_half",
            "SELECT count(*) FROM people HAVING sum(mfa_enabled = 0) * 2 > count(*)"
        ),
        (
            "identity_security::too_many_super_admins",
            "SELECT count(*) FROM acc WHERE idp_role = 'primary_idp' AND admin_roles LIKE '%SUPER_ADMIN%' HAVING count(*) > 5"
        ),
        (
            "identity_security::single_super_admin",
            "SELECT count(*) FROM acc WHERE idp_role = 'primary_idp' AND admin_roles LIKE '%SUPER_ADMIN%' HAVING count(*) = 1"
        ),
        (
            "identity_security::platform_admin_without_mfa",
            "SELECT identity_id FROM acc WHERE is_admin AND mfa_enabled = 0 AND idp_role IS NULL AND platform <> 'aws'"
        ),
        (
            "identity_security::aws_console_user_without_mfa",
            """
            SELECT identity_id FROM acc WHERE platform = 'aws' AND status = 'active' AND mfa_enabled = 0
            AND metadata ->> 'console' = 'yes' AND metadata ->> 'kind' = 'user'
            """
        ),
        (
            "identity_security::aws_stale_user",
            """
            SELECT identity_id FROM acc WHERE platform = 'aws' AND status = 'active' AND metadata ->> 'kind' = 'user'
            AND metadata ->> 'console' = 'yes' AND (SELECT julianday(now) FROM clock) - julianday(last_login_at) >= 90
            """
        ),
        (
            "identity_security::admin_direct_sign_in",
            "SELECT identity_id FROM ev JOIN people p ON p.id = identity_id WHERE details ->> 'method' = 'password' AND identity_type = 'admin'"
        ),
        (
            "identity_security::executive_direct_sign_in",
            """
            SELECT identity_id FROM ev JOIN people p ON p.id = identity_id
            WHERE details ->> 'method' = 'password' AND (title LIKE 'Chief%' OR title LIKE 'VP%')
            """
        ),
        (
            "identity_security::offboarded_direct_sign_in",
            "SELECT identity_id FROM ev JOIN ids p ON p.id = identity_id WHERE details ->> 'method' = 'password' AND p.status = 'deprovisioned'"
        ),
        (
            "identity_security::most_sign_ins_bypass_sso",
            "SELECT platform FROM ev WHERE event_type = 'user.login' GROUP BY 1 HAVING sum(details ->> 'method' = 'password') * 2 > count(*)"
        ),
    ]

    static let accessHygiene: [(rule: String, question: SQL)] = [
        (
            "access_hygiene::inactive_user_with_entitlements",
            """
            SELECT id FROM ids WHERE status <> 'active' AND id IN (SELECT identity_id FROM entitlements)
            AND id NOT IN (SELECT identity_id FROM entitlements WHERE is_admin)
            """
        ),
        (
            "access_hygiene::inactive_user_with_admin",
            "SELECT id FROM ids WHERE status <> 'active' AND id IN (SELECT identity_id FROM entitlements WHERE is_admin)"
        ),
        (
            "access_hygiene::offboarded_but_active",
            """
            SELECT p.id FROM ids p JOIN acc a ON a.identity_id = p.id WHERE p.status = 'deprovisioned'
            AND a.status = 'active' AND a.platform <> 'bamboohr' GROUP BY 1 HAVING NOT max(is_admin)
            """
        ),
        (
            "access_hygiene::offboarded_admin_active",
            "SELECT p.id FROM ids p JOIN acc a ON a.identity_id = p.id WHERE p.status = 'deprovisioned' AND a.status = 'active' AND is_admin"
        ),
        ("access_hygiene::terminated_in_hr_but_active", "SELECT id FROM people WHERE hr_status = 'terminated'"),
        (
            "access_hygiene::ghost_employee",
            "SELECT id FROM people WHERE hr_status IS NULL AND identity_type <> 'external'"
        ),
        (
            "access_hygiene::new_hire_without_account",
            "SELECT id FROM ids WHERE hr_status = 'active' AND id NOT IN (SELECT identity_id FROM acc WHERE platform <> 'bamboohr' AND identity_id IS NOT NULL)"
        ),
        (
            "access_hygiene::department_mismatch",
            "SELECT p.id FROM people p JOIN acc a ON a.identity_id = p.id WHERE a.department <> p.department"
        ),
        (
            "access_hygiene::manager_mismatch",
            "SELECT p.id FROM people p JOIN acc a ON a.identity_id = p.id WHERE a.manager_email <> p.manager_email"
        ),
        (
            "access_hygiene::manager_departed",
            "SELECT p.id FROM people p JOIN ids m ON m.email = p.manager_email WHERE m.status = 'deprovisioned'"
        ),
        (
            "access_hygiene::account_without_idp_identity",
            """
            SELECT identity_id FROM acc WHERE platform NOT IN ('aws', 'github', 'bamboohr') AND idp_role IS NULL AND NOT is_admin
            AND account_type NOT IN ('shared', 'service_account')
            AND (identity_id IS NULL OR identity_id NOT IN (SELECT id FROM idp))
            """
        ),
        (
            "access_hygiene::admin_account_without_idp_identity",
            """
            SELECT identity_id FROM acc WHERE platform NOT IN ('aws', 'github') AND idp_role IS NULL AND is_admin
            AND (identity_id IS NULL OR identity_id NOT IN (SELECT id FROM idp))
            """
        ),
        (
            "access_hygiene::aws_user_not_in_idp",
            "SELECT id FROM acc WHERE platform = 'aws' AND metadata ->> 'kind' = 'user' AND identity_id IS NULL AND NOT is_admin"
        ),
        (
            "access_hygiene::aws_admin_not_in_idp",
            "SELECT id FROM acc WHERE platform = 'aws' AND metadata ->> 'kind' = 'user' AND identity_id IS NULL AND is_admin"
        ),
        (
            "access_hygiene::github_owner_not_in_idp",
            "SELECT identity_id FROM acc WHERE platform = 'github' AND is_admin AND identity_id NOT IN (SELECT id FROM idp)"
        ),
        ("access_hygiene::aws_key_unused", "SELECT identity_id FROM keys WHERE platform = 'aws' AND idle >= 90"),
        (
            "access_hygiene::aws_key_old",
            "SELECT identity_id FROM keys WHERE platform = 'aws' AND idle < 90 AND age >= 90"
        ),
        (
            "access_hygiene::aws_multiple_active_keys",
            "SELECT identity_id FROM keys WHERE platform = 'aws' AND identity_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        ),
        (
            "access_hygiene::github_token_without_expiry",
            "SELECT identity_id FROM keys WHERE kind = 'access_token' AND expires_at IS NULL"
        ),
        (
            "access_hygiene::access_key_without_owner",
            "SELECT platform || ':' || name FROM keys WHERE kind <> 'deploy_key' AND identity_id IS NULL"
        ),
    ]
}
