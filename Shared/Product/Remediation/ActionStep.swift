import Actions
import Base
import Connectors
import Integrations

/// One operation that a provider is asked to carry out. It is stored before it begins and after it has ended, so that a
/// worker that takes the job over knows how far the previous worker got.
struct ActionStep: Sendable, Equatable {
    typealias Status = ActionProgress.StepStatus

    let action: ActionType
    let target: ResolvedTarget
    var status = Status.pending
    /// The result that the connector returned, if any.
    var result: JSON?
    /// The reason for the step's failure, in a sentence that callers may see.
    var error: String?

    init(_ action: ActionType, on target: ResolvedTarget) {
        self.action = action
        self.target = target
    }

    init?(_ json: JSON) {
        guard let action = json["action"]?.string.flatMap(ActionType.init), let target = ResolvedTarget(stored: json),
            let status = json["status"]?.string.flatMap(Status.init)
        else { return nil }
        self.init(action, on: target)
        self.status = status
        result = json["result"]
        error = json["error"]?.string
    }

    /// The step as JSON for the store.
    var json: JSON {
        var members = target.members
        members.merge(shown.object ?? [:]) { $1 }
        return .object(members)
    }

    /// The step as JSON for the API's callers: without the target's details other than its id.
    var shown: JSON {
        var members: [String: JSON] = [
            "action": .string(action.rawValue), "external_id": .string(target.externalID),
            "status": .string(status.rawValue),
        ]
        members["result"] = result
        members["error"] = error.map(JSON.string)
        return .object(members)
    }

    /// Returns the step's target in the form that connectors take.
    func target(
        of action: RemediationAction, _ finding: ActionTarget.Finding?, _ parameters: ActionParameters
    ) -> ActionTarget {
        ActionTarget(
            actionID: action.id, target.kind ?? .other, externalID: target.externalID, username: target.username,
            email: target.email, label: target.label, finding: finding, parameters: parameters)
    }
}
