public import Actions
public import Auth
public import Base
import Connectors
import Findings
public import Integrations
import Store

/// A request for an action.
public struct ActionRequest: Sendable, Equatable {
    /// The kind of action.
    public let type: ActionType
    /// The platform on which to act.
    public let platform: String
    /// The target's id, the product's or the platform's, or the name of an application or platform.
    public let entityID: String
    /// The finding that the action is about.
    public var findingID: Identifier?
    /// The action's parameters.
    public var parameters: [String: JSON] = [:]
    /// The reason, for the audit log.
    public var reason: String?
    /// The key by which a repeated request is recognized.
    public var idempotencyKey: String?

    public init(_ type: ActionType, on platform: String, entityID: String) {
        self.type = type
        self.platform = platform
        self.entityID = entityID
    }

    /// Returns true if this request and a stored action agree in the type, the platform, the target's id, the finding
    /// and the reason.
    func isSame(as action: RemediationAction) -> Bool {
        action.type == type.rawValue && action.platform == platform && action.entityID == entityID
            && action.findingID == findingID && action.reason == reason
    }
}

extension Remediation {
    /// Accepts a request, and stores the action, which then waits for approval or for its job. The job has the action's
    /// id. A repeated request with the same idempotency key returns the same action in its present state.
    ///
    /// - Throws: `RemediationError` if the platform can't carry out the action or the action does not take the
    ///   parameters; if the plan does not include the action; if the target or a record that a parameter names was not
    ///   found in the workspace, or is not unique; if the same action is already pending; or if the idempotency key
    ///   belongs to another request. `IntegrationError` if the platform is not connected. `FindingError` if the finding
    ///   is not in the workspace, or is neither open nor in progress.
    public func request(
        _ request: ActionRequest, in workspace: Workspace, now: Timestamp = .now
    ) throws -> RemediationAction {
        try workspace.withWriteLock {
            if let earlier = try request.idempotencyKey.flatMap({ try workspace.remediationAction(ofKey: $0) }) {
                guard request.isSame(as: earlier), hasSameParameters(request, as: earlier, in: workspace) else {
                    throw RemediationError.keyOfAnotherRequest
                }
                return earlier
            }
            return try workspace.audited {
                let resolution = try resolve(request, in: workspace)
                let finding = try request.findingID.map { try workspace.remediableFinding($0) }
                guard try !workspace.isActionWaiting(withKey: resolution.key(of: request.type, on: request.platform))
                else {
                    throw RemediationError.alreadyWaiting(request.type, for: "target")
                }
                let (action, entry) = try queue(request, resolution, finding, in: workspace, now: now)
                return (action, entry)
            }
        }
    }

    /// Throws the errors that a request would throw about its plan, platform, target and parameters, and changes
    /// nothing.
    public func check(_ request: ActionRequest, in workspace: Workspace) throws {
        _ = try resolve(request, in: workspace)
    }

    /// Stores the action, and its job unless it needs approval. Returns the action and its entry for the audit log.
    func queue(
        _ request: ActionRequest, _ resolution: Resolution, _ finding: RemediableFinding?, in workspace: Workspace,
        now: Timestamp
    ) throws -> (RemediationAction, AuditEntry) {
        let id = Identifier.random()
        let names = try workspace.names(of: resolution.all, of: request)
        let severity = try workspace.worstSeverity(naming: names, or: finding?.severity)
        let needsApproval = try workspace.needsApproval(request.type, severity: severity)
        let new = NewAction(
            request.type, on: request.platform, entityID: request.entityID, label: resolution.named.label,
            findingID: request.findingID, parameters: try sealed(request, as: id, in: workspace),
            reason: request.reason, idempotencyKey: request.idempotencyKey,
            resolutionKey: resolution.key(of: request.type, on: request.platform))
        let action = try workspace.storeAction(new, as: id, needsApproval: needsApproval, now: now)
        var entry = AuditEntry(
            action: "remediation.requested", targetType: "remediation_action", targetID: id.description,
            details: action.details, createdAt: now)
        entry.details["requested_by"] = nil
        entry.details["target_external_id"] = .string(resolution.named.externalID)
        entry.details["parameter_records"] = resolution.shownRecords
        entry.details["title"] = finding.map { .string($0.title) }
        // An approver reads the title, which may belong to a finding about someone else.
        if let finding, request.entityID != workspace.id.description {
            entry.details["finding_names_target"] = .bool(finding.isAbout(names))
        }
        entry.details["reason"] = request.reason.map(JSON.string)
        return (action, entry)
    }

    /// Finds a request's target and the records that its parameters name in the workspace.
    func resolve(_ request: ActionRequest, in workspace: Workspace) throws -> Resolution {
        try workspace.demandPlan(for: request.type)
        switch means(of: request.type, on: request.platform) {
        case nil: throw refusal(of: request.type, on: request.platform)
        case .policy:
            guard request.parameters.isEmpty else {
                throw RemediationError.noParameters(request.type, on: request.platform)
            }
            return try workspace.decisionTarget(request.entityID, of: request.platform)
        case .connector(let connector, _):
            let integration = try workspace.connected(connector.platform)
            return try TargetResolver(
                workspace: workspace, integration: integration.id, platform: connector.platform.name,
                entity: request.entityID
            ).resolve(request.type, request.parameters, as: declared(request.type, on: request.platform))
        }
    }
}

extension Workspace {
    /// Checks that the workspace's plan includes an action.
    /// - Throws: `RemediationError` if it does not.
    func demandPlan(for action: ActionType) throws {
        guard action != .createAccessReview || plan.hasAccessReviews else {
            throw RemediationError.planLacksAccessReviews
        }
    }
}

extension Workspace {
    /// Returns the application that a decision is about.
    /// - Throws: `RemediationError` if the workspace has no such application.
    func decisionTarget(_ entity: String, of platform: String) throws -> Resolution {
        let application = try application(entity, of: platform)
        var target = ResolvedTarget(.application, application.name)
        (target.label, target.applicationID) = (application.name, application.id)
        return Resolution(named: target, targets: [target])
    }

    /// Returns the application that a decision is about, found by our id, by the platform's id or by its name. If
    /// `platform` is the product itself, `entity` may be the name of an application that no platform has reported.
    /// - Throws: `RemediationError` if there is none.
    private func application(_ entity: String, of platform: String) throws -> (name: String, id: Identifier?) {
        func decode(_ row: any Row) throws -> (name: String, id: Identifier?) { (try row[0], try row[1]) }
        if let id = Identifier(entity) {
            let found = try first(
                "SELECT name, id FROM applications WHERE workspace_id = $1 AND id = $2", id, decode: decode)
            if let found { return found }
        } else {
            let found = try first(
                """
                SELECT applications.name, applications.id FROM applications
                JOIN integrations ON integrations.id = applications.integration_id
                WHERE applications.workspace_id = $1
                    AND (applications.name_folded = $2 OR applications.external_id = $3 AND integrations.platform = $4)
                ORDER BY applications.first_seen_at, applications.id LIMIT 1
                """, entity.lowercased(), entity, platform, decode: decode)
            if let found { return found }
            if platform == Remediation.itself { return (entity, nil) }
        }
        throw RemediationError.unknownApplication
    }
}
