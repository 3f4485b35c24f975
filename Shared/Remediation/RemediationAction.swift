import Auth
import Base
import Connectors
import Findings
import HTTP
import Store

/// An action, as it is stored.
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
    let type: String
    let platform: String
    let entityID: String
    let entityLabel: String?
    let findingID: Identifier?
    let parameters: [String: JSON]
    let reason: String?
    let requestedBy: String
    let decidedBy: String?
    let createdAt: Timestamp
    /// The steps; nil before they were determined.
    let steps: [ActionStep]?
    /// The parameters without secrets, as the first run resolved them, with the platform's ids of people. Nil before
    /// that run, and for actions whose first run did not store them.
    private let resolvedParameters: JSON?
    let error: String?
    /// The value of `Resolution.key` when the action was requested; nil for actions that were stored before keys
    /// existed.
    private let resolutionKey: String?

    /// The columns that `init(row:)` reads.
    static let columns: SQL = """
        id, status, action_type, target_platform, target_entity_id, target_entity_label, finding_id, extra_params,
        reason, requested_by, decided_by, created_at, result, error, resolution_key
        """

    init(_ row: any Row) throws {
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
        let progress: JSON? = try row[12]
        steps = progress?["steps"]?.array?.compactMap(ActionStep.init)
        resolvedParameters = progress?["parameters"]
        error = try row[13]
        resolutionKey = try row[14]
    }

    /// The details for the audit log.
    var details: [String: JSON] {
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

    /// Checks that the action's names still mean the records that they meant when it was requested. Other records were
    /// never judged or approved.
    /// - Throws: `HTTPError` 409 if they mean other records.
    func demandSame(_ resolution: Resolution, for type: ActionType) throws(HTTPError) {
        try demand(resolutionKey == nil || resolutionKey == resolution.key(of: type, on: platform))
    }

    /// Checks that the parameters still mean what they meant in the first run.
    /// - Throws: `HTTPError` 409 if they don't.
    func demandSame(_ parameters: ActionParameters) throws(HTTPError) {
        try demand(resolvedParameters == nil || resolvedParameters == parameters.shownValues)
    }

    private func demand(_ isSame: Bool) throws(HTTPError) {
        guard !isSame else { return }
        throw .conflict("The records that this action names have changed since its request. Request it again.")
    }

    func entry(_ action: String, _ more: [String: JSON] = [:], at now: Timestamp) -> AuditEntry {
        AuditEntry(
            action: "remediation." + action, targetType: "remediation_action", targetID: id.description,
            details: details.merging(more) { $1 }, createdAt: now)
    }
}

/// The form for the API. `success` is false if something has gone wrong. `result` has the status, and the result of the
/// action or of its steps.
extension RemediationAction: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("success", ![.failed, .unknownOutcome, .cancelled].contains(status))
            json.field("actionId", id)
            json.field("result", result)
        }
    }

    private var result: JSON {
        var result: [String: JSON] = [:]
        if let steps, steps.count == 1 { result = steps[0].result?.object ?? [:] }
        if let steps, steps.count > 1 { result["steps"] = .array(steps.map(\.shown)) }
        result["status"] = .string(status.rawValue)
        result["error"] = error.map(JSON.string)
        return .object(result)
    }
}

extension Workspace {
    /// Returns an action of this workspace; nil if there is none with this id.
    func remediationAction(_ id: Identifier) throws -> RemediationAction? {
        try first(
            "SELECT " + RemediationAction.columns + " FROM remediation_actions WHERE workspace_id = $1 AND id = $2", id,
            decode: RemediationAction.init)
    }
}

extension ActionParameters {
    /// The values that are not secret, in the form in which they are stored.
    var shownValues: JSON { .object(plainValues.mapValues(JSON.string)) }
}
