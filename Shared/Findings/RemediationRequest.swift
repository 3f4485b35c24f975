import Auth
import Base
import HTTP
import Store

/// An action that has been asked for and waits to be executed.
public struct RemediationRequest: JSONWritable {
    let actionID: Identifier
    let findingID: Identifier
    let actionType: ActionType

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("action_id", actionID)
            json.field("finding_id", findingID)
            json.field("action_type", actionType.rawValue)
            json.field("status", "queued")
        }
    }
}

extension Workspace {
    /// Queues an action about a finding, which stays as it is; without a type, the one that the finding recommends.
    /// Throws 404 when the workspace has no such finding, 409 when it is neither open nor in progress or an action of the
    /// type waits for it already, 400 when there is no type or nothing for the action to act on.
    public func requestRemediation(
        of findingID: Identifier, by chosen: ActionType?, reason: String?, now: Timestamp = .now
    ) throws -> RemediationRequest {
        try change {
            guard let finding = try holdFinding(findingID) else {
                throw try refusal(of: findingID, toBe: "remediated")
            }
            guard let actionType = chosen ?? finding.actionType else {
                throw HTTPError.badRequest("actionType is required: this finding recommends no action.")
            }
            guard let target = finding.target(of: actionType, in: id) else {
                let kinds = actionType.targets.map(\.rawValue).joined(separator: " or ")
                throw HTTPError.badRequest(
                    "This finding does not tell on which \(kinds) \(actionType.rawValue) should act.")
            }
            guard try !isWaiting(actionType, for: findingID) else {
                throw HTTPError.conflict("An action \(actionType.rawValue) waits for this finding already.")
            }
            let request = RemediationRequest(actionID: .random(), findingID: findingID, actionType: actionType)
            try execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, finding_id, action_type, target_platform,
                    target_entity_id, target_entity_label, reason, status, requested_by, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $10)
                """, request.actionID, findingID, actionType, target.platform, target.entityID, target.entityLabel,
                reason, actor, now)
            return (request, request.entry(finding, target, reason: reason, at: now))
        }
    }

    /// A finding that is open or in progress. The update changes nothing, but holds the row until the transaction ends:
    /// nobody decides about the finding meanwhile, and of two requests for it the second sees the first one's action.
    private func holdFinding(_ findingID: Identifier) throws -> RemediableFinding? {
        try first(
            """
            UPDATE findings SET status = status
            WHERE workspace_id = $1 AND id = $2 AND status IN ('open', 'in_progress')
            RETURNING title, action_type, affected_entities, source_integrations, affected_identity_id,
                affected_application_id, affected_device_id
            """, findingID
        ) { row in
            var linked: [EntityType: Identifier] = [:]
            linked[.identity] = try row[4]
            linked[.application] = try row[5]
            linked[.device] = try row[6]
            return RemediableFinding(
                title: try row[0], actionType: try row[1], affectedEntities: try row[2],
                sourceIntegrations: try row[3], linked: linked)
        }
    }

    private func isWaiting(_ actionType: ActionType, for findingID: Identifier) throws -> Bool {
        try first(
            """
            SELECT 1 FROM remediation_actions
            WHERE workspace_id = $1 AND finding_id = $2 AND action_type = $3
                AND status IN ('pending_approval', 'queued', 'running') LIMIT 1
            """, findingID, actionType
        ) { _ in true } ?? false
    }
}

extension RemediationRequest {
    fileprivate func entry(
        _ finding: RemediableFinding, _ target: RemediationTarget, reason: String?, at now: Timestamp
    ) -> AuditEntry {
        var entry = AuditEntry(
            action: "remediation.requested", targetType: "remediation_action", targetID: actionID.description,
            details: [
                "finding_id": .string(findingID.description), "title": .string(finding.title),
                "action_type": .string(actionType.rawValue), "target_platform": .string(target.platform),
                "target_entity_id": .string(target.entityID),
            ], createdAt: now)
        entry.details["target_entity_label"] = target.entityLabel.map(JSON.string)
        entry.details["reason"] = reason.map(JSON.string)
        return entry
    }
}
