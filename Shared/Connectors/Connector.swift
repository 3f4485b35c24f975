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
    /// Our action, which providers that take an idempotency key or a label get.
    public let actionID: Identifier
    /// The provider's id of the account, application, device or grant: `external_id` of our record.
    public let externalID: String
    /// The account's name at the provider, when it is one and we know it.
    public let username: String?
    /// The account's e-mail address, when we know it.
    public let email: String?
    /// How people call it.
    public let label: String?
    /// What else the action takes.
    public let parameters: [String: JSON]

    /// A target with these parts.
    public init(
        actionID: Identifier, externalID: String, username: String? = nil, email: String? = nil, label: String? = nil,
        parameters: [String: JSON] = [:]
    ) {
        self.actionID = actionID
        self.externalID = externalID
        self.username = username
        self.email = email
        self.label = label
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
    /// How the pauses between retries begin, in seconds.
    public var firstPause = 0.5

    /// A scope with these parts.
    public init(_ environment: Environment, seconds: Double, eventsSince: Timestamp) {
        self.environment = environment
        self.seconds = seconds
        self.eventsSince = eventsSince
    }
}

/// One list that a sync pulls, page by page. A page can be asked for again, by another process too, with nothing but its
/// cursor.
public struct RecordCollection {
    /// Its name, which says after a restart which list was being pulled.
    public let name: String
    /// Asks for the page at a cursor; nil is the first.
    public let page: (JSON?) throws -> RecordPage

    /// A list of this name.
    public init(_ name: String, page: @escaping (JSON?) throws -> RecordPage) {
        self.name = name
        self.page = page
    }
}

/// One page of records.
public struct RecordPage {
    /// What it holds; a provider's page may yield none.
    public var records: [SyncRecord]
    /// Where the next page begins; nil when this was the last.
    public var next: JSON?
    /// What the customer's plan or the credentials' scopes leave out: the list's name, or names of what belongs to its
    /// records.
    public var leftOut: [String] = []
    /// The kind of record of which nothing is gone, though nothing has come.
    public var kept: SyncRecord.Kind?

    /// A page with these parts.
    public init(_ records: [SyncRecord], next: JSON? = nil) {
        self.records = records
        self.next = next
    }

    /// Instead of a list that the provider does not let us have.
    static func leavingOut(_ name: String, keeping kind: SyncRecord.Kind?) -> RecordPage {
        var page = RecordPage([])
        page.leftOut = [name]
        page.kept = kind
        return page
    }
}
