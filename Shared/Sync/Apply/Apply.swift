import Auth
import Base
import Jobs
import Store

extension Workspace {
    /// Finds out what is gone, table after table, so that applying the sync keeps others from writing for less long.
    func compare(_ run: SyncRun) throws {
        try exclusively {
            try save(run)
            try followIDs(run.id)
        }
        for table in InventoryTable.all {
            try exclusively {
                try save(run)
                try execute(table.noteGone(run.position.lists), run.id)
            }
        }
    }

    /// Gives accounts the ids that their connector knows them by now. A row is that of a staged account if its id is the
    /// account's former one and the name is the same: another account's id may look like a name.
    private func followIDs(_ runID: Identifier) throws {
        try execute(
            """
            UPDATE accounts SET external_id = staged.external_id
            FROM sync_runs AS run JOIN sync_staged AS staged ON staged.workspace_id = run.workspace_id
                AND staged.sync_run_id = run.id AND staged.kind = 'account' AND staged.fingerprint <> ''
            WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.workspace_id = $1
                AND accounts.integration_id = run.integration_id
                AND accounts.external_id = staged.record ->> 'former_id'
                AND accounts.username = staged.record ->> 'username'
                AND NOT EXISTS (
                    SELECT 1 FROM accounts AS other WHERE other.integration_id = run.integration_id
                        AND other.external_id = staged.external_id)
            """, runID)
    }

    /// Makes the inventory what the provider has shown: one transaction, in which only what has changed is written, and
    /// what is gone goes. Returns what was counted. Throws `SyncInterruption` when the sync is not this process's any more,
    /// or nobody wants it.
    func apply(_ run: SyncRun, of integration: SyncedIntegration, now: Timestamp) throws -> SyncCounts {
        try change {
            var applied = run
            applied.position.isPulled = true
            try save(applied)
            let isWanted = try first(
                """
                SELECT 1 FROM integrations WHERE workspace_id = $1 AND id = $2
                    AND status IN ('connected', 'pending', 'error')
                """, integration.id
            ) { _ in true }
            guard isWanted == true else { throw SyncInterruption.unwanted }
            try execute("UPDATE sync_runs SET finished_at = $3 WHERE workspace_id = $1 AND id = $2", run.id, now)
            let counts = SyncCounts(try stagedCounts(of: run.id))
            try InventoryUpdate(workspace: self, runID: run.id).run()
            let billable = try billableIdentities()
            let changes = try countChanges(of: run.id)
            try finish(run, counts, at: now)
            var details: [String: JSON] = [
                "platform": .string(integration.platform.rawValue), "entities": counts.json,
                "changes": .object(changes.mapValues(JSON.integer)),
            ]
            let missing = run.position.lists.leftOut.merging(run.position.lists.heldBack) { $1 }
            if !missing.isEmpty {
                details["left_out"] = .array(
                    missing.sorted { $0.key < $1.key }.map { ["list": .string($0.key), "reason": .string($0.value)] })
            }
            // What a plan does not cover is synced and watched all the same.
            if let limit = plan.identityLimit, billable > limit {
                details["billable_identities"] = .integer(billable)
                details["plan_identity_limit"] = .integer(limit)
            }
            let entry = AuditEntry(
                action: "integration.synced", targetType: "integration", targetID: integration.id.description,
                details: details, createdAt: now)
            return (counts, entry)
        }
    }

    private func finish(_ run: SyncRun, _ counts: SyncCounts, at now: Timestamp) throws {
        var history = try listHistory(of: run.integrationID)
        history.add(run.position.lists, eventsSince: run.position.eventsSince, now: now)
        let error = run.position.lists.heldBack.sorted { $0.key < $1.key }.first?.value
        try execute(
            """
            UPDATE sync_runs SET status = 'completed', lease_token = NULL, lease_expires_at = NULL, position = NULL,
                entity_counts = $3, error_kind = NULL, error = NULL
            WHERE workspace_id = $1 AND id = $2
            """, run.id, counts.json)
        try execute(
            """
            UPDATE integrations SET status = 'connected', last_sync_at = $3, next_auto_sync_at = $4, error_kind = $5,
                error = $6, failing_since = NULL, failed_syncs = 0, lists = $7
            WHERE workspace_id = $1 AND id = $2
            """, run.integrationID, now, run.integrationID.hourlyTime(after: now),
            error.map { _ in "deletions_held_back" }, error, history.json)
        try queueAnalysis(now: now)
    }

    private func countChanges(of runID: Identifier) throws -> [String: Int] {
        let counts = try rows(
            """
            SELECT change, count(*) FROM sync_events WHERE workspace_id = $1 AND sync_run_id = $2 GROUP BY change
            """, runID
        ) { row in (change: try row[0] as String, count: try row[1] as Int) }
        return Dictionary(counts.map { ($0.change, $0.count) }) { $1 }
    }

    /// People whom identity providers know, who are what a plan counts.
    private func billableIdentities() throws -> Int {
        try first(
            """
            SELECT count(*) FROM identities WHERE workspace_id = $1 AND status = 'active'
                AND identity_type <> 'service_account' AND EXISTS (
                    SELECT 1 FROM accounts JOIN integrations ON integrations.id = accounts.integration_id
                    WHERE accounts.workspace_id = $1 AND accounts.identity_id = identities.id
                        AND integrations.idp_role IS NOT NULL)
            """
        ) { try $0[0] as Int } ?? 0
    }
}

/// The steps from staged records to the inventory.
struct InventoryUpdate {
    let workspace: Workspace
    let runID: Identifier
    private var matching: IdentityMatching { IdentityMatching(workspace: workspace, runID: runID) }

    init(workspace: Workspace, runID: Identifier) {
        self.workspace = workspace
        self.runID = runID
    }

    func run() throws {
        try remove()
        try write(.accounts)
        try writeLinks()
        try matching.run()
        for table in InventoryTable.all.dropFirst() { try write(table) }
        try findOwners()
        let fields = IdentityFields(workspace: workspace, runID: runID)
        try fields.write()
        try fields.passOn()
        try addEvents()
    }

    private func execute(_ sql: SQL) throws { try workspace.execute(sql, runID) }

    private func write(_ table: InventoryTable) throws {
        try execute(table.logChanged)
        try execute(table.write)
    }

    /// What findings say of a thing that has gone stays in them; only the reference ends. An account that an identity
    /// provider no longer shows has been ended there, and its person with it; elsewhere it goes.
    private func remove() throws {
        for table: InventoryTable in [.entitlements, .oauthGrants, .accessKeys] {
            try execute(table.logGone(table.isGone))
            try execute("DELETE FROM \(table.name) WHERE \(table.isGone)")
        }
        let referred: [(InventoryTable, SQL)] = [
            (.applications, "affected_application_id"), (.devices, "affected_device_id"),
        ]
        for (table, column) in referred {
            try execute(
                """
                UPDATE findings SET \(column) = NULL
                WHERE workspace_id = $1 AND \(column) IN (SELECT id FROM \(table.name) WHERE \(table.isGone))
                """)
            try execute(table.logGone(table.isGone))
            try execute("DELETE FROM \(table.name) WHERE \(table.isGone)")
        }
        let accounts = InventoryTable.accounts
        let atDirectory: SQL = """
            EXISTS (SELECT 1 FROM integrations WHERE integrations.workspace_id = $1
                AND integrations.id = accounts.integration_id AND integrations.idp_role IS NOT NULL)
            """
        let isEnded: SQL = "\(accounts.isGone) AND accounts.status <> 'deprovisioned' AND \(atDirectory)"
        let isGone: SQL = "\(accounts.isGone) AND NOT \(atDirectory)"
        try execute(accounts.logGone(isEnded))
        try execute(accounts.logGone(isGone))
        try matching.touch(isGone)
        try execute(
            """
            UPDATE accounts SET status = 'deprovisioned', is_admin = false, admin_roles = '[]',
                deprovisioned_at = COALESCE(deprovisioned_at, \(InventoryTable.appliedAt)), sync_fingerprint = NULL,
                updated_at = \(InventoryTable.appliedAt)
            WHERE \(isEnded)
            """)
        try execute(
            """
            DELETE FROM account_links
            WHERE workspace_id = $1 AND account_id IN (SELECT id FROM accounts WHERE \(isGone))
            """)
        // A key outlives the account that had it.
        let isOrphaned: SQL = """
            access_keys.workspace_id = $1 AND account_id IN (SELECT id FROM accounts WHERE \(isGone))
            """
        try execute(InventoryTable.accessKeys.log("updated", isOrphaned))
        try execute(
            """
            UPDATE access_keys SET account_id = NULL, identity_id = NULL, updated_at = \(InventoryTable.appliedAt)
            WHERE \(isOrphaned)
            """)
        try execute("DELETE FROM accounts WHERE \(isGone)")
    }

    private func writeLinks() throws {
        try execute(
            """
            DELETE FROM account_links WHERE workspace_id = $1 AND EXISTS (
                SELECT 1 FROM accounts JOIN sync_staged AS staged ON staged.workspace_id = $1
                        AND staged.sync_run_id = $2 AND staged.kind = 'account'
                        AND staged.external_id = accounts.external_id
                WHERE accounts.id = account_links.account_id
                    AND accounts.integration_id = \(InventoryTable.integration) AND NOT EXISTS (
                        SELECT 1 FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2
                            AND kind = 'kept account_link' AND external_id = accounts.external_id)
                    AND NOT EXISTS (
                        SELECT 1 FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'account_link'
                            AND external_id = accounts.external_id || ' ' || account_links.email))
            """)
        try execute(
            """
            INSERT INTO account_links (workspace_id, account_id, email)
            SELECT run.workspace_id, accounts.id, staged.record ->> 'email'
            FROM sync_runs AS run JOIN sync_staged AS staged ON staged.workspace_id = run.workspace_id
                    AND staged.sync_run_id = run.id AND staged.kind = 'account_link'
                JOIN accounts ON accounts.integration_id = run.integration_id
                    AND accounts.external_id = staged.record ->> 'account'
            WHERE run.workspace_id = $1 AND run.id = $2
            ON CONFLICT (account_id, email) DO NOTHING
            """)
    }

    /// Gives keys their account that has come, or come back, after them: such a key itself has not changed.
    private func findOwners() throws {
        let keys = InventoryTable.accessKeys
        let isOwned: SQL = """
            access_keys.workspace_id = $1 AND access_keys.integration_id = \(InventoryTable.integration)
                AND access_keys.account_id IS NULL AND EXISTS (
                    SELECT 1 FROM accounts WHERE accounts.integration_id = access_keys.integration_id
                        AND accounts.external_id = access_keys.account_external_id)
            """
        try execute(keys.log("updated", isOwned))
        try execute(
            """
            UPDATE access_keys SET account_id = accounts.id, identity_id = accounts.identity_id,
                updated_at = \(InventoryTable.appliedAt)
            FROM accounts WHERE accounts.workspace_id = $1 AND accounts.integration_id = access_keys.integration_id
                AND accounts.external_id = access_keys.account_external_id AND \(isOwned)
            """)
    }

    private func addEvents() throws {
        try execute(
            """
            INSERT INTO audit_events (id, workspace_id, integration_id, identity_id, external_id, event_type, outcome,
                actor, target, ip_address, details, country, occurred_at)
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
            FROM sync_runs AS run JOIN sync_staged AS staged ON staged.workspace_id = run.workspace_id
                AND staged.sync_run_id = run.id AND staged.kind = 'audit_event'
            WHERE run.workspace_id = $1 AND run.id = $2
            ON CONFLICT (integration_id, external_id) DO NOTHING
            """)
    }
}
