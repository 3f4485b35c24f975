public import Base
public import Store

/// The caller of a request, or an operator.
public enum Caller: Sendable {
    /// A member of the workspace, identified by a session token.
    case member(userID: Identifier, email: String?, role: Role)
    /// A program, identified by an API key.
    case apiKey(id: Identifier, name: String, prefix: String)
    /// A person who runs the product and acts by the verbs of local-runner.
    case administrator(name: String)

    /// The member's user id. Nil for an API key and for an operator.
    var userID: Identifier? {
        if case .member(let userID, _, _) = self { userID } else { nil }
    }

    /// The caller's name for people: the member's e-mail address, or the user id if there is none; for a key, `API key
    /// NAME (PREFIX)`; for an operator, `Operator NAME`.
    var label: String {
        switch self {
        case .member(let userID, let email, _): email ?? userID.description
        case .apiKey(_, let name, let prefix): "\(Self.keyLabel)\(name) (\(prefix))"
        case .administrator(let name): "Operator \(name)"
        }
    }

    private static let keyLabel = "API key "

    /// Returns true if a label is that of an API key. No e-mail address begins with "API key ", because it would
    /// contain a space.
    public static func isAPIKey(label: String) -> Bool { label.hasPrefix(keyLabel) }
}

/// The operations that an API key is allowed to perform.
public enum Scope: String, SQLEnum, CaseIterable, Comparable, Sendable {
    /// Operations that only read.
    case read
    /// Operations that read, and operations that change the workspace.
    case write

    public static func < (left: Scope, right: Scope) -> Bool { left == .read && right == .write }
}
