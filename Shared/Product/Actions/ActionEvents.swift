import Auth
import Base
import Integrations

extension Workspace {
    /// Queues the event about an action that waits for approval or has ended, in the transaction of this change.
    func announce(_ kind: OutboundEvent.Kind, _ action: RemediationAction, at now: Timestamp) throws {
        func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
        let data: [String: JSON] = [
            "id": .string(action.id.description), "action_type": .string(action.type),
            "platform": .string(action.platform), "target_id": .string(action.entityID),
            "target_label": text(action.entityLabel), "finding_id": text(action.findingID?.description),
            "status": .string(action.status.rawValue), "requested_by": .string(action.requestedBy),
            "decided_by": text(action.decidedBy), "error": text(action.error),
            "created_at": .string(action.createdAt.description),
        ]
        try announce([OutboundEvent(kind, data, at: now)])
    }

    /// Queues the event about the action with this id, which has ended.
    func announceEnd(of id: Identifier, at now: Timestamp) throws {
        guard let action = try remediationAction(id) else { return }
        try announce(.actionDone, action, at: now)
    }
}
