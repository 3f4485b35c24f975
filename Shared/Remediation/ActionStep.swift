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

    /// The step for a connector. Its own parameters win over the caller's.
    func target(of action: RemediationAction, _ finding: [String: JSON]) -> ActionTarget {
        var parameters = finding.merging(action.parameters) { $1 }
        if let client = target.clientID { parameters["client_id"] = .string(client) }
        return ActionTarget(
            actionID: action.id, externalID: target.externalID, username: target.username, email: target.email,
            label: action.entityLabel ?? target.label, parameters: parameters)
    }
}

/// What an action acts on, as the platform knows it.
struct ResolvedTarget: Sendable, Equatable {
    let externalID: String
    var username: String?
    var email: String?
    var label: String?
    /// The application of an OAuth grant.
    var clientID: String?
    // What of ours it is, which findings may be about.
    var identityID: Identifier?
    var applicationID: Identifier?
    var deviceID: Identifier?

    init(_ externalID: String) { self.externalID = externalID }

    init?(stored json: JSON) {
        guard let externalID = json["external_id"]?.string else { return nil }
        self.externalID = externalID
        username = json["username"]?.string
        email = json["email"]?.string
        label = json["label"]?.string
        clientID = json["client_id"]?.string
    }

    var members: [String: JSON] {
        var members: [String: JSON] = ["external_id": .string(externalID)]
        members["username"] = username.map(JSON.string)
        members["email"] = email.map(JSON.string)
        members["label"] = label.map(JSON.string)
        members["client_id"] = clientID.map(JSON.string)
        return members
    }
}
