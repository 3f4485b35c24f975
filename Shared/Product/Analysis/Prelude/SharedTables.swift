import Integrations
import Store

/// A table that several rules read and that would take long to compute for each of them, so a run computes it once.
struct SharedTable: Sendable {
    let name: StaticString
    /// The column by which rows are looked up.
    let key: StaticString
    let query: RuleQuery

    /// The query, preceded by the definitions of the tables that it needs. Earlier shared tables need none.
    var question: SQL { PreludeTable.clause(for: query.sql, of: Prelude.overTemporaryTables) + query.sql }

    var temporary: TemporaryTable { TemporaryTable(name, key: key, question) }
}

extension Prelude {
    /// All shared tables. Each may query the earlier ones.
    static let sharedTables = generalTables + actorTables

    private static let generalTables = [
        // Active people that a connected identity provider knows, without service accounts and emergency accounts.
        SharedTable(
            name: "people", key: "id",
            query: """
                SELECT id, email, display_name, identity_type, mfa_enabled, last_login_at, title, manager_email, hr_status,
                    terminated_at
                FROM identities
                WHERE workspace_id = $1 AND status = 'active' AND identity_type <> 'service_account'
                    AND id NOT IN (SELECT id FROM emergencies) AND id IN (
                    SELECT identity_id FROM accounts
                    WHERE workspace_id = $1 AND integration_id IN (SELECT id FROM connected WHERE idp_role IS NOT NULL))
                """),
        // People who have left or were suspended: deprovisioned ones, and suspended ones after 14 days, or as soon as
        // one of their accounts or keys elsewhere is used after the suspension. People on leave are often suspended
        // too, and accounts that were never activated are no suspension. People known to HR alone are not included: HR
        // does not end access. ended_at is the time from which they had no access.
        SharedTable(
            name: "inactive", key: "id",
            query: """
                SELECT id, email, display_name, status, deprovisioned_at, suspended_at,
                    COALESCE(deprovisioned_at, suspended_at) AS ended_at
                FROM identities
                WHERE workspace_id = $1 AND (status = 'deprovisioned' OR status = 'suspended' AND id NOT IN (
                        SELECT identity_id FROM accounts
                        WHERE workspace_id = $1 AND status = 'suspended' AND identity_id IS NOT NULL
                            AND integration_id IN (SELECT id FROM providers)
                        GROUP BY identity_id
                        HAVING count(*) = count(*) FILTER (WHERE metadata ->> 'state' = 'staged'))
                    AND (suspended_at <= \(daysAgo: 14)
                        OR EXISTS (
                            SELECT 1 FROM accounts
                            WHERE workspace_id = $1 AND identity_id = identities.id AND status = 'active'
                                AND last_login_at > suspended_at)
                        OR EXISTS (
                            SELECT 1 FROM access_keys
                            WHERE workspace_id = $1 AND identity_id = identities.id AND is_active
                                AND last_used_at > suspended_at)))
                    AND (hr_status IS DISTINCT FROM 'terminated' OR id IN (
                        SELECT identity_id FROM accounts
                        WHERE workspace_id = $1 AND identity_id IS NOT NULL
                            AND integration_id IN (SELECT id FROM providers)))
                """),
        // All devices with their owner, if any; device names both. has_edr is true if an agent is on the device: the
        // record comes from an EDR platform, its own platform says so, or an EDR platform reports the same machine, by
        // its serial number, or by its name if one of the two has no serial number. Otherwise it is false if its own
        // platform says so or if it is a managed computer, and else null. is_in_use is false if the device was not seen
        // for 30 days: such a device has one finding, that it is missing. is_new is true on the first day.
        SharedTable(
            name: "owned_devices", key: "identity_id",
            query: """
                SELECT live_devices.id AS key, live_devices.id AS device_id, live_devices.hostname AS device_name,
                    live_devices.platform AS source, live_devices.serial_number, live_devices.serial,
                    live_devices.operating_system,
                    live_devices.os_version, live_devices.is_os_supported, live_devices.is_encrypted,
                    live_devices.is_compliant, live_devices.is_jailbroken,
                    CASE WHEN live_devices.category = 'edr' OR machines.serial IS NOT NULL
                            OR hosts.hostname IS NOT NULL
                                AND (hosts.has_no_serial = 1 OR live_devices.serial IS NULL) THEN true
                        WHEN live_devices.has_edr IS NOT NULL THEN live_devices.has_edr
                        WHEN (live_devices.category = 'mdm' OR live_devices.idp_role IS NOT NULL)
                            AND lower(live_devices.operating_system) IN ('macos', 'windows', 'linux') THEN false
                        END AS has_edr,
                    live_devices.is_contained, live_devices.open_detections, live_devices.last_seen_at,
                    COALESCE(live_devices.last_seen_at > \(daysAgo: 30), true) AS is_in_use,
                    live_devices.created_at > \(daysAgo: 1) AS is_new, live_devices.category,
                    everyone.id AS identity_id, everyone.display_name AS identity_name,
                    everyone.email AS identity_email, everyone.identity_type, everyone.status, everyone.last_login_at,
                    everyone.deprovisioned_at,
                    live_devices.hostname || COALESCE(' of ' || everyone.display_name, '') AS device,
                    (SELECT platform FROM idp) AS idp
                FROM live_devices LEFT JOIN everyone ON everyone.id = live_devices.identity_id
                    LEFT JOIN (
                        SELECT serial
                        FROM (SELECT id FROM connected WHERE category = 'edr') AS edr CROSS JOIN live_devices
                        WHERE live_devices.integration_id = edr.id AND serial IS NOT NULL GROUP BY serial
                        ) AS machines ON machines.serial = live_devices.serial
                    LEFT JOIN (
                        SELECT lower(trim(hostname)) AS hostname,
                            max(CASE WHEN serial IS NULL THEN 1 ELSE 0 END) AS has_no_serial
                        FROM (SELECT id FROM connected WHERE category = 'edr') AS edr CROSS JOIN live_devices
                        WHERE live_devices.integration_id = edr.id GROUP BY lower(trim(hostname))
                        ) AS hosts ON hosts.hostname = lower(trim(live_devices.hostname))
                """),
        // People who no longer work for the company according to the connected HR system, after the end of their last
        // day. Without a last day, those who have not begun yet don't count.
        SharedTable(
            name: "left_in_hr", key: "id",
            query: """
                SELECT id, terminated_at FROM identities
                WHERE workspace_id = $1 AND hr_status = 'terminated' AND EXISTS (SELECT 1 FROM hr)
                    AND (terminated_at <= \(daysAgo: 0)
                        OR terminated_at IS NULL AND (hired_at IS NULL OR hired_at <= \(daysAgo: 0)))
                """),
        // People whose department or manager differs between the HR system and the identity provider with which people
        // sign in. People with several active records in HR, or with an address that others have there too, don't
        // count.
        SharedTable(
            name: "hr_records", key: "identity_id",
            query: """
                SELECT * FROM (
                    SELECT identity_id, max(CASE WHEN is_hr THEN department END) AS hr_department,
                        max(CASE WHEN NOT is_hr THEN department END) AS idp_department,
                        max(CASE WHEN is_hr THEN manager_email END) AS hr_manager_email,
                        max(CASE WHEN NOT is_hr THEN manager_email END) AS idp_manager_email
                    FROM (
                        SELECT identity_id, department, manager_email,
                            integration_id = (SELECT id FROM hr) AS is_hr
                        FROM accounts
                        WHERE workspace_id = $1 AND status = 'active'
                            AND integration_id IN ((SELECT id FROM hr), (SELECT id FROM idp))
                            AND identity_id IN (
                                SELECT employed.identity_id FROM accounts AS employed CROSS JOIN accounts AS listed
                                WHERE employed.workspace_id = $1 AND employed.integration_id = (SELECT id FROM hr)
                                    AND employed.status = 'active' AND NOT EXISTS (
                                        SELECT 1 FROM accounts AS another
                                        WHERE another.workspace_id = $1 AND another.id <> employed.id
                                            AND another.identity_id = employed.identity_id
                                            AND another.integration_id = employed.integration_id
                                            AND another.status = 'active')
                                    AND listed.workspace_id = $1
                                    AND listed.identity_id = employed.identity_id
                                    AND listed.integration_id = (SELECT id FROM idp) AND listed.status = 'active'
                                    AND (lower(trim(employed.department)) <> lower(trim(listed.department))
                                        OR employed.manager_email <> listed.manager_email))
                        ) AS records
                    GROUP BY identity_id) AS said
                WHERE lower(trim(hr_department)) <> lower(trim(idp_department)) OR hr_manager_email <> idp_manager_email
                """),
        // Active accounts whose owner no identity provider knows. Service accounts and shared mailboxes are left out,
        // because they need no owner there. Accounts of deprovisioned people are left out too, unless the HR system
        // lists the person as a former employee. has_address is false if the platform tells no address by which the
        // account could be matched; users of AWS need none. If the workspace has marked its domains, an account with
        // another address is external. is_business is true on the platforms of `PlatformNames.business`.
        SharedTable(
            name: "strangers", key: "account_platform",
            query: """
                SELECT COALESCE(live_accounts.identity_id, live_accounts.id) AS key, live_accounts.identity_id,
                    COALESCE(everyone.display_name, live_accounts.display_name, live_accounts.username,
                        live_accounts.email) AS identity_name,
                    everyone.email AS identity_email, live_accounts.id AS account_id,
                    COALESCE(live_accounts.username, live_accounts.email) AS account_name,
                    live_accounts.platform AS account_platform, live_accounts.platform AS source,
                    CASE WHEN COALESCE(live_accounts.email, everyone.email) IS NULL OR NOT EXISTS (
                            SELECT 1 FROM workspace_marks WHERE workspace_id = $1 AND kind = 'company_domains')
                        THEN live_accounts.account_type
                        WHEN EXISTS (
                            SELECT 1 FROM workspace_marks AS mark
                            WHERE mark.workspace_id = $1 AND mark.kind = 'company_domains'
                                AND lower(COALESCE(live_accounts.email, everyone.email)) LIKE '%@' || mark.value)
                        THEN 'user' ELSE 'external' END AS account_type,
                    live_accounts.is_admin, live_accounts.last_login_at,
                    live_accounts.metadata ->> 'kind' AS kind, live_accounts.metadata ->> 'role' AS role,
                    live_accounts.platform = 'aws' OR live_accounts.email IS NOT NULL OR everyone.email IS NOT NULL
                        OR EXISTS (
                            SELECT 1 FROM account_links
                            WHERE workspace_id = $1 AND account_id = live_accounts.id) AS has_address,
                    live_accounts.platform IN (\(PlatformNames.businessList)) AS is_business,
                    (SELECT platform FROM idp) AS idp
                FROM live_accounts LEFT JOIN everyone ON everyone.id = live_accounts.identity_id
                WHERE (live_accounts.identity_id IS NULL OR live_accounts.identity_id IN (
                        SELECT identity_id FROM accounts WHERE workspace_id = $1 AND identity_id IS NOT NULL
                        GROUP BY identity_id
                        HAVING count(*) FILTER (WHERE integration_id IN (SELECT id FROM providers)) = 0))
                    AND live_accounts.idp_role IS NULL
                    AND live_accounts.status = 'active' AND live_accounts.account_type IN ('user', 'external')
                    AND (everyone.id IS NULL
                        OR (everyone.status <> 'deprovisioned' OR everyone.hr_status = 'terminated')
                            AND everyone.identity_type <> 'service_account')
                    AND (everyone.id IS NULL OR everyone.id NOT IN (SELECT id FROM emergencies))
                    AND NOT EXISTS (
                        SELECT 1 FROM workspace_marks AS mark
                        WHERE mark.workspace_id = $1 AND mark.kind = 'emergency_accounts'
                            AND mark.value IN (lower(live_accounts.email), lower(live_accounts.username)))
                """),
        // Active accounts of people who have left or were suspended, outside the identity provider with which people
        // sign in. If a platform was not synced after the person had left, the account may have been closed there in
        // the meantime. is_business is true on the platforms of `PlatformNames.business`.
        SharedTable(
            name: "outlived", key: "identity_id",
            query: """
                SELECT inactive.id AS key, inactive.id AS identity_id, inactive.display_name AS identity_name,
                    inactive.email AS identity_email, inactive.status AS ended, inactive.ended_at,
                    live_accounts.id AS account_id,
                    COALESCE(live_accounts.username, live_accounts.email) AS account_name,
                    live_accounts.platform AS account_platform, live_accounts.platform AS source, live_accounts.is_admin,
                    live_accounts.platform IN (\(PlatformNames.businessList)) AS is_business,
                    (SELECT platform FROM idp) AS idp
                FROM inactive CROSS JOIN live_accounts
                WHERE live_accounts.identity_id = inactive.id
                    AND live_accounts.status = 'active' AND live_accounts.platform <> (SELECT platform FROM idp)
                    AND (inactive.ended_at IS NULL OR EXISTS (
                        SELECT 1 FROM connected
                        WHERE connected.id = live_accounts.integration_id
                            AND connected.last_sync_at >= inactive.ended_at))
                """),
        // The hours of the day, in UTC, at which people signed in: lately is the number of sign-ins of the last 7 days,
        // and earlier the number of those in the 60 days before.
        SharedTable(
            name: "sign_in_hours", key: "identity_id",
            query: """
                SELECT identity_id, epoch(occurred_at) / 3600 % 24 AS hour_of_day,
                    count(*) FILTER (WHERE occurred_at >= \(daysAgo: 7)) AS lately,
                    count(*) FILTER (WHERE occurred_at < \(daysAgo: 7)) AS earlier
                FROM audit_events
                WHERE workspace_id = $1 AND event_type = 'user.session.start' AND outcome = 'success'
                    AND identity_id IS NOT NULL AND integration_id IN (SELECT id FROM connected)
                    AND epoch(occurred_at) >= epoch(\(daysAgo: 67))
                GROUP BY identity_id, epoch(occurred_at) / 3600 % 24
                """),
        // Addresses of the last 60 days in networks that the workspace trusts. The analysis fills this table, since SQL
        // has no ranges of addresses that both engines share.
        SharedTable(
            name: "trusted_addresses", key: "ip_address",
            query: "SELECT workspace_id, ip_address FROM audit_events WHERE workspace_id = $1 AND 1 = 0"),
        // Addresses from which several people signed in within the last 30 days, such as offices and exits of a VPN:
        // five people or more, or in a small company a third of them; and trusted addresses.
        SharedTable(
            name: "shared_addresses", key: "ip_address",
            query: """
                SELECT ip_address FROM (
                    SELECT ip_address, count(DISTINCT identity_id) AS people FROM audit_events
                    WHERE workspace_id = $1 AND event_type = 'user.session.start' AND outcome = 'success'
                        AND identity_id IS NOT NULL AND ip_address IS NOT NULL
                        AND integration_id IN (SELECT id FROM connected)
                        AND epoch(occurred_at) >= epoch(\(daysAgo: 30))
                    GROUP BY ip_address) AS used
                WHERE people >= 5 OR people >= 2 AND people * 3 >= (
                    SELECT count(*) FROM identities WHERE workspace_id = $1 AND status = 'active')
                UNION SELECT ip_address FROM trusted_addresses
                """),
        // People whose sign-ins of the last 180 days show a change of habit. is_traveller: sign-ins
        // came from several countries in the last 30 days. woken_at and last_at are the first sign-in of these 30 days
        // and the last one before them; a person is included for this if at least 60 days lie between them or, if
        // last_at is null, between the start of the log and woken_at.
        SharedTable(
            name: "sign_in_habits", key: "identity_id",
            query: """
                SELECT * FROM (
                    SELECT identity_id,
                        min(country) FILTER (WHERE occurred_at >= \(daysAgo: 30))
                            <> max(country) FILTER (WHERE occurred_at >= \(daysAgo: 30)) AS is_traveller,
                        min(occurred_at) FILTER (WHERE occurred_at >= \(daysAgo: 30)) AS woken_at,
                        max(occurred_at) FILTER (WHERE occurred_at < \(daysAgo: 30)) AS last_at
                    FROM audit_events
                    WHERE workspace_id = $1 AND event_type = 'user.session.start' AND outcome = 'success'
                        AND identity_id IS NOT NULL AND integration_id IN (SELECT id FROM connected)
                        AND epoch(occurred_at) >= epoch(\(daysAgo: 180))
                    GROUP BY identity_id) AS habits
                WHERE is_traveller
                    OR epoch(woken_at) - epoch(COALESCE(last_at, (SELECT since FROM log_start))) >= 60 * 86400
                """),
        // Attacks on one person: ten or more failed sign-ins to a platform from three or more addresses on one day
        // (UTC) of the last 30. Failures from a network from which the person had signed in before don't count: after a
        // change of the password, a phone goes on with the old one. A network is an address without its last number.
        SharedTable(
            name: "attacks", key: "identity_id",
            query: """
                SELECT failed.identity_id, failed.platform, count(*) AS failures,
                    count(DISTINCT failed.ip_address) AS addresses, min(failed.occurred_at) AS first_at,
                    max(failed.occurred_at) AS last_at
                FROM (
                    SELECT identity_id, platform, min(occurred_at) AS first_at, max(occurred_at) AS last_at
                    FROM live_events
                    WHERE event_type = 'user.session.start' AND outcome = 'failure' AND identity_id IS NOT NULL
                        AND epoch(occurred_at) >= epoch(\(daysAgo: 30))
                    GROUP BY identity_id, platform, epoch(occurred_at) / 86400
                    HAVING count(*) >= 10 AND count(DISTINCT ip_address) >= 3) AS suspected
                    CROSS JOIN live_events AS failed
                WHERE failed.event_type = 'user.session.start' AND failed.outcome = 'failure'
                    AND failed.identity_id = suspected.identity_id AND failed.platform = suspected.platform
                    AND failed.occurred_at >= suspected.first_at AND failed.occurred_at <= suspected.last_at
                    AND (failed.ip_address IS NULL
                        OR failed.ip_address NOT IN (SELECT ip_address FROM trusted_addresses))
                    AND NOT EXISTS (
                        SELECT 1 FROM audit_events AS own
                        WHERE own.workspace_id = $1 AND own.event_type = 'user.session.start'
                            AND own.outcome = 'success' AND own.identity_id = failed.identity_id
                            AND own.occurred_at < failed.occurred_at
                            AND epoch(own.occurred_at) >= epoch(\(daysAgo: 60))
                            AND rtrim(own.ip_address, '0123456789abcdef')
                                = rtrim(failed.ip_address, '0123456789abcdef'))
                GROUP BY failed.identity_id, failed.platform, epoch(failed.occurred_at) / 86400
                HAVING count(*) >= 10 AND count(DISTINCT failed.ip_address) >= 3
                """),
        // Attacks from one address: failed sign-ins of ten or more people to a platform on one day (UTC) of the last
        // 30.
        SharedTable(
            name: "sprays", key: "ip_address",
            query: """
                SELECT ip_address, platform, count(DISTINCT identity_id) AS people, min(occurred_at) AS first_at,
                    max(occurred_at) AS last_at
                FROM live_events
                WHERE event_type = 'user.session.start' AND outcome = 'failure' AND ip_address IS NOT NULL
                    AND epoch(occurred_at) >= epoch(\(daysAgo: 30))
                    AND ip_address NOT IN (SELECT ip_address FROM trusted_addresses)
                GROUP BY ip_address, platform, epoch(occurred_at) / 86400
                HAVING count(DISTINCT identity_id) >= 10
                """),
    ]
}
