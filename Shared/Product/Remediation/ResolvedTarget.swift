import Base
import Connectors

/// A record of the workspace on which an action acts, or which a parameter names, as the platform knows it.
struct ResolvedTarget: Sendable, Equatable {
    /// The kind; nil in a step that was stored before kinds existed.
    let kind: ActionTarget.Kind?
    let externalID: String
    var username: String?
    var email: String?
    /// The record's own name.
    var label: String?
    /// The client id of an OAuth grant's application.
    var clientID: String?
    // Our ids, by which findings may name the record, its account and the other records to which it belongs.
    var recordID: Identifier?
    var accountID: Identifier?
    var identityID: Identifier?
    var applicationID: Identifier?
    var deviceID: Identifier?

    init(_ kind: ActionTarget.Kind, _ externalID: String) {
        self.kind = kind
        self.externalID = externalID
    }

    init?(stored json: JSON) {
        guard let externalID = json["external_id"]?.string else { return nil }
        self.externalID = externalID
        kind = json["kind"]?.string.flatMap(ActionTarget.Kind.init)
        username = json["username"]?.string
        email = json["email"]?.string
        label = json["label"]?.string
    }

    var members: [String: JSON] {
        var members: [String: JSON] = ["external_id": .string(externalID)]
        members["kind"] = kind.map { .string($0.rawValue) }
        members["username"] = username.map(JSON.string)
        members["email"] = email.map(JSON.string)
        members["label"] = label.map(JSON.string)
        return members
    }
}
