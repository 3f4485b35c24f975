import Base
import Findings

/// A platform: its credential fields, its check, its pages of records, its actions. Synchronous; fan-out goes through
/// `PlatformAPI.sendAll`.
public protocol Connector {
    /// Which one.
    static var platform: Platform { get }
    /// What a customer fills in to connect it.
    static var fields: [CredentialField] { get }
    /// What it can do about findings.
    static var actions: Set<ActionType> { get }
    /// The parameters of those actions that take any.
    static var parameters: [ActionType: [ActionParameter]] { get }

    /// A connector with a customer's credentials. It asks nothing yet. Throws `configuration` when the fields do not fit
    /// together.
    init(_ credentials: Credentials, _ scope: ConnectorScope) throws

    /// Asks the provider whether the credentials hold and allow what a sync needs.
    func check() throws

    /// What a sync pulls, in this order.
    var collections: [RecordCollection] { get }

    /// Carries out an action. The result is the `result` of the API, without secrets. Throws `unknownOutcome` when nobody
    /// knows what became of it.
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON

    /// What became of an action that was begun and whose end nobody saw; nil when the provider does not tell.
    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome?
}

extension Connector {
    public static var parameters: [ActionType: [ActionParameter]] { [:] }

    public func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? { nil }
}

/// What became of an action.
public enum ActionOutcome: Sendable, Equatable {
    /// It was carried out; this is its result.
    case done(JSON)
    /// It was not: it may be performed now.
    case notDone
}

/// What an action acts on, at the provider.
public struct ActionTarget: Sendable {
    /// The kinds of records that actions act on. Ids alone don't tell: an account may be named like a key.
    public enum Kind: String, Sendable {
        case account, application, device
        case grant, key, license
        /// Anything of the workspace, which a ticket or a review is about.
        case other
    }

    /// A finding, as tickets and messages tell of it.
    public struct Finding: Sendable, Equatable {
        public let title: String
        public let recommendedAction: String

        public init(title: String, recommendedAction: String) {
            self.title = title
            self.recommendedAction = recommendedAction
        }
    }

    /// Our action, which providers that take an idempotency key or a label get.
    public let actionID: Identifier
    /// The kind of record.
    public let kind: Kind
    /// The provider's id of the account, application, device or grant: `external_id` of our record.
    public let externalID: String
    /// The account's name at the provider, when it is one and we know it.
    public let username: String?
    /// The account's e-mail address, when we know it.
    public let email: String?
    /// The name of our record.
    public let label: String?
    /// The finding that the action is about.
    public let finding: Finding?
    /// What else the action takes.
    public let parameters: ActionParameters

    /// A target with these parts.
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

/// In what a connector works.
public struct ConnectorScope: Sendable {
    /// The function's variables.
    public let environment: Environment
    /// How many seconds all of it may take.
    public let seconds: Double
    /// From when on audit events are wanted.
    public let eventsSince: Timestamp
    /// The same for lists that could not be read in earlier syncs, by the names of their collections.
    public var olderEvents: [String: Timestamp] = [:]
    /// How the pauses between retries begin, in seconds.
    public var firstPause = 0.5

    /// A scope with these parts.
    public init(_ environment: Environment, seconds: Double, eventsSince: Timestamp) {
        self.environment = environment
        self.seconds = seconds
        self.eventsSince = eventsSince
    }

    /// From when on audit events of the collection of this name are wanted.
    public func eventsSince(of collection: String) -> Timestamp { olderEvents[collection] ?? eventsSince }
}
