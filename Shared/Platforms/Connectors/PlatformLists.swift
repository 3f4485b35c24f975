public import Base
import Integrations

/// One of the lists that a sync pulls from a platform, as the documentation shows it.
public struct ListDescription: Described, Equatable {
    let name: String
    /// The kinds of records that the list contains.
    let kinds: [SyncRecord.Kind]
    /// True if a sync fails without the list. Otherwise the list is left out, and its known data stay.
    let isRequired: Bool

    private init(_ name: String, _ kinds: [SyncRecord.Kind], isRequired: Bool) {
        self.name = name
        self.kinds = kinds
        self.isRequired = isRequired
    }

    fileprivate static func required(_ name: String, _ kinds: SyncRecord.Kind...) -> ListDescription {
        ListDescription(name, kinds, isRequired: true)
    }

    fileprivate static func optional(_ name: String, _ kinds: SyncRecord.Kind...) -> ListDescription {
        ListDescription(name, kinds, isRequired: false)
    }

    public static var schema: JSONSchema {
        .object(
            .field("name", .string, "The name."),
            .field("records", .array(of: .oneOf(SyncRecord.Kind.self)), "The kinds of records that it contains."),
            .field(
                "required", .boolean,
                "True if a sync fails without it. Otherwise the list is left out, and its known data stay."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", name)
            json.field("records", kinds.map(\.rawValue))
            json.field("required", isRequired)
        }
    }
}

extension Platform {
    /// The lists that a sync pulls, in their order. `PlatformTableTests` compares them with the connectors' collections,
    /// which can't be read without credentials.
    var lists: [ListDescription] {
        switch self {
        case .okta:
            [
                .required("users", .account),
                .required("deprovisioned users", .account),
                .required("applications", .application),
                .required("assignments", .entitlement),
                .optional("grants", .oauthGrant),
                .optional("devices", .device),
                .optional("events", .auditEvent),
            ]
        case .googleWorkspace:
            [
                .required("users", .account),
                .optional("deleted users", .account),
                .optional("grants", .accessKey, .application, .oauthGrant),
                .optional("mobile devices", .device),
                .optional("ChromeOS devices", .device),
                .optional("computers", .device),
                .optional("sign-ins", .auditEvent),
                .optional("administration", .auditEvent),
                .optional("grants given", .auditEvent),
                .optional("downloads", .auditEvent),
                .optional("deletions", .auditEvent),
                .optional("bin", .auditEvent),
            ]
        case .microsoftEntra:
            [
                .required("users", .account),
                .optional("deleted users", .account),
                .required("applications", .application),
                .required("assignments", .entitlement),
                .optional("grants", .oauthGrant),
                .optional("sign-ins", .auditEvent),
                .optional("directory log", .auditEvent),
            ]
        case .microsoftIntune:
            [
                .required("devices", .device)
            ]
        case .github:
            [
                .required("members", .account),
                .required("outside collaborators", .account),
                .required("joining members", .account),
                .optional("installations", .application),
                .optional("deploy keys", .accessKey),
                .optional("authorized credentials", .accessKey),
                .optional("events", .auditEvent),
            ]
        case .gitlab:
            [
                .optional("project members", .account),
                .optional("subgroup members", .account),
                .required("members", .account),
                .optional("tokens", .accessKey),
                .optional("deploy keys", .accessKey),
                .optional("events", .auditEvent),
            ]
        case .aws:
            [
                .optional("root", .account),
                .required("users", .account),
                .optional("roles", .account),
                .optional("access keys", .accessKey),
                .optional("events", .auditEvent),
            ]
        case .slack:
            [
                .required("users", .account),
                .optional("apps", .application, .oauthGrant),
                .optional("events", .auditEvent),
            ]
        case .crowdStrike:
            [
                .required("hosts", .device),
                .optional("users", .account),
            ]
        case .jira:
            [
                .required("users", .account),
                .optional("events", .auditEvent),
            ]
        case .jamfPro:
            [
                .required("computers", .device),
                .optional("mobile devices", .device),
            ]
        case .jumpCloud:
            [
                .required("users", .account),
                .required("applications", .application),
                .required("assignments", .entitlement),
                .optional("devices", .device),
                .optional("events", .auditEvent),
            ]
        case .oneLogin:
            [
                .required("users", .account),
                .required("applications", .application),
                .required("assignments", .entitlement),
                .optional("events", .auditEvent),
            ]
        case .outbound: []
        case .zoom:
            [
                .required("application", .application),
                .required("pending users", .account, .entitlement),
                .required("inactive users", .account, .entitlement),
                .required("active users", .account, .entitlement),
                .required("users deactivated during the sync", .account, .entitlement),
            ]
        case .bambooHR:
            [
                .required("employees", .account)
            ]
        }
    }
}
