import Auth
import Store

/// Updates the inventory from staged records. Entitlements, grants, keys and accounts that are gone are removed first
/// and make room for others. Accounts are written before the rows that belong to them. Applications and devices that
/// are gone are deleted last, in the transaction that makes the change visible, because findings may refer to them.
///
/// The statements that write changed rows, remove gone ones or add events are left out if the sync has staged none of
/// the kind. Most syncs change little, and PostgreSQL takes longer to plan such a statement than to run it.
struct InventoryUpdate {
    let steps: ApplySteps
    private let staged: StagedKinds

    init(steps: ApplySteps) throws {
        self.steps = steps
        staged = try StagedKinds(steps)
    }

    func run() throws {
        try remove()
        try write(.accounts)
        try writeLinks()
        try IdentityMatching(steps: steps).run()
        for table in InventoryTable.all.dropFirst() { try write(table) }
        try findOwners()
        let fields = IdentityFields(steps: steps)
        try fields.write()
        try fields.copyToRecords()
        try addEvents()
    }

    private func write(_ table: InventoryTable) throws {
        guard staged.hasChanges(of: table.kind) else { return }
        try steps.run(table.changedKeys) { part in [table.logChanged(part), table.write(part)] }
    }

    // MARK: Deletions

    private func remove() throws {
        for table: InventoryTable in [.entitlements, .oauthGrants, .accessKeys] where staged.hasGone(table.kind) {
            try steps.run(table.keys(table.isGone)) { part in
                let isGone = table.rows(part, or: table.isGone)
                return [table.logGone(part, isGone), "DELETE FROM \(table.name) WHERE \(isGone)"]
            }
        }
        try removeAccounts()
    }

    /// Removes accounts that are gone. If an identity provider no longer shows an account, the person counts as having
    /// left, and the account stays with status `deprovisioned`. An account elsewhere is deleted.
    private func removeAccounts() throws {
        let accounts = InventoryTable.accounts
        guard staged.hasGone(accounts.kind) else { return }
        let atDirectory: SQL = """
            EXISTS (SELECT 1 FROM integrations WHERE integrations.workspace_id = $1
                AND integrations.id = accounts.integration_id AND integrations.idp_role IS NOT NULL)
            """
        let endedAtDirectory: SQL = "\(accounts.isGone) AND accounts.status <> 'deprovisioned' AND \(atDirectory)"
        try steps.run(accounts.keys(endedAtDirectory)) { part in
            let isEnded = accounts.rows(part, or: endedAtDirectory)
            return [
                accounts.logGone(part, isEnded),
                """
                UPDATE accounts SET status = 'deprovisioned', is_admin = false, admin_since = NULL, admin_roles = '[]',
                    deprovisioned_at = COALESCE(deprovisioned_at, \(InventoryTable.appliedAt)), sync_fingerprint = NULL,
                    updated_at = \(InventoryTable.appliedAt)
                WHERE \(isEnded)
                """,
            ]
        }
        let goneElsewhere: SQL = "\(accounts.isGone) AND NOT \(atDirectory)"
        try steps.run(accounts.keys(goneElsewhere)) { part in
            let isGone = accounts.rows(part, or: goneElsewhere)
            let ofGone: SQL = "account_id IN (SELECT id FROM accounts WHERE \(isGone))"
            // A key stays when its account is deleted.
            let isOrphaned: SQL = "\(part.aside("access_keys.workspace_id")) = $1 AND \(ofGone)"
            return [
                accounts.logGone(part, isGone),
                IdentityMatching.noteIdentities(part, isGone),
                "DELETE FROM account_links WHERE workspace_id = $1 AND \(ofGone)",
                InventoryTable.accessKeys.log("updated", part, isOrphaned),
                """
                UPDATE access_keys SET account_id = NULL, identity_id = NULL, updated_at = \(InventoryTable.appliedAt)
                WHERE \(isOrphaned)
                """,
                "DELETE FROM accounts WHERE \(isGone)",
            ]
        }
    }

    /// Deletes applications and devices that are gone, and returns their number. Findings keep their text and lose the
    /// reference.
    @discardableResult
    func removeReferred() throws -> Int {
        var deleted = 0
        for table: InventoryTable in [.applications, .devices] where staged.hasGone(table.kind) {
            let gone: SQL = "SELECT id FROM \(table.name) WHERE \(table.isGone)"
            for statement in Reference.ending(to: table.name, rows: gone) {
                try steps.workspace.execute(statement, steps.runID)
            }
            try steps.workspace.execute(table.logGone(.whole, table.isGone), steps.runID)
            deleted += try steps.workspace.execute(
                "DELETE FROM \(table.name) WHERE \(table.isGone)", steps.runID)
        }
        return deleted
    }

    // MARK: Links, owners and events

    private func writeLinks() throws {
        let isOld: SQL = """
            EXISTS (
                SELECT 1 FROM accounts JOIN sync_records AS staged ON staged.workspace_id = $1
                        AND staged.sync_run_id = $2 AND staged.kind = 'account'
                        AND staged.external_id = accounts.external_id
                WHERE accounts.id = account_links.account_id
                    AND accounts.integration_id = \(InventoryTable.integration)
                    AND NOT \(Protection(kind: .accountLink, scope: .record).covers("accounts.external_id"))
                    AND NOT EXISTS (
                        SELECT 1 FROM sync_records WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'account_link'
                            AND external_id = accounts.external_id || ' ' || account_links.email))
            """
        try steps.run(
            "SELECT DISTINCT account_id AS key FROM account_links WHERE workspace_id = $1 AND \(isOld)"
        ) { part in
            ["DELETE FROM account_links WHERE workspace_id = $1 AND \(isOld) AND \(part.has("account_id"))"]
        }
        let isNew: SQL = """
            staged.workspace_id = $1 AND staged.sync_run_id = $2 AND staged.kind = 'account_link'
                AND accounts.integration_id = \(InventoryTable.integration)
                AND accounts.external_id = staged.record ->> 'account'
            """
        try steps.run(
            """
            SELECT staged.external_id AS key FROM sync_records AS staged CROSS JOIN accounts WHERE \(isNew)
                AND NOT EXISTS (SELECT 1 FROM account_links WHERE account_links.account_id = accounts.id
                    AND account_links.email = staged.record ->> 'email')
            """
        ) { part in
            [
                """
                INSERT INTO account_links (workspace_id, account_id, email)
                SELECT staged.workspace_id, accounts.id, staged.record ->> 'email'
                FROM sync_records AS staged CROSS JOIN accounts WHERE \(isNew) AND \(part.has("staged.external_id"))
                ON CONFLICT (account_id, email) DO NOTHING
                """
            ]
        }
    }

    /// Links access keys to accounts that appeared after the keys. No other step writes these keys if they have not
    /// changed themselves.
    private func findOwners() throws {
        let keys = InventoryTable.accessKeys
        let found: SQL = """
            access_keys.integration_id = \(InventoryTable.integration) AND access_keys.account_id IS NULL AND EXISTS (
                SELECT 1 FROM accounts WHERE accounts.integration_id = access_keys.integration_id
                    AND accounts.external_id = access_keys.account_external_id)
            """
        try steps.run(keys.keys("access_keys.workspace_id = $1 AND \(found)")) { part in
            let isOwned = keys.rows(part, or: found)
            return [
                keys.log("updated", part, isOwned),
                """
                UPDATE access_keys SET account_id = accounts.id, identity_id = accounts.identity_id,
                    updated_at = \(InventoryTable.appliedAt)
                FROM accounts WHERE \(part.aside("accounts.workspace_id")) = $1
                    AND accounts.integration_id = access_keys.integration_id
                    AND accounts.external_id = access_keys.account_external_id AND \(isOwned)
                """,
            ]
        }
    }

    private func addEvents() throws {
        guard staged.has(.auditEvent) else { return }
        try steps.run(
            """
            SELECT staged.external_id AS key FROM sync_records AS staged
            WHERE staged.workspace_id = $1 AND staged.sync_run_id = $2 AND staged.kind = 'audit_event' AND NOT EXISTS (
                SELECT 1 FROM audit_events WHERE audit_events.integration_id = \(InventoryTable.integration)
                    AND audit_events.external_id = staged.external_id)
            """
        ) { part in
            [
                """
                INSERT INTO audit_events (id, workspace_id, integration_id, identity_id, external_id, event_type,
                    outcome, actor, target, ip_address, details, country, occurred_at)
                SELECT staged.entity_id, run.workspace_id, run.integration_id,
                    COALESCE(
                        (SELECT accounts.identity_id FROM accounts WHERE accounts.integration_id = run.integration_id
                            AND accounts.external_id = staged.record ->> 'actor_account'),
                        (SELECT identities.id FROM identities WHERE identities.workspace_id = $1
                            AND identities.email = staged.record ->> 'actor_email')),
                    staged.external_id, staged.record ->> 'event_type', staged.record ->> 'outcome',
                    staged.record ->> 'actor', staged.record ->> 'target', staged.record ->> 'ip_address',
                    staged.record -> 'details', staged.record -> 'details' ->> 'country',
                    moment(staged.record ->> 'occurred_at')
                FROM sync_runs AS run JOIN sync_records AS staged ON staged.workspace_id = run.workspace_id
                    AND staged.sync_run_id = run.id AND staged.kind = 'audit_event'
                WHERE run.workspace_id = $1 AND run.id = $2 AND \(part.has("staged.external_id"))
                ON CONFLICT (integration_id, external_id) DO NOTHING
                """
            ]
        }
    }
}

/// The kinds of records that a sync has staged or noted as gone.
private struct StagedKinds {
    private var kinds: Set<String> = []
    private var changed: Set<String> = []
    private let gone: Set<String>

    init(_ steps: ApplySteps) throws {
        let found = try steps.workspace.rows(
            """
            SELECT kind, max(CASE WHEN fingerprint <> '' THEN 1 ELSE 0 END) FROM sync_records
            WHERE workspace_id = $1 AND sync_run_id = $2 GROUP BY kind
            """, steps.runID
        ) { row in (kind: try row[0] as String, isChanged: try row[1] as Int == 1) }
        gone = Set(
            try steps.workspace.rows(
                "SELECT DISTINCT kind FROM sync_gone WHERE workspace_id = $1 AND sync_run_id = $2", steps.runID
            ) { try $0[0] as String })
        for (kind, isChanged) in found {
            kinds.insert(kind)
            if isChanged { changed.insert(kind) }
        }
    }

    /// Returns true if the sync has staged records of a kind.
    func has(_ kind: StagedRecord.Kind) -> Bool { kinds.contains(kind.rawValue) }

    /// Returns true if the sync has staged records of a kind that differ from their rows.
    func hasChanges(of kind: StagedRecord.Kind) -> Bool { changed.contains(kind.rawValue) }

    /// Returns true if rows of a kind are noted as gone.
    func hasGone(_ kind: StagedRecord.Kind) -> Bool { gone.contains(kind.rawValue) }
}
