public import Base
import Store

extension SystemAccess {
    /// Creates a workspace and its audit log, whose second entry records that. A trial ends after `Trial.length`,
    /// unless `trialEnd` is given.
    ///
    /// - Throws: `AdministrationError` if the name is empty, has more than 200 characters, or has a character that
    ///   controls a terminal or hides text.
    @_spi(System) public func createWorkspace(
        name: String, plan: Plan, trialEnd: Timestamp? = nil, by caller: Caller, now: Timestamp = .now
    ) throws -> WorkspaceOverview {
        let name = try WorkspaceSetting.checkedName(name)
        let id = Identifier.random()
        let end: Timestamp? = plan == .trial ? trialEnd ?? now + Trial.length : trialEnd
        return try database.transaction(.write) {
            try database.execute(
                "INSERT INTO workspaces (id, name, plan, trial_ends_at, created_at) VALUES ($1, $2, $3, $4, $5)", id,
                name, plan, end, now)
            try AuditLog(database, workspaceID: id).begin(at: now)
            return try Workspace(id: id, plan: plan, caller: caller, database: database).audited {
                let entry = AuditEntry(
                    action: "workspace.created", targetType: "workspace", targetID: id.description,
                    details: ["name": .string(name), "plan": .string(plan.rawValue)], createdAt: now)
                guard let overview = try workspaceOverview(id) else {
                    throw StoreError.failed("a workspace that was made is not there")
                }
                return (overview, entry)
            }
        }
    }
}

extension Workspace {
    /// Changes settings. If a value differs, the audit entry contains the old and the new values; otherwise no entry is
    /// written. A workspace that gets the plan `trial` and has no end of the trial gets one, `Trial.length` from now.
    ///
    /// - Parameter pauseIntegrations: Pauses the integrations beyond those of the free plan, and returns their number.
    ///   It is called if the plan changes to `free`.
    @_spi(System) public func change(
        _ settings: [WorkspaceSetting], now: Timestamp = .now, pauseIntegrations: () throws -> Int
    ) throws -> WorkspaceOverview {
        try withWriteLock {
            let before = try overview()
            for setting in settings { try store(setting, now: now) }
            let after = try overview()
            var changes: [String: JSON] = [:]
            for (name, value) in after.settings where before.settings[name] != value {
                changes[name] = ["from": before.settings[name] ?? .null, "to": value]
            }
            guard !changes.isEmpty else { return after }
            return try audited {
                var entry = AuditEntry(
                    action: "workspace.settings_changed", targetType: "workspace", targetID: id.description,
                    details: ["changes": .object(changes)], createdAt: now)
                if after.plan == .free, before.plan != .free {
                    entry.details["paused_integrations"] = .integer(try pauseIntegrations())
                }
                return (after, entry)
            }
        }
    }

    private func store(_ setting: WorkspaceSetting, now: Timestamp) throws {
        switch setting {
        case .name(let name): try execute("UPDATE workspaces SET name = $2 WHERE workspaces.id = $1", name)
        case .plan(let plan):
            try execute("UPDATE workspaces SET plan = $2 WHERE workspaces.id = $1", plan)
            if plan == .trial {
                try execute(
                    "UPDATE workspaces SET trial_ends_at = $2 WHERE workspaces.id = $1 AND trial_ends_at IS NULL",
                    now + Trial.length)
            }
        case .trialEnd(let end):
            try execute("UPDATE workspaces SET trial_ends_at = $2 WHERE workspaces.id = $1", end)
        case .allowedAddresses(let entries):
            try execute(
                "UPDATE workspaces SET ip_allowlist = $2 WHERE workspaces.id = $1",
                JSON.array(entries.map(JSON.string)))
        case .requiresSecondFactor(let isRequired):
            try execute("UPDATE workspaces SET mfa_required = $2 WHERE workspaces.id = $1", isRequired)
        case .sessionTimeoutHours(let hours):
            try execute("UPDATE workspaces SET session_timeout_hours = $2 WHERE workspaces.id = $1", hours)
        case .riskSettings(let settings):
            try execute("UPDATE workspaces SET risk_settings = $2 WHERE workspaces.id = $1", JSON.object(settings))
        case .marks(let mark, let values):
            try execute("DELETE FROM workspace_marks WHERE workspace_id = $1 AND kind = $2", mark.rawValue)
            for value in values {
                try execute(
                    "INSERT INTO workspace_marks (workspace_id, kind, value) VALUES ($1, $2, $3)", mark.rawValue, value)
            }
        case .tier(let action, let tier):
            var settings = try overview().remediationSettings.object ?? [:]
            var tiers = settings["tiers"]?.object ?? [:]
            tiers[action] = tier.map(JSON.string)
            settings["tiers"] = tiers.isEmpty ? nil : .object(tiers)
            try execute(
                "UPDATE workspaces SET remediation_settings = $2 WHERE workspaces.id = $1", JSON.object(settings))
        }
    }

    /// Erases the data of the workspace: members, keys, integrations with their credentials, all synced data and
    /// findings, jobs and conversations. The workspace's row, without its name and most of its settings, and its audit
    /// log stay; the chain remains valid, and its last entry records the erasure. Requests and jobs of the workspace
    /// that still run get `ClosedWorkspace` when they take its lock for a change. Returns the number of rows that were
    /// deleted.
    ///
    /// All of this is one transaction; the counters of the keys are deleted after it. On SQLite other writers wait for
    /// the transaction.
    ///
    /// - Throws: `AdministrationError` if a sync of the workspace has been applied only in part (in steps);
    ///   `ClosedWorkspace` if the workspace was erased before.
    @_spi(System) public func erase(now: Timestamp = .now) throws -> Int {
        let keys = try rows("SELECT id FROM api_keys WHERE workspace_id = $1") { try $0[0] as Identifier }
        let erased: Int = try writingInventory {
            try database.transaction(.write) {
                let count = try audited { try eraseRows(now) }
                try AuditLog(database, workspaceID: id).close()
                return count
            }
        }
        // Counters are not part of the transaction.
        for key in keys {
            _ = try? database.counters.execute("DELETE FROM counters WHERE subject = $1", StoredAPIKey.counter(key))
        }
        return erased
    }

    private func eraseRows(_ now: Timestamp) throws -> (Int, AuditEntry) {
        guard try unfinishedChange() == nil else { throw AdministrationError.syncUnderWay }
        let count = try WorkspaceErasure.erase(id, in: database)
        try execute(
            """
            UPDATE workspaces SET name = '', plan = 'free', trial_ends_at = NULL, ip_allowlist = '[]',
                risk_settings = '{}', remediation_settings = '{}', deleted_at = $2, next_housekeeping_at = $3
            WHERE workspaces.id = $1
            """, now, Timestamp(seconds: 253_402_300_799))
        let entry = AuditEntry(
            action: "workspace.deleted", targetType: "workspace", targetID: id.description,
            details: ["rows": .integer(count)], createdAt: now)
        return (count, entry)
    }
}
