import Auth
import Base
import Findings
import HTTP
import Jobs
import Store

/// An action that somebody asks for.
public struct ActionRequest: Sendable, Equatable {
    /// What to do.
    public let type: ActionType
    /// Where.
    public let platform: String
    /// To what: our id, or the platform's.
    public let entityID: String
    /// How people call it.
    public var entityLabel: String?
    /// The finding that it is about.
    public var findingID: Identifier?
    /// What else the action takes.
    public var parameters: [String: JSON] = [:]
    /// Why, for the audit log.
    public var reason: String?
    /// What tells a repeated request from a second one.
    public var idempotencyKey: String?

    /// A request with these parts.
    public init(_ type: ActionType, on platform: String, entityID: String) {
        self.type = type
        self.platform = platform
        self.entityID = entityID
    }

    func isSame(as action: RemediationAction) -> Bool {
        action.type == type.rawValue && action.platform == platform && action.entityID == entityID
            && action.entityLabel == entityLabel && action.findingID == findingID && action.parameters == parameters
            && action.reason == reason
    }
}

extension Remediation {
    /// Takes a request: the action waits for approval, or for its job, which has the action's id. A request that was made
    /// before, with the same idempotency key, gives the same action as it is now.
    ///
    /// Throws 400 when the platform can't do it, 403 when the plan does not have it, 404 when the target or the finding is
    /// not in the workspace, 409 when the platform is not connected, the finding is decided, or the same action waits
    /// already, 422 when the key belongs to another request.
    public func request(
        _ request: ActionRequest, in workspace: Workspace, now: Timestamp = .now
    ) throws -> RemediationAction {
        try workspace.exclusively {
            if let earlier = try workspace.action(ofKey: request.idempotencyKey) {
                guard request.isSame(as: earlier) else {
                    throw HTTPError(422, "This Idempotency-Key belongs to another request.")
                }
                return earlier
            }
            return try workspace.change {
                let targets = try self.targets(of: request, in: workspace)
                let finding = try request.findingID.map { try workspace.remediableFinding($0) }
                guard try !workspace.isWaiting(request) else {
                    throw HTTPError.conflict("An action \(request.type.rawValue) waits for this target already.")
                }
                let severity = try workspace.worstSeverity(of: request.findingID, orAbout: targets)
                return try queue(request, finding, severity, in: workspace, now: now)
            }
        }
    }

    /// Throws what a request would throw about its platform and its target, and changes nothing.
    public func check(_ request: ActionRequest, in workspace: Workspace) throws {
        _ = try targets(of: request, in: workspace)
    }

    /// Writes the action down, and its job unless it waits for approval.
    func queue(
        _ request: ActionRequest, _ finding: RemediableFinding?, _ severity: Severity?, in workspace: Workspace,
        now: Timestamp
    ) throws -> (RemediationAction, AuditEntry) {
        let id = Identifier.random()
        let needsApproval = try workspace.needsApproval(request.type, severity: severity)
        try workspace.execute(
            """
            INSERT INTO remediation_actions (workspace_id, id, finding_id, action_type, target_platform,
                target_entity_id, target_entity_label, extra_params, reason, status, requested_by, idempotency_key,
                created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
            """, id, request.findingID, request.type, request.platform, request.entityID, request.entityLabel,
            JSON.object(request.parameters), request.reason,
            needsApproval ? RemediationAction.Status.pendingApproval : .queued, workspace.actor,
            request.idempotencyKey, now)
        if !needsApproval { _ = try workspace.enqueue(.remediation, id: id, payload: [:], now: now) }
        guard let action = try workspace.remediationAction(id) else {
            throw StoreError.failed("an action that was written is not there")
        }
        var entry = AuditEntry(
            action: "remediation.requested", targetType: "remediation_action", targetID: id.description,
            details: action.details, createdAt: now)
        entry.details["requested_by"] = nil
        entry.details["title"] = finding.map { .string($0.title) }
        entry.details["reason"] = request.reason.map(JSON.string)
        return (action, entry)
    }

    /// What a request acts on, as far as findings may be about it.
    private func targets(of request: ActionRequest, in workspace: Workspace) throws -> [ResolvedTarget] {
        try workspace.demandPlan(for: request.type)
        switch means(of: request.type, on: request.platform) {
        case nil: throw refusal(of: request.type, on: request.platform)
        case .policy:
            let application = try workspace.application(request.entityID, of: request.platform)
            var target = ResolvedTarget(application.name)
            target.applicationID = application.id
            return [target]
        case .connector(let connector, _):
            let integration = try workspace.connected(connector.platform)
            return try TargetResolver(
                workspace: workspace, integration: integration.id, platform: connector.platform.name,
                entity: request.entityID
            ).targets(of: request.type)
        }
    }
}

extension Workspace {
    fileprivate func action(ofKey key: String?) throws -> RemediationAction? {
        guard let key else { return nil }
        return try first(
            "SELECT " + RemediationAction.columns
                + " FROM remediation_actions WHERE workspace_id = $1 AND idempotency_key = $2", key,
            decode: RemediationAction.init)
    }

    /// Throws 403 when the plan does not have an action.
    func demandPlan(for action: ActionType) throws {
        guard action != .createAccessReview || plan.hasAccessReviews else {
            throw HTTPError.forbidden("Access reviews are not part of your plan.")
        }
    }

    func isWaiting(_ request: ActionRequest) throws -> Bool {
        try first(
            """
            SELECT 1 FROM remediation_actions
            WHERE workspace_id = $1 AND action_type = $2 AND target_platform = $3 AND target_entity_id = $4
                AND status IN ('pending_approval', 'queued', 'running') LIMIT 1
            """, request.type, request.platform, request.entityID
        ) { _ in true } ?? false
    }

    /// The severity of a finding, or of a worse one that is about a target; nil when there is neither.
    fileprivate func worstSeverity(of findingID: Identifier?, orAbout targets: [ResolvedTarget]) throws -> Severity? {
        var worst: Int?
        for target in targets.isEmpty ? [ResolvedTarget("")] : targets {
            let rank = try first(
                """
                SELECT min(severity_rank) FROM findings
                WHERE workspace_id = $1 AND status IN ('open', 'in_progress') AND (id = $2
                    OR affected_identity_id = $3 OR affected_application_id = $4 OR affected_device_id = $5)
                """, findingID, target.identityID, target.applicationID, target.deviceID
            ) { try $0[0] as Int? }
            if let rank = rank ?? nil { worst = min(worst ?? rank, rank) }
        }
        return worst.flatMap(Severity.init(rank:))
    }
}
