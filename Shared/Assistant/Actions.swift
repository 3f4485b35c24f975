import Auth
import Base
import Findings

/// An action that somebody asked for in words, resolved to what it acts on.
public struct ProposedAction: Sendable, Equatable {
    /// What is to be done.
    public let actionType: ActionType
    /// Where: a platform's identifier; `thalian` for what the product does itself.
    public let platform: String
    /// On what: the id of an identity, an application, a device, or the workspace.
    public let entityID: String
    /// What people call that.
    public let entityLabel: String
    /// The finding that it mends, where one was named.
    public var findingID: Identifier?
    /// What else the action must know.
    public var parameters: [String: JSON] = [:]
    /// Why, for the audit log.
    public var reason: String?
}

/// What has become of an action.
public struct RequestedAction: Sendable, Equatable {
    /// The action's own id.
    public let id: Identifier
    /// `queued`, or `pending_approval`.
    public let status: String

    /// An action that waits to be executed, or to be approved.
    public init(id: Identifier, status: String) {
        self.id = id
        self.status = status
    }
}

/// Who carries out actions. The assistant proposes, and hands over what a person has confirmed.
public protocol ActionExecutor {
    /// Has an action carried out for the workspace's caller, by the rules that hold for that caller, and writes the audit
    /// entry of it. It is called within a transaction, and only takes the action on: nothing upstream happens in it.
    func request(_ action: ProposedAction, in workspace: Workspace, now: Timestamp) throws -> RequestedAction
}
