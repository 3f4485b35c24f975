import Store

extension InventoryTable {
    /// Returns a column that keeps its value if the record says that the value could not be read, unless the row has
    /// none yet.
    private static func keeping(_ name: SQL, _ value: SQL) -> Column {
        (name, "CASE WHEN \(flag("keeps_" + name)) THEN COALESCE(known.\(name), \(value)) ELSE \(value) END")
    }

    /// The column of administrator roles. Roles that are stored stay if the roles could not be read, or if it is not
    /// known whether the account is an administrator.
    private static let adminRoles: Column = {
        let value: SQL = "COALESCE(\(json("admin_roles")), known.admin_roles, '[]')"
        return (
            "admin_roles",
            "CASE WHEN \(flag("keeps_admin_roles")) THEN COALESCE(NULLIF(known.admin_roles, '[]'), \(value)) ELSE \(value) END"
        )
    }()

    /// The column with the time at which a sync first saw that HR lists an employee in another department.
    private static let movedAt: Column = (
        "moved_at",
        """
        CASE WHEN \(text("hr_status")) IS NOT NULL AND lower(trim(known.department)) <> lower(trim(\(text("department"))))
            THEN run.finished_at ELSE known.moved_at END
        """
    )

    /// The tables in the order in which they are written, parents first. Child rows are deleted before their parents.
    static let all = [accounts, applications, entitlements, oauthGrants, accessKeys, devices]

    static let accounts = InventoryTable(
        kind: .account, name: "accounts",
        source: """
             LEFT JOIN accounts AS known ON known.integration_id = run.integration_id
                AND known.external_id = staged.external_id
            """,
        label: (staged: text("display_name"), row: "COALESCE(accounts.display_name, accounts.username)"),
        columns: [
            ("username", text("username")), keeping("email", text("email")), ("display_name", text("display_name")),
            keeping("account_type", text("kind")), keeping("status", text("status")),
            ("is_admin", "COALESCE(\(flag("is_admin")), known.is_admin, false)"),
            (
                "admin_since",
                """
                CASE WHEN COALESCE(\(flag("is_admin")), known.is_admin, false)
                    THEN CASE WHEN known.is_admin THEN COALESCE(known.admin_since, run.finished_at)
                        ELSE run.finished_at END END
                """
            ),
            adminRoles,
            keeping("mfa_enabled", flag("mfa_enabled")), keeping("sso_enforced", flag("sso_enforced")),
            keeping("last_login_at", moment("last_login_at")),
            keeping("department", text("department")), keeping("title", text("title")),
            keeping("manager_email", text("manager_email")), keeping("manager_external_id", text("manager")),
            keeping("metadata", json("metadata")), keeping("created_at", moment("created_at")),
            (
                "deprovisioned_at",
                "COALESCE(\(moment("deprovisioned_at")), CASE WHEN \(flag("keeps_status")) THEN known.deprovisioned_at END)"
            ),
            keeping("hr_status", text("hr_status")), keeping("hired_at", moment("hired_at")),
            keeping("terminated_at", moment("terminated_at")), movedAt,
        ])

    static let applications = InventoryTable(
        kind: .application, name: "applications",
        source: """
             LEFT JOIN applications AS known ON known.integration_id = run.integration_id
                AND known.external_id = staged.external_id
            """,
        label: (staged: text("name"), row: "applications.name"),
        columns: [
            ("name", text("name")), ("name_folded", text("name_folded")), ("publisher", text("publisher")),
            ("category", text("category")), ("sso_enabled", flag("sso_enabled")), ("is_ai_tool", flag("is_ai_tool")),
            keeping("is_managed", flag("is_managed")), ("metadata", json("metadata")),
        ],
        firstColumns: [("first_seen_at", "run.finished_at")])

    // Finds the account to which a record belongs. An account that its directory no longer shows has no fingerprint and
    // is not found, so it gets no access.
    private static let owner: SQL = """
         JOIN accounts ON accounts.integration_id = run.integration_id
            AND accounts.external_id = staged.record ->> 'account' AND accounts.sync_fingerprint IS NOT NULL
        """
    // Applications that are gone are deleted only at the end, so they are excluded here.
    private static let application: SQL = """
         JOIN applications ON applications.integration_id = run.integration_id
            AND applications.external_id = staged.record ->> 'application' AND applications.id NOT IN \(applications.gone)
        """
    private static let ofNobody: SQL = " OR account_id IN \(accounts.gone)"
    private static let ofNothing: SQL = " OR application_id IN \(applications.gone)"

    static let entitlements = InventoryTable(
        kind: .entitlement, name: "entitlements", source: "\(owner)\(application)",
        label: (
            staged: "COALESCE(accounts.display_name, accounts.external_id) || ', ' || applications.name",
            row: "entitlements.role"
        ),
        columns: [
            ("account_id", "accounts.id"), ("identity_id", "accounts.identity_id"),
            ("application_id", "applications.id"), ("role", text("role")), ("is_admin", flag("is_admin")),
            ("is_license", flag("is_license")), ("granted_at", moment("granted_at")),
            ("last_used_at", moment("last_used_at")),
        ],
        extraDeleteCondition: "\(ofNobody)\(ofNothing)")

    static let oauthGrants = InventoryTable(
        kind: .oauthGrant, name: "oauth_grants", source: "\(owner)\(application)",
        label: (
            staged: "COALESCE(accounts.display_name, accounts.external_id) || ', ' || applications.name",
            row: "oauth_grants.access"
        ),
        columns: [
            ("account_id", "accounts.id"), ("identity_id", "accounts.identity_id"),
            ("application_id", "applications.id"), ("scopes", json("scopes")), ("access", text("access")),
            ("reads_mail_or_files", flag("reads_mail_or_files")), ("granted_at", moment("granted_at")),
            ("last_used_at", moment("last_used_at")),
        ],
        extraDeleteCondition: "\(ofNobody)\(ofNothing)")

    static let accessKeys = InventoryTable(
        kind: .accessKey, name: "access_keys",
        source: """
             LEFT JOIN accounts ON accounts.integration_id = run.integration_id
                AND accounts.external_id = staged.record ->> 'account'
            """,
        label: (staged: "COALESCE(staged.record ->> 'name', staged.record ->> 'kind')", row: "access_keys.name"),
        columns: [
            ("kind", text("kind")), ("account_id", "accounts.id"), ("identity_id", "accounts.identity_id"),
            ("account_external_id", text("account")), ("name", text("name")), ("is_active", flag("is_active")),
            ("can_write", flag("can_write")),
            ("created_at", moment("created_at")), ("last_used_at", moment("last_used_at")),
            ("expires_at", moment("expires_at")),
        ])

    static let devices = InventoryTable(
        kind: .device, name: "devices",
        source: """
             LEFT JOIN devices AS known ON known.integration_id = run.integration_id
                AND known.external_id = staged.external_id
            """,
        label: (staged: text("hostname"), row: "devices.hostname"),
        columns: [
            ("hostname", text("hostname")), keeping("owner_email", text("owner_email")),
            ("owner_external_id", text("owner")),
            ("serial_number", text("serial_number")), ("operating_system", text("operating_system")),
            ("os_version", text("os_version")), ("is_os_supported", flag("is_os_supported")),
            ("is_encrypted", flag("is_encrypted")), ("is_compliant", flag("is_compliant")),
            ("is_jailbroken", flag("is_jailbroken")), ("has_edr", flag("has_edr")),
            keeping("is_contained", flag("is_contained")),
            keeping("open_detections", "CAST(staged.record ->> 'open_detections' AS integer)"),
            ("last_seen_at", moment("last_seen_at")), ("metadata", json("metadata")),
        ],
        firstColumns: [("created_at", "run.finished_at")])
}
