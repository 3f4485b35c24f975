public import Auth
public import Base
public import Store

/// An action as it is stored.
public struct RemediationAction: Sendable {
    /// The statuses of an action.
    public enum Status: String, SQLEnum, CaseIterable, Sendable {
        case pendingApproval = "pending_approval"
        case queued, running, succeeded, failed
        case unknownOutcome = "unknown_outcome"
        case rejected, cancelled
    }

    /// The action's id, which is also its job's id.
    public let id: Identifier
    public let status: Status
    /// The raw value of an `ActionType`, perhaps of an earlier release.
    public let type: String
    public let platform: String
    public let entityID: String
    let entityLabel: String?
    public let findingID: Identifier?
    public let parameters: [String: JSON]
    public let reason: String?
    public let requestedBy: String
    public let decidedBy: String?
    public let createdAt: Timestamp
    /// The progress of the action's job. Nil until the job has stored it for the first time.
    public let progress: ActionProgress?
    public let error: String?
    /// A digest of the action's type, its records, and its parameters other than secrets: requests that agree in all of
    /// these have the same key. Nil for an action that was stored before these keys existed.
    public let resolutionKey: String?

    /// The columns that the initializer reads, in its order.
    fileprivate static let columns: SQL = """
        id, status, action_type, target_platform, target_entity_id, target_entity_label, finding_id, extra_params,
        reason, requested_by, decided_by, created_at, result, error, resolution_key
        """

    fileprivate init(_ row: any Row) throws {
        id = try row[0]
        status = try row[1]
        type = try row[2]
        platform = try row[3]
        entityID = try row[4]
        entityLabel = try row[5]
        findingID = try row[6]
        parameters = (try row[7] as JSON).object ?? [:]
        reason = try row[8]
        requestedBy = try row[9]
        decidedBy = try row[10]
        createdAt = try row[11]
        progress = (try row[12] as JSON?).map(ActionProgress.init)
        error = try row[13]
        resolutionKey = try row[14]
    }

    /// The details for the audit log, without secrets.
    public var details: [String: JSON] {
        var details: [String: JSON] = [
            "action_type": .string(type), "target_platform": .string(platform), "target_entity_id": .string(entityID),
            "requested_by": .string(requestedBy),
        ]
        details["target_entity_label"] = entityLabel.map(JSON.string)
        if !parameters.isEmpty { details["parameters"] = .object(shownParameters) }
        details["finding_id"] = findingID.map { .string($0.description) }
        details["decided_by"] = decidedBy.map(JSON.string)
        return details
    }

    /// Returns an entry of the audit log about the action.
    public func entry(_ action: String, _ more: [String: JSON] = [:], at now: Timestamp) -> AuditEntry {
        AuditEntry(
            action: "remediation." + action, targetType: "remediation_action", targetID: id.description,
            details: details.merging(more) { $1 }, createdAt: now)
    }
}

/// The progress of an action's job: `remediation_actions.result`. The library Remediation writes the steps; this
/// library reads only the status of each.
public struct ActionProgress: Sendable {
    /// The status of a step.
    public enum StepStatus: String, CaseIterable, Sendable {
        case pending
        /// The step was begun, and its outcome has not been stored.
        case running
        case succeeded, failed
        case unknownOutcome = "unknown_outcome"
    }

    /// The steps, each with its `status`. Nil until they have been determined.
    public let steps: [JSON]?
    /// The parameters without secrets, as the first run resolved them, with the platform's ids of people. Nil before
    /// that run, and if a release that did not store them carried it out.
    public let parameters: JSON?

    /// Creates the progress with these steps and parameters.
    public init(steps: [JSON], parameters: JSON) {
        self.steps = steps
        self.parameters = parameters
    }

    init(_ json: JSON) {
        steps = json["steps"]?.array
        parameters = json["parameters"]
    }

    var json: JSON {
        var members: [String: JSON] = [:]
        members["steps"] = steps.map(JSON.array)
        members["parameters"] = parameters
        return .object(members)
    }

    /// True if no steps have been determined yet, or if some are pending and none is running. An action with a running
    /// step is left to its job, which finds out the outcome. So is an action whose steps have all ended.
    var isWaiting: Bool {
        guard let steps, !steps.isEmpty else { return true }
        let statuses = steps.map { $0["status"]?.string.flatMap(StepStatus.init) }
        return statuses.contains(.pending) && !statuses.contains(.running)
    }
}

extension RemediationAction {
    /// The parameters for the audit log, with a mark in place of each secret.
    var shownParameters: [String: JSON] { StoredParameters.withoutSecrets(parameters, replacement: "‹redacted›") }

    /// The parameters that remain stored after the action has ended.
    var keptParameters: JSON { .object(StoredParameters.withoutSecrets(parameters)) }
}

extension Workspace {
    /// Returns an action of this workspace; nil if there is none with this id.
    public func remediationAction(_ id: Identifier) throws -> RemediationAction? {
        try first(
            "SELECT " + RemediationAction.columns + " FROM remediation_actions WHERE workspace_id = $1 AND id = $2", id,
            decode: RemediationAction.init)
    }

    /// Returns the action with this idempotency key; nil if there is none.
    public func remediationAction(ofKey key: String) throws -> RemediationAction? {
        try first(
            "SELECT " + RemediationAction.columns
                + " FROM remediation_actions WHERE workspace_id = $1 AND idempotency_key = $2", key,
            decode: RemediationAction.init)
    }
}
