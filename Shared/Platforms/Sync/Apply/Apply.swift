public import Auth
public import Base
import Integrations
import Store

// Problem. For readers, a sync must replace the inventory at once: half of it would show people without accounts, or
// access without people. A large sync writes hundreds of thousands of rows, and its process may be killed at any
// moment.
//
// Approach. Records are first staged, page by page (Staging.swift). When all have come, `markGone` notes the rows that
// the provider no longer shows, for which it needs proof (Enumeration.swift). Then `apply` writes the inventory from
// the staged rows, in the order of InventoryUpdate: in one transaction, or, if the sync is large and the engine has one
// writer at a time, in many short steps that readers don't see until the last one (SteppedChange).
//
// A sync has rows in four tables of its own, which are deleted after it has ended (Schema/Syncs.swift in Store):
// - `sync_records`, the records. One with an empty fingerprint is unchanged and is not written.
// - `sync_protected`, the ids by which records are protected from being considered gone (Protection.swift).
// - `sync_gone`, the rows of the inventory that are gone.
// - `sync_identities`, the identities whose fields must be written again. In a change in steps, `is_written` is set
//   once they are.
//
// `sync_runs.finished_at` is set when applying begins and is the time of the change: each account that is written gets
// it as `updated_at`, so the accounts with `updated_at >= finished_at` are the ones that this sync has changed.
//
// Why it is safe. The first and the last transaction save the run with the token of its lease, which fails if another
// process has taken over, and check that the integration is neither disconnected nor paused. Each step between them
// checks that the change still belongs to this process. Every statement can be repeated without effect on rows that are
// done, so another process can continue with steps that were interrupted. If none will, they are undone.
//
// Cost. A changed record is written twice, an unchanged one only as a staged row without content.

extension Workspace {
    /// Prepares for applying the sync: gives accounts their new ids, and notes the rows that are gone. Done in advance,
    /// this shortens the time for which applying keeps other writers waiting.
    func markGone(_ run: SyncRun) throws {
        try writingInventory {
            try followIDs(run)
            let filled = try filledTables(of: run.integrationID)
            let protections = try stagedProtections(of: run.id)
            for (table, isFilled) in zip(InventoryTable.all, filled) where isFilled {
                try noteGone(table, protections, in: run)
            }
        }
    }

    /// Returns true for each table that has rows of an integration. In the other tables no row can be gone, and
    /// searching them would take much longer.
    private func filledTables(of integrationID: Identifier) throws -> [Bool] {
        try first(Self.hasRows, integrationID) { row in try InventoryTable.all.indices.map { try row[$0] as Int == 1 } }
            ?? []
    }

    private static let hasRows: SQL =
        "SELECT "
        + .list(
            InventoryTable.all.map { table in
                """
                CASE WHEN EXISTS (SELECT 1 FROM \(table.name) WHERE workspace_id = $1 AND integration_id = $2)
                    THEN 1 ELSE 0 END
                """
            })

    /// - Throws: `SyncInterruption.occupied` if a change of the workspace in steps is under way.
    private func demandNoUnfinishedChange() throws {
        guard try unfinishedChange() == nil else { throw SyncInterruption.occupied }
    }

    /// Gives accounts the ids by which their connector now knows them. A row belongs to a staged account if its id is
    /// the account's former id and the user name is the same. The id alone is not enough: another account's id may
    /// equal a name.
    private func followIDs(_ run: SyncRun) throws {
        let hasFormerIDs = try first(
            """
            SELECT 1 FROM sync_records WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'account'
                AND fingerprint <> '' AND record ->> 'former_id' IS NOT NULL LIMIT 1
            """, run.id
        ) { _ in true }
        guard hasFormerIDs == true else { return }
        try withWriteLock {
            try save(run)
            try demandNoUnfinishedChange()
            try execute(Self.newIDs, run.id)
        }
    }

    private static let newIDs: SQL = """
        UPDATE accounts SET external_id = staged.external_id
        FROM sync_runs AS run JOIN sync_records AS staged ON staged.workspace_id = run.workspace_id
            AND staged.sync_run_id = run.id AND staged.kind = 'account' AND staged.fingerprint <> ''
        WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.workspace_id = $1
            AND accounts.integration_id = run.integration_id
            AND accounts.external_id = staged.record ->> 'former_id'
            AND accounts.username = staged.record ->> 'username'
            AND NOT EXISTS (
                SELECT 1 FROM accounts AS other WHERE other.integration_id = run.integration_id
                    AND other.external_id = staged.external_id)
        """

    /// Makes the integration's rows of the inventory equal to the records that the provider has shown, all at once for
    /// readers. Only changed rows are written. Rows that are gone are deleted, apart from accounts at identity
    /// providers, which are marked as ended. Returns the counts of the records.
    ///
    /// - Throws: `SyncInterruption` if another process has taken the sync over, the integration was paused or
    ///   disconnected, another sync of the workspace is being applied, or, in a change in steps, `deadline` has passed.
    ///   Completed steps stay, and another call continues with the next ones, unless the integration was paused or
    ///   disconnected.
    func apply(
        _ run: SyncRun, of integration: Integration, with tools: SyncTools,
        until deadline: ContinuousClock.Instant, now: Timestamp
    ) throws -> SyncCounts {
        let counts = SyncCounts(try stagedCounts(of: run.id))
        if try hasStaged(tools.stepsFrom, in: run) || unfinishedChange() == run.id,
            let stepped = steppedChange(run.id, firstRows: tools.firstStep)
        {
            try apply(run, of: integration, counts, by: stepped, until: deadline, now: now)
            return counts
        }
        let update = try InventoryUpdate(
            steps: ApplySteps(workspace: self, runID: run.id, change: nil, deadline: deadline))
        try writingInventory {
            try audited {
                try demandNoUnfinishedChange()
                try begin(run, of: integration, now: now)
                try update.run()
                try update.removeReferred()
                let outcome = ApplyOutcome(
                    changes: try countChanges(of: run.id), billable: try billableIdentities())
                return ((), try finish(run, of: integration, counts, outcome, at: now))
            }
        }
        return counts
    }

    /// Returns true if the number of the sync's records and rows that are gone is at least `count`.
    private func hasStaged(_ count: Int, in run: SyncRun) throws -> Bool {
        try first(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM sync_records WHERE workspace_id = $1 AND sync_run_id = $2
                UNION ALL SELECT 1 FROM sync_gone WHERE workspace_id = $1 AND sync_run_id = $2 LIMIT $3) AS staged
            """, run.id, count
        ) { try $0[0] as Int } ?? 0 >= count
    }

    /// Applies a large sync in steps (SteppedChange).
    private func apply(
        _ run: SyncRun, of integration: Integration, _ counts: SyncCounts, by stepped: SteppedChange,
        until deadline: ContinuousClock.Instant, now: Timestamp
    ) throws {
        defer { stepped.release() }
        do {
            let goesOn = try stepped.begin()
            if !goesOn { try forgetTraces(of: run.id) }
            try stepped.step { try begin(run, of: integration, now: goesOn ? nil : now) }
            let update = try InventoryUpdate(
                steps: ApplySteps(workspace: self, runID: run.id, change: stepped, deadline: deadline))
            try update.run()
            // Counting takes long, so it comes before the last transaction, which adds its own deletions.
            var outcome = ApplyOutcome(changes: try countChanges(of: run.id), billable: try billableIdentities())
            try audited {
                try begin(run, of: integration, now: nil)
                let deleted = try update.removeReferred()
                if deleted > 0 { outcome.changes["deleted", default: 0] += deleted }
                try stepped.finish()
                return ((), try finish(run, of: integration, counts, outcome, at: now))
            }
        } catch SyncInterruption.unwanted {
            try stepped.undo()
            try forgetTraces(of: run.id)
            throw SyncInterruption.unwanted
        } catch is SteppedChange.Lost {
            throw SyncInterruption.lost
        } catch is SteppedChange.Occupied {
            throw SyncInterruption.occupied
        }
        // The sync is applied even if the rows' former versions (unfinished_rows) can't be deleted now. The workspace's
        // next change in steps deletes them.
        try? stepped.forgetRows()
    }

    /// Undoes the workspace's unfinished change in steps if no process will continue it: its sync has ended or is too
    /// old, or its integration was paused or disconnected. Leaves the change of the sync `own`.
    ///
    /// - Throws: `SyncInterruption.occupied` if another sync is being applied in steps, or will be continued.
    func undoAbandonedChange(except own: Identifier? = nil, now: Timestamp) throws {
        guard let known = try unfinishedChange(), known != own else { return }
        let goesOn = try first(
            """
            SELECT 1 FROM sync_runs JOIN integrations ON integrations.id = sync_runs.integration_id
            WHERE sync_runs.workspace_id = $1 AND sync_runs.id = $2 AND sync_runs.status = 'in_progress'
                AND sync_runs.started_at > $3 AND \(Integration.isActive)
            """, known, now - Self.longestSync
        ) { _ in true }
        guard goesOn == nil else { throw SyncInterruption.occupied }
        do {
            guard try steppedChange(known, firstRows: SyncTools.firstStep)?.undo() == true else { return }
        } catch is SteppedChange.Lost {
            throw SyncInterruption.occupied
        }
        try forgetTraces(of: known)
    }

    /// Undoes the workspace's unfinished change in steps, unless a process may continue it.
    public func undoAbandonedSync(now: Timestamp) throws {
        do { try undoAbandonedChange(now: now) } catch SyncInterruption.occupied {}
    }

    /// Deletes the log of the changes that a sync made before they were undone, and its notes of identities to write.
    private func forgetTraces(of runID: Identifier) throws {
        let statements: [SQL] = [
            """
            DELETE FROM sync_events WHERE workspace_id = $1 AND sync_run_id = $2 AND entity_id IN (
                SELECT entity_id FROM sync_events WHERE workspace_id = $1 AND sync_run_id = $2 LIMIT 1000)
            """,
            """
            DELETE FROM sync_identities WHERE workspace_id = $1 AND sync_run_id = $2 AND identity_id IN (
                SELECT identity_id FROM sync_identities WHERE workspace_id = $1 AND sync_run_id = $2 LIMIT 1000)
            """,
        ]
        for sql in statements { while try execute(sql, runID) > 0 { letOthersWrite() } }
    }

    /// Checks that the sync still belongs to this process, and that the integration is neither disconnected nor paused.
    /// Stores `now` as the time of the change; it is nil if the change began earlier.
    private func begin(_ run: SyncRun, of integration: Integration, now: Timestamp?) throws {
        var applied = run
        applied.position.isPulled = true
        try save(applied)
        guard try isActive(integration.id) else { throw SyncInterruption.unwanted }
        guard let now else { return }
        try execute("UPDATE sync_runs SET finished_at = $3 WHERE workspace_id = $1 AND id = $2", run.id, now)
    }

    /// The numbers that the audit log keeps of a sync.
    private struct ApplyOutcome {
        var changes: [String: Int]
        var billable: Int
    }

    /// Ends a sync that is applied, stores its success with the integration, and queues an analysis. Returns the sync's
    /// entry for the audit log.
    private func finish(
        _ run: SyncRun, of integration: Integration, _ counts: SyncCounts, _ outcome: ApplyOutcome,
        at now: Timestamp
    ) throws -> AuditEntry {
        try finish(run, counts, at: now)
        var details: [String: JSON] = [
            "platform": .string(integration.platform.rawValue), "entities": counts.json,
            "changes": .object(outcome.changes.mapValues(JSON.integer)),
        ]
        let missing = run.position.lists.leftOut.merging(run.position.lists.heldBack) { $1 }
        if !missing.isEmpty {
            details["left_out"] = .array(
                missing.sorted { $0.key < $1.key }.map { ["list": .string($0.key), "reason": .string($0.value)] })
        }
        // Identities beyond the plan's limit are synced and analysed like all others.
        if let limit = plan.identityLimit, outcome.billable > limit {
            details["billable_identities"] = .integer(outcome.billable)
            details["plan_identity_limit"] = .integer(limit)
        }
        return AuditEntry(
            action: "integration.synced", targetType: "integration", targetID: integration.id.description,
            details: details, createdAt: now)
    }

    private func finish(_ run: SyncRun, _ counts: SyncCounts, at now: Timestamp) throws {
        var history = try listHistory(of: run.integrationID)
        history.add(run.position.lists, eventsSince: run.position.eventsSince, now: now)
        let error = run.position.lists.heldBack.sorted { $0.key < $1.key }.first?.value
        try execute(
            """
            UPDATE sync_runs SET status = 'completed', lease_token = NULL, position = NULL,
                entity_counts = $3, error_kind = NULL, error = NULL
            WHERE workspace_id = $1 AND id = $2
            """, run.id, counts.json)
        try noteSuccess(of: run.integrationID, lists: history.lists, heldBack: error, now: now)
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

    /// Returns the number of active people that identity providers know, which plans limit.
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
