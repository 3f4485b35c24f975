import Auth
import Base
import Store

/// Derives the fields of identities from those of their accounts. Each field comes from the first account that has a
/// value, in this order: accounts at the primary identity provider, at other directories, at HR systems, at all other
/// platforms. Among these, active accounts come before suspended ones, and suspended before ended ones. Accounts of
/// disconnected platforms come last of all.
///
/// The status is that of the first account. The second factor and administrator rights come only from identity
/// providers, and so does the latest sign-in if one of them knows the person. If a person signs in at the primary
/// identity provider, the second factor comes from there alone: other directories behind it know none.
///
/// The fields of the employment (hr_status, hired_at, terminated_at) all come from one record of HR. A person who was
/// hired again may have several: the one that is still active counts, or else the one that began last.
struct IdentityFields {
    let steps: ApplySteps
    private var workspace: Workspace { steps.workspace }
    private var runID: Identifier { steps.runID }

    private static let isNoted: SQL = """
        identities.workspace_id = $1 AND identities.id IN (
            SELECT identity_id FROM sync_identities WHERE workspace_id = $1 AND sync_run_id = $2)
        """

    /// The query for the ids of the noted identities that are not written yet.
    private static let notedKeys: SQL = """
        SELECT identity_id AS key FROM sync_identities
        WHERE workspace_id = $1 AND sync_run_id = $2 AND NOT is_written
        """

    /// Returns the statement that notes that the identities of a step are written.
    private static func noteWritten(_ part: ApplyPart) -> SQL {
        """
        UPDATE sync_identities SET is_written = true
        WHERE workspace_id = $1 AND sync_run_id = $2 AND \(part.has("identity_id"))
        """
    }

    private static let accounts: SQL = """
         FROM accounts JOIN integrations ON integrations.id = accounts.integration_id
            WHERE accounts.workspace_id = $1 AND accounts.identity_id = identities.id
        """

    private static let order: SQL = """
         ORDER BY CASE WHEN integrations.status = 'disconnected' THEN 1 ELSE 0 END,
            CASE WHEN integrations.idp_role = 'primary_idp' THEN 0 WHEN integrations.idp_role = 'directory' THEN 1
                WHEN integrations.category = 'hr' THEN 2 ELSE 3 END,
            CASE accounts.status WHEN 'active' THEN 0 WHEN 'suspended' THEN 1 ELSE 2 END,
            integrations.platform, accounts.external_id LIMIT 1)
        """

    private static func first(_ column: SQL, where condition: SQL = "") -> SQL {
        "(SELECT accounts.\(column)\(accounts) AND accounts.\(column) IS NOT NULL\(condition)\(order)"
    }

    /// Returns the value of a column in the HR record that counts.
    private static func employed(_ column: SQL) -> SQL {
        """
        (SELECT accounts.\(column)\(accounts) AND accounts.hr_status IS NOT NULL
            ORDER BY CASE WHEN integrations.status = 'disconnected' THEN 1 ELSE 0 END,
                CASE WHEN accounts.status = 'active' THEN 0 ELSE 1 END,
                CASE WHEN accounts.hired_at IS NULL THEN 1 ELSE 0 END, accounts.hired_at DESC,
                integrations.platform, accounts.external_id LIMIT 1)
        """
    }

    private static let atDirectory: SQL = " AND integrations.idp_role IS NOT NULL"
    private static let atPrimary: SQL = """
         AND integrations.idp_role = 'primary_idp' AND integrations.status <> 'disconnected'
        """

    /// Writes the fields of the noted identities.
    func write() throws {
        // Most syncs change no identity, and PostgreSQL takes long to plan these statements.
        let isAnyNoted = try workspace.first(
            "SELECT 1 FROM sync_identities WHERE workspace_id = $1 AND sync_run_id = $2 LIMIT 1", runID
        ) { _ in true }
        guard isAnyNoted == true else { return }
        let isAdmin: SQL = """
            EXISTS (SELECT 1\(Self.accounts)\(Self.atDirectory) AND integrations.status <> 'disconnected'
                AND accounts.is_admin AND accounts.status = 'active')
            """
        try steps.run(Self.notedKeys) { part in
            let isNoted: SQL = """
                \(part.aside("identities.workspace_id")) = $1 AND \(part.has("identities.id", or: Self.isNoted))
                """
            return [
                """
                UPDATE identities SET
                    display_name = COALESCE(\(Self.first("display_name")), display_name),
                    status = COALESCE(\(Self.first("status")), 'deprovisioned'),
                    identity_type = CASE \(Self.first("account_type"))
                        WHEN 'service_account' THEN 'service_account' WHEN 'external' THEN 'external'
                        ELSE CASE WHEN \(isAdmin) THEN 'admin' ELSE 'user' END END,
                    mfa_enabled = CASE WHEN EXISTS (SELECT 1\(Self.accounts)\(Self.atPrimary)
                            AND accounts.status = 'active')
                        THEN \(Self.first("mfa_enabled", where: Self.atPrimary))
                        ELSE \(Self.first("mfa_enabled", where: Self.atDirectory)) END,
                    last_login_at = CASE WHEN EXISTS (SELECT 1\(Self.accounts)\(Self.atDirectory))
                        THEN (SELECT max(accounts.last_login_at)\(Self.accounts)\(Self.atDirectory))
                        ELSE (SELECT max(accounts.last_login_at)\(Self.accounts)) END,
                    department = \(Self.first("department")), title = \(Self.first("title")),
                    manager_email = \(Self.first("manager_email")), hr_status = \(Self.employed("hr_status")),
                    hired_at = \(Self.employed("hired_at")), terminated_at = \(Self.employed("terminated_at")),
                    updated_at = \(InventoryTable.appliedAt)
                WHERE \(isNoted)
                """,
                """
                UPDATE identities SET deprovisioned_at = CASE WHEN status = 'deprovisioned'
                        THEN COALESCE(\(Self.first("deprovisioned_at")), deprovisioned_at, \(InventoryTable.appliedAt)) END,
                    suspended_at = CASE WHEN status = 'suspended'
                        THEN COALESCE(suspended_at, \(InventoryTable.appliedAt)) END
                WHERE \(isNoted) AND (status <> 'active' OR deprovisioned_at IS NOT NULL OR suspended_at IS NOT NULL)
                """,
            ] + (part == .some ? [Self.noteWritten(part)] : [])
        }
        try writeAddresses()
    }

    /// Writes the addresses that change. Takes them from their holders first, so that people can swap addresses. No two
    /// identities have the same address, so an identity does not get an address that another one keeps.
    private func writeAddresses() throws {
        let wanted = Self.first("email")
        var taken: Set<String> = []
        let changes = try workspace.rows(
            """
            SELECT identities.id, \(wanted) FROM identities
            WHERE \(Self.isNoted) AND COALESCE(\(wanted), identities.email) IS DISTINCT FROM identities.email
            ORDER BY identities.id
            """, runID
        ) { row in (id: try row[0] as Identifier, email: try row[1] as String) }
        .filter { taken.insert($0.email).inserted }
        var holders: [String: Identifier] = [:]
        for change in changes {
            holders[change.email] = try workspace.first(
                "SELECT id FROM identities WHERE workspace_id = $1 AND email = $2", change.email
            ) { try $0[0] as Identifier }
        }
        var movers = changes
        var count = -1
        while count != movers.count {
            count = movers.count
            let moving = Set(movers.map(\.id))
            movers.removeAll { holders[$0.email].map { !moving.contains($0) } ?? false }
        }
        try steps.run(
            "UPDATE identities SET email = NULL WHERE workspace_id = $1 AND id = $2",
            for: movers.compactMap { holders[$0.email] }
        ) { [$0] }
        try steps.run("UPDATE identities SET email = $3 WHERE workspace_id = $1 AND id = $2", for: movers) {
            [$0.id, $0.email]
        }
    }

    /// Copies the identity of each account that this sync has changed to the account's entitlements, grants and keys,
    /// and the identity of each owner to the owner's devices.
    func copyToRecords() throws {
        for table in ["entitlements", "oauth_grants", "access_keys"] as [SQL] {
            let isAnothers: SQL = """
                accounts.updated_at >= \(InventoryTable.appliedAt)
                    AND \(table).account_id = accounts.id AND \(table).identity_id IS DISTINCT FROM accounts.identity_id
                """
            try steps.run(
                """
                SELECT \(table).id AS key FROM accounts CROSS JOIN \(table)
                WHERE accounts.workspace_id = $1 AND \(isAnothers)
                """
            ) { part in
                [
                    """
                    UPDATE \(table) SET identity_id = accounts.identity_id FROM accounts
                    WHERE \(part.aside("accounts.workspace_id")) = $1 AND \(isAnothers) AND \(part.has("\(table).id"))
                    """
                ]
            }
        }
        let owner: SQL = """
            COALESCE(
                (SELECT accounts.identity_id FROM accounts WHERE accounts.integration_id = devices.integration_id
                    AND accounts.external_id = devices.owner_external_id),
                (SELECT identities.id FROM identities WHERE identities.workspace_id = $1
                    AND identities.email = devices.owner_email))
            """
        // Devices without a fingerprint were not written by a sync and name no owner, so they keep their identity.
        let isAnothers: SQL = "sync_fingerprint IS NOT NULL AND identity_id IS DISTINCT FROM \(owner)"
        try steps.run(InventoryTable.devices.keys("devices.workspace_id = $1 AND \(isAnothers)")) { part in
            [
                """
                UPDATE devices SET identity_id = \(owner)
                WHERE \(InventoryTable.devices.rows(part, or: isAnothers))
                """
            ]
        }
    }
}
