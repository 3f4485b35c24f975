public import Base
public import Integrations

/// A connection to one platform: its credential fields, its credential check, its pages of records and its actions.
/// Calls are synchronous; `PlatformAPI.sendAll` sends several requests at once.
public protocol Connector {
    /// The platform.
    static var platform: Platform { get }
    /// The credential fields that a customer fills in to connect the platform.
    static var fields: [CredentialField] { get }
    /// The actions that can be performed to resolve findings.
    static var actions: Set<ActionType> { get }
    /// The parameters of the actions that take any.
    static var parameters: [ActionType: [ActionParameter]] { get }

    /// Creates a connector with a customer's credentials, without sending a request.
    /// - Throws: `ConnectorError.configuration` if the fields contradict each other or don't suffice,
    ///   `EnvironmentError` if a variable that the connector reads is malformed.
    init(_ credentials: Credentials, _ scope: ConnectorScope) throws

    /// Asks the provider with a few small requests whether it accepts the credentials.
    /// - Throws: `ConnectorError` if the provider refuses one of them or does not answer.
    func check() throws

    /// The lists that a sync reads, in this order.
    var collections: [RecordCollection] { get }

    /// Carries out an action and returns the `result` that the API shows, without secrets.
    /// - Throws: `ConnectorError` if the action fails; `unknownOutcome` if it is not known whether the provider carried
    ///   it out.
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON

    /// Asks the provider whether an action was carried out that was started and whose answer was lost. Returns nil if
    /// that can't be told.
    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome?
}

extension Connector {
    public static var parameters: [ActionType: [ActionParameter]] { [:] }

    public func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? { nil }
}

/// The outcome of an action that was started earlier.
public enum ActionOutcome: Sendable, Equatable {
    /// The action was carried out; this is its result.
    case done(JSON)
    /// The action was not carried out, or repeating it does no harm. It may be performed now.
    case notDone
}

/// The object at the provider that an action changes, or the record of ours that a ticket or a review is about.
public struct ActionTarget: Sendable {
    /// The kinds of objects that actions change. An id alone does not tell the kind: an account's id may equal a key's.
    public enum Kind: String, Sendable {
        case account, application, device
        case grant, key, license
        /// Any record of the workspace that a ticket or a review is about.
        case other
    }

    /// The parts of a finding that tickets and messages show.
    public struct Finding: Sendable, Equatable {
        public let title: String
        public let recommendedAction: String

        public init(title: String, recommendedAction: String) {
            self.title = title
            self.recommendedAction = recommendedAction
        }
    }

    /// Our id of the action. Tickets carry it as a label, and reviews in their names, if the provider allows that.
    public let actionID: Identifier
    public let kind: Kind
    /// The provider's id of the target, which is our record's `external_id`; for the kind `other`, the id or name that
    /// the caller gave.
    public let externalID: String
    /// The user name of the account at the provider; nil if the target is neither an account nor a grant, or if the
    /// name is not known.
    public let username: String?
    /// The account's e-mail address; nil if the target is neither an account nor a grant, or if the address is not
    /// known.
    public let email: String?
    /// The name of our record; for a grant, that of its application.
    public let label: String?
    /// The finding that the action is about.
    public let finding: Finding?
    /// The action's parameters.
    public let parameters: ActionParameters

    public init(
        actionID: Identifier, _ kind: Kind = .account, externalID: String, username: String? = nil,
        email: String? = nil, label: String? = nil, finding: Finding? = nil,
        parameters: ActionParameters = ActionParameters()
    ) {
        self.actionID = actionID
        self.kind = kind
        self.externalID = externalID
        self.username = username
        self.email = email
        self.label = label
        self.finding = finding
        self.parameters = parameters
    }
}

/// The conditions under which a connector works: settings, time limit, and how far back to read events.
public struct ConnectorScope: Sendable {
    /// The function's environment variables.
    public let environment: Environment
    /// The time limit for all of the connector's work, in seconds.
    public let seconds: Double
    /// The time from which audit events are wanted, except of the lists in `olderEvents`.
    public let eventsSince: Timestamp
    /// Earlier times for lists that could not be read in previous syncs, by collection name.
    public var olderEvents: [String: Timestamp] = [:]
    /// The first pause before a retry, in seconds. Later pauses grow from it.
    public var firstPause = 0.5

    public init(_ environment: Environment, seconds: Double, eventsSince: Timestamp) {
        self.environment = environment
        self.seconds = seconds
        self.eventsSince = eventsSince
    }

    /// Returns the time from which audit events of this collection are wanted.
    public func eventsSince(of collection: String) -> Timestamp { olderEvents[collection] ?? eventsSince }
}
