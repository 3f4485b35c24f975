public import Auth
public import Base
public import Integrations
public import Jobs
import Store

extension JobKind {
    /// Carries out an action at a platform.
    public static let remediation = JobKind("remediation", expectedSeconds: 2)
}

/// An action that has not been stored yet.
public struct NewAction {
    public let type: ActionType
    public let platform: String
    public let entityID: String
    public let entityLabel: String?
    public let findingID: Identifier?
    /// The parameters. The secrets among them are sealed.
    public let parameters: [String: JSON]
    public let reason: String?
    public let idempotencyKey: String?
    public let resolutionKey: String

    /// Creates a description of an action.
    public init(
        _ type: ActionType, on platform: String, entityID: String, label entityLabel: String?, findingID: Identifier?,
        parameters: [String: JSON], reason: String?, idempotencyKey: String?, resolutionKey: String
    ) {
        self.type = type
        self.platform = platform
        self.entityID = entityID
        self.entityLabel = entityLabel
        self.findingID = findingID
        self.parameters = parameters
        self.reason = reason
        self.idempotencyKey = idempotencyKey
        self.resolutionKey = resolutionKey
    }
}

// The status of an action changes only here, in Cancellation.swift and in LostActions.swift. The changes here are made
// in the caller's transaction, in which the caller also writes the audit entry where one is needed.
extension Workspace {
    /// Stores an action, and queues its job unless it waits for approval.
    public func storeAction(
        _ new: NewAction, as id: Identifier, needsApproval: Bool, now: Timestamp
    ) throws -> RemediationAction {
        try execute(
            """
            INSERT INTO remediation_actions (workspace_id, id, finding_id, action_type, target_platform,
                target_entity_id, target_entity_label, extra_params, reason, status, requested_by, idempotency_key,
                resolution_key, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
            """, id, new.findingID, new.type, new.platform, new.entityID, new.entityLabel,
            JSON.object(new.parameters), new.reason,
            needsApproval ? RemediationAction.Status.pendingApproval : .queued, actor, new.idempotencyKey,
            new.resolutionKey, now)
        if !needsApproval { try enqueue(.remediation, id: id, payload: [:], now: now) }
        let action = try storedAction(id)
        if needsApproval { try announce(.actionWaiting, action, at: now) }
        return action
    }

    /// Stores the decision about an action; the caller has checked that it waits for approval. If the action is
    /// approved, queues its job; otherwise erases its secrets.
    public func storeDecision(
        isApproved: Bool, on action: RemediationAction, now: Timestamp
    ) throws -> RemediationAction {
        try execute(
            """
            UPDATE remediation_actions SET status = $3, decided_by = $4, updated_at = $5, extra_params = $6
            WHERE workspace_id = $1 AND id = $2
            """, action.id, isApproved ? RemediationAction.Status.queued : .rejected, actor, now,
            isApproved ? JSON.object(action.parameters) : action.keptParameters)
        if isApproved { try enqueue(.remediation, id: action.id, payload: [:], now: now) }
        let decided = try storedAction(action.id)
        if !isApproved { try announce(.actionDone, decided, at: now) }
        return decided
    }

    /// Marks a queued or running action as running, and returns it. Returns nil if the action is neither.
    public func beginAction(_ id: Identifier, now: Timestamp) throws -> RemediationAction? {
        let begun = try execute(
            """
            UPDATE remediation_actions SET status = 'running', updated_at = $3
            WHERE workspace_id = $1 AND id = $2 AND status IN ('queued', 'running')
            """, id, now)
        return begun == 1 ? try remediationAction(id) : nil
    }

    /// Stores the progress of a running action. Returns false if the action is no longer running, for example because
    /// it was cancelled.
    public func storeProgress(_ progress: ActionProgress, of id: Identifier, now: Timestamp) throws -> Bool {
        try execute(
            """
            UPDATE remediation_actions SET result = $3, updated_at = $4
            WHERE workspace_id = $1 AND id = $2 AND status = 'running'
            """, id, progress.json, now) == 1
    }

    /// Ends a running action, and erases its secrets. Returns false if the action is no longer running, for example
    /// because it was cancelled.
    public func endAction(
        _ action: RemediationAction, _ status: RemediationAction.Status, _ progress: ActionProgress, error: String?,
        now: Timestamp
    ) throws -> Bool {
        let ended = try execute(
            """
            UPDATE remediation_actions SET status = $3, result = $4, error = $5, updated_at = $6,
                extra_params = $7
            WHERE workspace_id = $1 AND id = $2 AND status = 'running'
            """, action.id, status, progress.json, error, now, action.keptParameters)
        guard ended == 1 else { return false }
        try announceEnd(of: action.id, at: now)
        return true
    }

    /// Returns true if an action with this resolution key has not ended.
    public func isActionWaiting(withKey resolutionKey: String) throws -> Bool {
        try first(
            """
            SELECT 1 FROM remediation_actions
            WHERE workspace_id = $1 AND resolution_key = $2 AND status IN ('pending_approval', 'queued', 'running')
            LIMIT 1
            """, resolutionKey
        ) { _ in true } ?? false
    }

    /// Returns true if an action of this type about the finding has not ended.
    public func isActionWaiting(_ type: ActionType, for findingID: Identifier) throws -> Bool {
        try first(
            """
            SELECT 1 FROM remediation_actions
            WHERE workspace_id = $1 AND finding_id = $2 AND action_type = $3
                AND status IN ('pending_approval', 'queued', 'running') LIMIT 1
            """, findingID, type
        ) { _ in true } ?? false
    }

    private func storedAction(_ id: Identifier) throws -> RemediationAction {
        guard let action = try remediationAction(id) else {
            throw StoreError.failed("an action that was stored can't be found")
        }
        return action
    }
}
