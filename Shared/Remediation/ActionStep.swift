import Base
import Connectors
import Findings

/// One thing that a provider is asked to do. It is stored before and after, so that a worker which takes over knows how
/// far the last one came.
struct ActionStep: Sendable, Equatable {
    enum Status: String, Sendable {
        case pending
        /// It was begun; how it ended nobody has written down.
        case running
        case succeeded, failed
        case unknownOutcome = "unknown_outcome"
    }

    let action: ActionType
    let target: ResolvedTarget
    var status = Status.pending
    /// What the connector said.
    var result: JSON?
    /// Why it failed, in a safe sentence.
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

    /// As it is stored.
    var json: JSON {
        var members = target.members
        members.merge(shown.object ?? [:]) { $1 }
        return .object(members)
    }

    /// As callers see it.
    var shown: JSON {
        var members: [String: JSON] = [
            "action": .string(action.rawValue), "external_id": .string(target.externalID),
            "status": .string(status.rawValue),
        ]
        members["result"] = result
        members["error"] = error.map(JSON.string)
        return .object(members)
    }

    /// The step for a connector.
    func target(
        of action: RemediationAction, _ finding: ActionTarget.Finding?, _ parameters: ActionParameters
    ) -> ActionTarget {
        ActionTarget(
            actionID: action.id, target.kind ?? .other, externalID: target.externalID, username: target.username,
            email: target.email, label: target.label, finding: finding, parameters: parameters)
    }
}
