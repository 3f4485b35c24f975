public import Base
import Integrations

/// The description of a platform for customers who want to connect it and to use its actions. GET /api/platforms shows it,
/// and PLATFORMS.md is made from it.
public struct PlatformDescription: JSONWritable {
    let connector: any Connector.Type

    var platform: Platform { connector.platform }

    /// The actions, by name.
    var actions: [ActionDescription] {
        connector.actions.sorted { $0.rawValue < $1.rawValue }.map { action in
            ActionDescription(type: action, parameters: connector.parameters[action] ?? [])
        }
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("platform", platform.rawValue)
            json.field("name", platform.name)
            json.field("category", platform.category)
            json.field("credential_fields", connector.fields.map(WrittenField.init))
            json.field("needed_scopes", platform.permissions.scopes)
            json.field("permissions", platform.permissions.notes)
            json.field("actions", actions)
            json.field("lists", platform.lists)
        }
    }
}

/// An action that can be performed on a platform, with its parameters in their order.
struct ActionDescription: JSONWritable {
    let type: ActionType
    let parameters: [ActionParameter]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("action_type", type.rawValue)
            json.field("parameters", parameters.map(WrittenParameter.init))
        }
    }
}

private struct WrittenField: JSONWritable {
    let field: CredentialField

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", field.name)
            json.field("required", field.isRequired)
            json.field("secret", field.isSecret)
            json.field("summary", field.summary)
        }
    }
}

private struct WrittenParameter: JSONWritable {
    let parameter: ActionParameter

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", parameter.name)
            json.field("required", parameter.need.rawValue)
            json.field("value", parameter.form)
        }
    }
}

extension ActionParameter {
    /// The cases in which a parameter must be given.
    enum Need: String {
        case yes, no
        case forAccounts = "if the target is an account"
    }

    /// The cases in which the parameter must be given.
    var need: Need {
        guard isRequired else { return .no }
        return if case .key = kind { .forAccounts } else { .yes }
    }
}

extension Connectors {
    /// The descriptions of all platforms, by identifier.
    public static var descriptions: [PlatformDescription] {
        connectable.sorted { $0.platform.rawValue < $1.platform.rawValue }.map { PlatformDescription(connector: $0) }
    }
}
