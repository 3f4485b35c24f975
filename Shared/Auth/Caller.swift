import Base
import Store

/// Who makes a request.
public enum Caller: Sendable {
    /// A member, by a session token.
    case member(userID: Identifier, email: String?, role: Role)
    /// A program, by an API key.
    case apiKey(id: Identifier, name: String, prefix: String)

    /// The member's user; nil for an API key.
    var userID: Identifier? {
        if case .member(let userID, _, _) = self { userID } else { nil }
    }

    /// How people read who it was: the member's e-mail address, or the user where there is none;
    /// `API key NAME (PREFIX)`.
    var label: String {
        switch self {
        case .member(let userID, let email, _): email ?? userID.description
        case .apiKey(_, let name, let prefix): "\(Self.keyLabel)\(name) (\(prefix))"
        }
    }

    private static let keyLabel = "API key "

    /// True if a label is that of an API key. No e-mail address begins like one.
    public static func isAPIKey(label: String) -> Bool { label.hasPrefix(keyLabel) }
}

/// What an API key may do.
public enum Scope: String, SQLEnum, CaseIterable, Comparable, Sendable {
    /// All queries.
    case read
    /// Also what changes the workspace.
    case write

    public static func < (left: Scope, right: Scope) -> Bool { left == .read && right == .write }
}
