/// A parameter that an action takes on one platform, beside its target.
///
/// Connectors declare the parameters of their actions in `Connector.parameters`. The declaration is all that a caller may
/// send: it decides how a value is checked, what it names in the workspace, and what the connector can read.
public struct ActionParameter: Sendable {
    /// The meaning of a value, which decides how it is checked.
    public enum Kind: Sendable, Equatable {
        /// A plain value, or the id of something that no table holds. In that case the connector asks the provider, before
        /// it acts, whether the thing belongs to the target.
        case value
        /// A value that is stored sealed, and shown nowhere.
        case secret
        /// A key of the target's account, in `access_keys`: our id, or the provider's, which follows this prefix in
        /// `external_id`. The key becomes the target instead of the account.
        case key(prefix: String)
        /// An application that the target's account has granted access by OAuth: our id or the provider's. The grants to
        /// this application become the targets instead of all.
        case grantedApplication
        /// An active user account of the integration: our id, the identity's, the provider's, its user name or its e-mail
        /// address. The connector gets the provider's id.
        case person
    }

    public let name: String
    public let kind: Kind
    /// The form of a value, as the end of a sentence: "a number of six digits".
    public let form: String
    /// A key is required only if the target is an account.
    public let isRequired: Bool
    let accepts: @Sendable (String) -> Bool

    /// A plain value, or the provider's id of something that no table holds.
    static func value(
        _ name: String, _ form: String, isRequired: Bool = false, accepts: @escaping @Sendable (String) -> Bool
    ) -> ActionParameter {
        ActionParameter(name: name, kind: .value, form: form, isRequired: isRequired, accepts: accepts)
    }

    /// A text of at most `length` characters, on one line unless it may have several.
    static func text(_ name: String, _ length: Int, hasLines: Bool = false) -> ActionParameter {
        .value(name, "\(hasLines ? "text" : "one line") of 1 to \(length) characters") { text in
            (1...length).contains(text.unicodeScalars.count)
                && text.unicodeScalars.allSatisfy { scalar in
                    scalar.properties.generalCategory != .control || hasLines && (scalar == "\n" || scalar == "\t")
                }
        }
    }

    /// A value that is stored sealed, and shown nowhere.
    static func secret(
        _ name: String, _ form: String, accepts: @escaping @Sendable (String) -> Bool
    ) -> ActionParameter {
        ActionParameter(name: name, kind: .secret, form: form, isRequired: false, accepts: accepts)
    }

    /// A key of the target's account.
    static func key(_ name: String, prefix: String = "", isRequired: Bool = false) -> ActionParameter {
        ActionParameter(
            name: name, kind: .key(prefix: prefix), form: "the id of a key of the target's account",
            isRequired: isRequired, accepts: isIdentifier)
    }

    /// An application that the target's account has granted access by OAuth.
    static func grantedApplication(_ name: String) -> ActionParameter {
        ActionParameter(
            name: name, kind: .grantedApplication,
            form: "the id of an application that the target has granted access by OAuth", isRequired: false,
            accepts: isIdentifier)
    }

    /// A person with an active account.
    static func person(_ name: String) -> ActionParameter {
        ActionParameter(
            name: name, kind: .person,
            form: "a user with an active account on this platform, by id, user name or e-mail",
            isRequired: false, accepts: isIdentifier)
    }

    @Sendable private static func isIdentifier(_ text: String) -> Bool {
        (1...500).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
