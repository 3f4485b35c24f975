import Auth
import Base
import Connectors
import Findings
import HTTP
import Store

/// An action as it is stored.
public struct RemediationAction: Sendable {
    /// Where an action stands.
    public enum Status: String, SQLEnum, CaseIterable, Sendable {
        case pendingApproval = "pending_approval"
        case queued, running, succeeded, failed
        case unknownOutcome = "unknown_outcome"
        case rejected, cancelled
    }

    /// The action's id, which is its job's id too.
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
    /// Nil until they have been worked out.
    let steps: [ActionStep]?
    /// The parameters that are no secrets, as the first run found them: with the platform's ids of people. Nil before, and
    /// in an action whose first run did not store them.
    private let resolvedParameters: JSON?
    let error: String?
    /// `Resolution.key`, as it was when the action was requested; nil in an action that was stored before there were keys.
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

    /// What the audit log says of it.
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

    /// Makes sure that the action's names mean what they meant when it was requested. Throws 409 if they don't: the record
    /// that they mean now was never judged, and nobody approved it.
    func demandSame(_ resolution: Resolution, for type: ActionType) throws(HTTPError) {
        try demand(resolutionKey == nil || resolutionKey == resolution.key(of: type, on: platform))
    }

    /// Makes sure that the parameters mean what they meant in the first run. Throws 409 if they don't.
    func demandSame(_ parameters: ActionParameters) throws(HTTPError) {
        try demand(resolvedParameters == nil || resolvedParameters == parameters.shownValues)
    }

    private func demand(_ isSame: Bool) throws(HTTPError) {
        guard !isSame else { return }
        throw .conflict("What this action names has changed since it was requested. Request it again.")
    }

    func entry(_ action: String, _ more: [String: JSON] = [:], at now: Timestamp) -> AuditEntry {
        AuditEntry(
            action: "remediation." + action, targetType: "remediation_action", targetID: id.description,
            details: details.merging(more) { $1 }, createdAt: now)
    }
}

/// `success` says that nothing has gone wrong; `result` has the status, and what came of the action or of its steps.
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
    /// An action of this workspace; nil when there is none of that id.
    func remediationAction(_ id: Identifier) throws -> RemediationAction? {
        try first(
            "SELECT " + RemediationAction.columns + " FROM remediation_actions WHERE workspace_id = $1 AND id = $2", id,
            decode: RemediationAction.init)
    }
}

extension ActionParameters {
    /// The values that are no secrets, as they are stored.
    var shownValues: JSON { .object(plainValues.mapValues(JSON.string)) }
}
