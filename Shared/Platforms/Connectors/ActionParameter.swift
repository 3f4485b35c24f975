/// A parameter that an action takes on one platform, in addition to its target.
///
/// Connectors declare the parameters of their actions in `Connector.parameters`. Callers may send only declared
/// parameters. The declaration decides how a value is checked, which record of the workspace it names, and what the
/// connector can read.
public struct ActionParameter: Sendable {
    /// The meaning of a value, which decides how it is checked.
    public enum Kind: Sendable, Equatable {
        /// A plain value, or the provider's id of an object that no table holds. The connector must make sure that such
        /// an object belongs to the target or to the customer.
        case value
        /// A value that is stored encrypted and never shown.
        case secret
        /// A key of the target's account, in `access_keys`: our id, or the provider's id with or without `prefix`, with
        /// which `external_id` begins. The key becomes the target instead of the account.
        case key(prefix: String)
        /// An application to which the target's account has granted access by OAuth: our id or the provider's. Only the
        /// grants to this application become targets; without the parameter, all of the target's grants do.
        case grantedApplication
        /// An active account of a user at the integration, named by our id, the identity's id, the provider's id, the
        /// user name or the e-mail address. The connector gets the provider's id.
        case person
    }

    public let name: String
    public let kind: Kind
    /// The form of a value, worded as the end of an error message: "a number of six digits".
    public let form: String
    /// True if the parameter must be given. A parameter that names a key is required only if the target is an account.
    public let isRequired: Bool
    let accepts: @Sendable (String) -> Bool

    /// Declares a plain value, or the provider's id of an object that no table holds.
    static func value(
        _ name: String, _ form: String, isRequired: Bool = false, accepts: @escaping @Sendable (String) -> Bool
    ) -> ActionParameter {
        ActionParameter(name: name, kind: .value, form: form, isRequired: isRequired, accepts: accepts)
    }

    /// Declares a text of 1 to `length` Unicode scalars without control characters; line feeds and tabs are allowed if
    /// `hasLines` is true.
    static func text(_ name: String, _ length: Int, hasLines: Bool = false) -> ActionParameter {
        .value(name, "\(hasLines ? "text" : "one line") of 1 to \(length) characters") { text in
            (1...length).contains(text.unicodeScalars.count)
                && text.unicodeScalars.allSatisfy { scalar in
                    scalar.properties.generalCategory != .control || hasLines && (scalar == "\n" || scalar == "\t")
                }
        }
    }

    /// Declares a value that is stored encrypted and never shown.
    static func secret(
        _ name: String, _ form: String, accepts: @escaping @Sendable (String) -> Bool
    ) -> ActionParameter {
        ActionParameter(name: name, kind: .secret, form: form, isRequired: false, accepts: accepts)
    }

    /// Declares a key of the target's account.
    static func key(_ name: String, prefix: String = "", isRequired: Bool = false) -> ActionParameter {
        ActionParameter(
            name: name, kind: .key(prefix: prefix), form: "the id of a key of the target's account",
            isRequired: isRequired, accepts: isIdentifier)
    }

    /// Declares an application to which the target's account has granted access by OAuth.
    static func grantedApplication(_ name: String) -> ActionParameter {
        ActionParameter(
            name: name, kind: .grantedApplication,
            form: "the id of an application that the target has granted access by OAuth", isRequired: false,
            accepts: isIdentifier)
    }

    /// Declares a person with an active account.
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
