import Store

/// A table of a WITH clause, whose definition both engines insert where it is used.
struct PreludeTable: Sendable {
    let name: StaticString
    let query: SQL
    private let words: Set<Substring>

    init(_ name: StaticString, _ query: SQL) {
        self.name = name
        self.query = query
        words = query.words
    }

    fileprivate var definition: SQL { SQL(stringLiteral: name) + " AS NOT MATERIALIZED (" + query + ")" }

    fileprivate func isNamed(in words: Set<Substring>) -> Bool { words.contains(Substring(name.description)) }

    /// Returns the WITH clause that a query needs: the tables that it names, and the tables that these name. A table
    /// may name only earlier ones. The first table is always included: it restricts a query of temporary tables to the
    /// workspace.
    ///
    /// Other tables are left out, because PostgreSQL parses and checks every table of the clause. For a small company,
    /// that takes ten times as long as the query itself.
    static func clause(for query: SQL, of tables: [PreludeTable]) -> SQL {
        var words = query.words
        if let first = tables.first { words.insert(Substring(first.name.description)) }
        var needed: [SQL] = []
        for table in tables.reversed() where table.isNamed(in: words) {
            words.formUnion(table.words)
            needed.append(table.definition)
        }
        return needed.isEmpty ? "" : "WITH " + .list(needed.reversed()) + " "
    }
}

/// The tables that rules query: the workspace's data, most of it only from connected integrations. Each rule's query
/// follows a WITH clause with the tables that it names.
enum Prelude {
    /// The tables for drift and correlation rules, which read few rows. They include the definitions of shared tables,
    /// except those with parameters.
    static let all =
        plain
        + sharedTables.filter(\.query.parameters.isEmpty).map { PreludeTable($0.name, $0.query.sql) } + further

    /// The tables for all other rules, which read the shared tables from temporary tables.
    static let overTemporaryTables = plain + further

    static let plain = connected + accounts + identities + inventory + access
    static let further = holdings + owners + judgement

    // Tables about integrations:
    // - connected: the connected integrations.
    // - idp: the identity provider with which people sign in.
    // - hr: the first connected HR system.
    // - providers: the identity providers that know people, including those whose syncs fail or are paused. A person
    //   that one of them knows is not a stranger.
    private static let connected: [PreludeTable] = [
        PreludeTable(
            "connected",
            """
            SELECT id, platform, category, idp_role, last_sync_at, COALESCE(connected_at, created_at) AS connected_at
            FROM integrations
            WHERE workspace_id = $1 AND status = 'connected'
            """),
        PreludeTable(
            "idp",
            """
            SELECT id, platform FROM connected WHERE idp_role IS NOT NULL ORDER BY idp_role DESC, platform LIMIT 1
            """),
        PreludeTable(
            "hr",
            """
            SELECT id, platform FROM connected WHERE category = 'hr' ORDER BY platform LIMIT 1
            """),
        PreludeTable(
            "providers",
            """
            SELECT id FROM integrations
            WHERE workspace_id = $1 AND idp_role IS NOT NULL AND status <> 'disconnected'
            """),
    ]

    // - live_accounts: the accounts on connected platforms, with their platform, without the records of HR, which
    //   can't be used to sign in. identity_id is the owner, or null.
    // - employees: the records of the connected HR system.
    private static let accounts: [PreludeTable] = [
        PreludeTable(
            "live_accounts",
            """
            SELECT accounts.id, accounts.identity_id, accounts.integration_id, accounts.username, accounts.email,
                accounts.display_name, accounts.account_type, accounts.status, accounts.is_admin, accounts.admin_roles,
                accounts.mfa_enabled, accounts.sso_enforced, accounts.last_login_at, accounts.department,
                accounts.manager_email, accounts.metadata, accounts.created_at, accounts.admin_since,
                connected.platform, connected.category, connected.idp_role
            FROM accounts JOIN connected ON connected.id = accounts.integration_id
            WHERE accounts.workspace_id = $1 AND connected.category <> 'hr'
            """),
        PreludeTable(
            "employees",
            """
            SELECT id, identity_id, display_name, metadata ->> 'legal_name' AS legal_name, email, status, department,
                manager_email, hr_status, hired_at, terminated_at, moved_at, metadata
            FROM accounts WHERE workspace_id = $1 AND integration_id = (SELECT id FROM hr)
            """),
    ]

    // Tables about people:
    // - everyone: all identities.
    // - known: identities with an account at a connected identity provider.
    // - executive_titles: titles that begin with an executive's title. There are far fewer titles than people.
    // - emergencies: identities that are marked as emergency accounts.
    // - contractors: identities that are marked as contractors, by department, title or the beginning of the address.
    private static let identities: [PreludeTable] = [
        PreludeTable(
            "everyone",
            """
            SELECT id, email, display_name, status, identity_type, mfa_enabled, last_login_at, department, title,
                manager_email, hr_status, hired_at, terminated_at, deprovisioned_at, suspended_at, created_at
            FROM identities WHERE workspace_id = $1
            """),
        PreludeTable(
            "emergencies",
            """
            SELECT id FROM identities WHERE workspace_id = $1 AND lower(email) IN (
                SELECT value FROM workspace_marks WHERE workspace_id = $1 AND kind = 'emergency_accounts')
            """),
        PreludeTable(
            "contractors",
            """
            SELECT id FROM identities
            WHERE workspace_id = $1 AND EXISTS (
                SELECT 1 FROM workspace_marks AS mark
                WHERE mark.workspace_id = $1 AND mark.kind = 'contractor_marks' AND (
                    mark.value = 'department:' || lower(trim(identities.department))
                    OR mark.value = 'title:' || lower(trim(identities.title))
                    OR substr('address:' || lower(identities.email), 1, length(mark.value)) = mark.value))
            """),
        PreludeTable(
            "known",
            """
            SELECT * FROM everyone WHERE EXISTS (
                SELECT 1 FROM accounts
                WHERE workspace_id = $1 AND identity_id = everyone.id
                    AND integration_id IN (SELECT id FROM connected WHERE idp_role IS NOT NULL))
            """),
        PreludeTable(
            "executive_titles",
            """
            SELECT title FROM (
                SELECT title,
                    replace(replace(replace(lower(trim(title)), ',', ' '), '/', ' '), '-', ' ') || ' ' AS words
                FROM (
                    SELECT DISTINCT title FROM identities
                    WHERE workspace_id = $1 AND title IS NOT NULL) AS titles) AS split
            WHERE words LIKE 'chief %' AND words NOT LIKE 'chief of staff %' OR words LIKE 'ceo %' OR words LIKE 'cfo %' OR words LIKE 'cio %'
                OR words LIKE 'ciso %' OR words LIKE 'coo %' OR words LIKE 'cto %' OR words LIKE 'president %'
                OR words LIKE 'vp %' OR words LIKE 'svp %' OR words LIKE 'evp %' OR words LIKE 'vice president %'
                OR words LIKE 'senior vice president %' OR words LIKE 'executive vice president %'
            """),
    ]

    // Tables about applications and devices:
    // - live_applications: the applications of connected platforms.
    // - unsanctioned: applications that are neither managed nor sanctioned.
    // - shared_serials: serial numbers that can't identify a machine, since one platform has three or more machines
    //   with the same one, of different models. These are placeholders that are in no list yet.
    // - live_devices: the devices, with their platform. serial is the serial number for comparisons; null if there is
    //   none or only a shared one.
    private static let inventory: [PreludeTable] = [
        PreludeTable(
            "live_applications",
            """
            SELECT applications.id, applications.name, applications.name_folded, applications.publisher,
                applications.category, applications.sso_enabled, applications.is_ai_tool, applications.is_managed,
                applications.metadata, applications.first_seen_at, connected.platform, connected.connected_at
            FROM applications JOIN connected ON connected.id = applications.integration_id
            WHERE applications.workspace_id = $1
            """),
        PreludeTable(
            "unsanctioned",
            """
            SELECT * FROM live_applications WHERE NOT is_managed AND NOT EXISTS (
                SELECT 1 FROM app_policies WHERE app_policies.workspace_id = $1
                    AND app_policies.app_name_folded = live_applications.name_folded
                    AND app_policies.status = 'sanctioned')
            """),
        PreludeTable(
            "shared_serials",
            """
            SELECT lower(trim(serial_number)) AS serial FROM devices
            WHERE workspace_id = $1 AND serial_number IS NOT NULL
            GROUP BY integration_id, lower(trim(serial_number))
            HAVING count(*) >= 3 AND count(DISTINCT metadata ->> 'model') >= 2
            """),
        PreludeTable(
            "live_devices",
            """
            SELECT devices.id, devices.identity_id, devices.integration_id, devices.hostname, devices.serial_number,
                CASE WHEN lower(trim(devices.serial_number)) NOT IN (SELECT serial FROM shared_serials)
                    THEN NULLIF(lower(trim(devices.serial_number)), '') END AS serial,
                devices.operating_system, devices.os_version, devices.is_os_supported, devices.is_encrypted, devices.is_compliant,
                devices.is_jailbroken, devices.has_edr, devices.is_contained, devices.open_detections,
                devices.last_seen_at, devices.created_at, connected.platform, connected.category, connected.idp_role
            FROM devices JOIN connected ON connected.id = devices.integration_id
            WHERE devices.workspace_id = $1
            """),
    ]

    // Tables about access: live_entitlements, live_grants (OAuth), live_keys (active access keys, tokens and deploy
    // keys) and live_events (the platforms' logs), each with its platform. log_start: the time from which the logs of
    // all identity providers are taken to be complete.
    private static let access: [PreludeTable] = [
        PreludeTable(
            "live_entitlements",
            """
            SELECT entitlements.id, entitlements.account_id, entitlements.identity_id, entitlements.application_id,
                entitlements.role, entitlements.is_admin, entitlements.is_license, entitlements.granted_at,
                entitlements.last_used_at, connected.platform
            FROM entitlements JOIN connected ON connected.id = entitlements.integration_id
            WHERE entitlements.workspace_id = $1
            """),
        PreludeTable(
            "live_grants",
            """
            SELECT oauth_grants.id, oauth_grants.account_id, oauth_grants.identity_id, oauth_grants.application_id,
                oauth_grants.scopes, oauth_grants.access, oauth_grants.reads_mail_or_files, oauth_grants.granted_at,
                oauth_grants.last_used_at, connected.platform
            FROM oauth_grants JOIN connected ON connected.id = oauth_grants.integration_id
            WHERE oauth_grants.workspace_id = $1
            """),
        PreludeTable(
            "live_keys",
            """
            SELECT access_keys.id, access_keys.account_id, access_keys.identity_id, access_keys.kind, access_keys.name,
                access_keys.can_write, access_keys.created_at, access_keys.last_used_at, access_keys.expires_at,
                connected.platform
            FROM access_keys JOIN connected ON connected.id = access_keys.integration_id
            WHERE access_keys.workspace_id = $1 AND access_keys.is_active
            """),
        PreludeTable(
            "live_events",
            """
            SELECT audit_events.id, audit_events.identity_id, audit_events.event_type, audit_events.outcome,
                audit_events.actor, audit_events.target, audit_events.ip_address, audit_events.details,
                audit_events.occurred_at, connected.platform
            FROM audit_events JOIN connected ON connected.id = audit_events.integration_id
            WHERE audit_events.workspace_id = $1
            """),
        PreludeTable(
            "log_start",
            """
            SELECT max(began_at) AS since FROM (
                SELECT min(occurred_at) AS began_at FROM audit_events WHERE workspace_id = $1
                UNION ALL
                SELECT max(COALESCE(connected_at, created_at)) FROM integrations
                WHERE workspace_id = $1 AND status = 'connected' AND idp_role IS NOT NULL) AS beginnings
            """),
    ]
}
