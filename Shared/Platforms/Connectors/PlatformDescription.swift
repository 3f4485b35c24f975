public import Base
import Integrations

/// The description of a platform for customers who want to connect it and to use its actions. GET /api/platforms shows it,
/// and PLATFORMS.md is made from it.
public struct PlatformDescription: Described {
    private let platform: Platform
    private let fields: [CredentialField]
    /// The actions, by name.
    private let actions: [ActionDescription]

    init(_ connector: any Connector.Type) {
        platform = connector.platform
        fields = connector.fields
        actions = connector.actions.sorted { $0.rawValue < $1.rawValue }.map { action in
            ActionDescription(type: action, parameters: connector.parameters[action] ?? [])
        }
    }

    public static var schema: JSONSchema {
        .object(
            .field("platform", .string, "The platform, such as okta."),
            .field("name", .string, "The name, as the provider writes it."),
            .field("category", .string, "The kind of platform, such as idp."),
            .field(
                "credential_fields", .array(of: WrittenField.schema), "The fields of config when it is connected."),
            .field(
                "needed_scopes", .array(of: .string), "The scopes, permissions or policies, in the provider's words."),
            .field("permissions", .string, "The kind of credentials, and the data that come only with some scopes."),
            .field("actions", .array(of: ActionDescription.schema), "The actions, by name."),
            .field("lists", .array(of: ListDescription.schema), "The lists that a sync pulls, in their order."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("platform", platform.rawValue)
            json.field("name", platform.name)
            json.field("category", platform.category)
            json.field("credential_fields", fields.map(WrittenField.init))
            json.field("needed_scopes", platform.permissions.scopes)
            json.field("permissions", platform.permissions.notes)
            json.field("actions", actions)
            json.field("lists", platform.lists)
        }
    }
}

/// An action that can be performed on a platform, with its parameters in their order.
private struct ActionDescription: Described {
    let type: ActionType
    let parameters: [ActionParameter]

    static var schema: JSONSchema {
        .object(
            .field("action_type", .oneOf(ActionType.self), "The action."),
            .field("parameters", .array(of: WrittenParameter.schema), "The members of extraParams, in their order."))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("action_type", type.rawValue)
            json.field("parameters", parameters.map(WrittenParameter.init))
        }
    }
}

private struct WrittenField: Described {
    let field: CredentialField

    static var schema: JSONSchema {
        .object(
            .field("name", .string, "The name."),
            .field("required", .boolean, "True if the field must be given."),
            .field("secret", .boolean, "True if the value is never shown."),
            .field("summary", .string, "The meaning of the value."))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", field.name)
            json.field("required", field.isRequired)
            json.field("secret", field.isSecret)
            json.field("summary", field.summary)
        }
    }
}

private struct WrittenParameter: Described {
    let parameter: ActionParameter

    static var schema: JSONSchema {
        .object(
            .field("name", .string, "The name."),
            .field("required", .oneOf(ActionParameter.Need.self), "The cases in which it must be given."),
            .field("value", .string, "The form of the value, such as a string of six digits."))
    }

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
    enum Need: String, CaseIterable {
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
        connectable.sorted { $0.platform.rawValue < $1.platform.rawValue }.map { PlatformDescription($0) }
    }
}
