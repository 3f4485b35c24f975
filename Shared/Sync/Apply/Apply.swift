import Auth
import Base
import Jobs
import Store

extension Workspace {
    /// Gives accounts their new ids, and notes which rows are gone, so that applying the sync keeps others from writing
    /// for less long.
    func compare(_ run: SyncRun) throws {
        try writingInventory {
            try followIDs(run)
            for table in InventoryTable.all { try noteGone(table, in: run) }
        }
    }

    /// - Throws: `SyncInterruption.occupied` if a change of the workspace is under way.
    private func demandNoUnfinishedChange() throws {
        guard try unfinishedChange() == nil else { throw SyncInterruption.occupied }
    }

    /// Gives accounts the ids that their connector knows them by now. A row is that of a staged account if its id is
    /// the account's former one and the name is the same: another account's id may look like a name.
    private func followIDs(_ run: SyncRun) throws {
        let hasFormerIDs = try first(
            """
            SELECT 1 FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'account'
                AND fingerprint <> '' AND record ->> 'former_id' IS NOT NULL LIMIT 1
            """, run.id
        ) { _ in true }
        guard hasFormerIDs == true else { return }
        try exclusively {
            try save(run)
            try demandNoUnfinishedChange()
            try execute(Self.newIDs, run.id)
        }
    }

    private static let newIDs: SQL = """
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
        """

    /// Makes the inventory what the provider has shown, all at once for readers. Only rows that have changed are
    /// written, and rows that are gone are deleted. Returns the counts of the records.
    ///
    /// - Throws: `SyncInterruption` if the sync is no longer this process's, the integration was paused or disconnected,
    ///   another sync of the workspace is being applied, or `deadline` has come. The steps that were made stay, and
    ///   another call goes on with them.
    func apply(
        _ run: SyncRun, of integration: SyncedIntegration, with tools: SyncTools,
        until deadline: ContinuousClock.Instant, now: Timestamp
    ) throws -> SyncCounts {
        let counts = SyncCounts(try stagedCounts(of: run.id))
        if try hasStaged(tools.stepsFrom, in: run) || unfinishedChange() == run.id,
            let stepped = steppedChange(run.id, firstRows: tools.firstStep)
        {
            try apply(run, of: integration, counts, by: stepped, until: deadline, now: now)
            return counts
        }
        let update = InventoryUpdate(
            steps: ApplySteps(workspace: self, runID: run.id, change: nil, deadline: deadline))
        try writingInventory {
            try change {
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

    /// True if the sync has staged at least so many rows, those of records that are gone included.
    private func hasStaged(_ count: Int, in run: SyncRun) throws -> Bool {
        try first(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 LIMIT $3) AS staged
            """, run.id, count
        ) { try $0[0] as Int } ?? 0 >= count
    }

    /// Applies a large sync in steps (SteppedChange).
    private func apply(
        _ run: SyncRun, of integration: SyncedIntegration, _ counts: SyncCounts, by stepped: SteppedChange,
        until deadline: ContinuousClock.Instant, now: Timestamp
    ) throws {
        defer { stepped.release() }
        do {
            let goesOn = try stepped.begin()
            if !goesOn { try forgetTraces(of: run.id) }
            try stepped.step { try begin(run, of: integration, now: goesOn ? nil : now) }
            let update = InventoryUpdate(
                steps: ApplySteps(workspace: self, runID: run.id, change: stepped, deadline: deadline))
            try update.run()
            // Counting takes long; the last transaction adds what it deletes itself.
            var outcome = ApplyOutcome(changes: try countChanges(of: run.id), billable: try billableIdentities())
            try change {
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
        // The sync is applied, even if this fails; the next change of the workspace does it then.
        try? stepped.forgetRows()
    }

    /// Undoes a change that no process will go on with: its sync has ended or is too old, or its integration was paused
    /// or disconnected.
    ///
    /// - Throws: `SyncInterruption.occupied` if another sync is being applied in steps, or will be gone on with.
    func undoAbandonedChange(except own: Identifier? = nil, now: Timestamp) throws {
        guard let known = try unfinishedChange(), known != own else { return }
        let goesOn = try first(
            """
            SELECT 1 FROM sync_runs JOIN integrations ON integrations.id = sync_runs.integration_id
            WHERE sync_runs.workspace_id = $1 AND sync_runs.id = $2 AND sync_runs.status = 'in_progress'
                AND sync_runs.started_at > $3 AND integrations.status IN ('connected', 'pending', 'error')
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

    /// Undoes a change that no process will go on with; leaves others alone.
    public func undoAbandonedSync(now: Timestamp) throws {
        do { try undoAbandonedChange(now: now) } catch SyncInterruption.occupied {}
    }

    /// Forgets the log of the changes that an undone sync had made.
    private func forgetTraces(of runID: Identifier) throws {
        let statements: [SQL] = [
            """
            DELETE FROM sync_events WHERE workspace_id = $1 AND sync_run_id = $2 AND entity_id IN (
                SELECT entity_id FROM sync_events WHERE workspace_id = $1 AND sync_run_id = $2 LIMIT 1000)
            """,
            """
            DELETE FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'identity' AND external_id IN (
                SELECT external_id FROM sync_staged
                WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'identity' LIMIT 1000)
            """,
        ]
        for sql in statements { while try execute(sql, runID) > 0 {} }
    }

    /// Makes sure that the sync is still this process's, and that the integration is wanted. `now` is the moment of the
    /// change, and nil if the change has begun before.
    private func begin(_ run: SyncRun, of integration: SyncedIntegration, now: Timestamp?) throws {
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
        guard let now else { return }
        try execute("UPDATE sync_runs SET finished_at = $3 WHERE workspace_id = $1 AND id = $2", run.id, now)
    }

    /// The numbers that the audit log keeps of a sync.
    private struct ApplyOutcome {
        var changes: [String: Int]
        var billable: Int
    }

    /// Ends a sync that is applied; returns the audit log's entry.
    private func finish(
        _ run: SyncRun, of integration: SyncedIntegration, _ counts: SyncCounts, _ outcome: ApplyOutcome,
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
        // What a plan does not cover is synced and watched all the same.
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
