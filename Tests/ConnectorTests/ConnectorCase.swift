import Base
import Findings
import TestSupport
import Testing

@testable import Connectors

/// A connector beside a fake of its provider, which speaks the documented contract: three pages of each list, and
/// refuses every other request.
struct ConnectorCase: Sendable, CustomTestStringConvertible {
    typealias Script = @Sendable (FakeProvider.Request) -> FakeProvider.Reply?

    let connector: any (Connector & SendableMetatype).Type
    let config: [String: JSON]
    /// An org with data.
    let org: Script
    /// An org without any.
    let emptyOrg: Script
    /// Whether a request is for a page of a list; its second one fails in various ways.
    let isPage: @Sendable (FakeProvider.Request) -> Bool
    /// How the provider says that its rate limit is reached, for a second at most.
    let throttled: @Sendable () -> FakeProvider.Reply
    /// How it answers a token that has run out, and credentials that it does not know.
    let refused: FakeProvider.Reply
    /// Whether the connector gets its tokens itself, and so another when one has run out.
    let renewsTokens: Bool
    /// How it answers the token request of, or else the check with, credentials that it does not know; `refused` when nil.
    var rejected: FakeProvider.Reply?
    /// How many records of each kind the org has.
    let counts: [String: Int]

    var testDescription: String { connector.platform.rawValue }

    /// The connector, at a provider. `olderEvents` says from when on the events of some lists are wanted.
    func connect(
        _ provider: FakeProvider, firstPause: Double = 0.01, olderEvents: [String: Timestamp] = [:]
    ) throws -> any Connector {
        let variables = [
            "ENVIRONMENT": "development", "UPSTREAM_" + connector.platform.rawValue.uppercased(): provider.url,
        ]
        var scope = ConnectorScope(
            Environment(variables), seconds: 20, eventsSince: Timestamp(seconds: 1_775_000_000))
        scope.firstPause = firstPause
        scope.olderEvents = olderEvents
        return try connector.init(try Credentials(config, connector.fields), scope)
    }

    /// A page of a list whose pages have numbers, from 1, and the size that is asked for, a hundred at most; the next one's
    /// link is at an origin.
    static func numberedPage(
        _ request: FakeProvider.Request, _ items: [JSON], in member: String? = nil, at origin: String
    ) -> FakeProvider.Reply? {
        guard let size = request.parameter("per_page").flatMap({ Int($0) }), (1...100).contains(size),
            let number = request.parameter("page").flatMap({ Int($0) }), number >= 1
        else { return nil }
        let rest = items.dropFirst((number - 1) * size)
        let page = JSON.array(Array(rest.prefix(size)))
        var reply = FakeProvider.Reply.json(member.map { [$0: page] } ?? page)
        if rest.count > size {
            reply.headers["Link"] = "<\(origin)\(request.path)?per_page=\(size)&page=\(number + 1)>; rel=\"next\""
        }
        return reply
    }

    static let all: [ConnectorCase] = [
        .okta,
        .googleWorkspace,
        .entra,
        .intune,
        .github,
        .aws,
        .jumpCloud,
        .oneLogin,
        .jira,
        .slack,
        .gitlab,
        .crowdStrike,
        .jamfPro,
        .zoom,
    ]
}

extension ActionTarget {
    /// A target whose parameters are checked as a caller's are; of those that name a record each is taken as it is.
    init(
        _ externalID: String, _ kind: Kind = .account, for action: ActionType, by connector: any Connector.Type,
        _ given: [String: JSON] = [:], label: String? = nil, actionID: Identifier = .random()
    ) throws {
        let parameters = try ActionParameters(
            given, as: connector.parameters[action] ?? [], of: "\(action.rawValue) on \(connector.platform.name)"
        ) { $1 }
        self.init(
            actionID: actionID, kind, externalID: externalID, label: label, parameters: parameters)
    }
}

/// Everything that a connector yields, page by page, but for some lists; `connector` is asked for before each page. A list
/// that a sync can do without is left out if it fails.
func pull(without left: Set<String> = [], _ connector: () throws -> any Connector) throws -> [SyncRecord] {
    try pullEntries(without: left, connector).entries.records
}

/// The same with what could not be read, and the lists that were read to their end.
func pullEntries(
    without left: Set<String> = [], _ connector: () throws -> any Connector
) throws -> (entries: PageEntries, ended: [RecordCollection]) {
    var entries = PageEntries()
    var ended: [RecordCollection] = []
    for (index, collection) in try connector().collections.enumerated() where !left.contains(collection.name) {
        var cursor: JSON?
        var pages = PageGuard()
        do {
            repeat {
                let page = try connector().collections[index].page(cursor)
                if page.beginsAgain || page.beginsPart {
                    pages = PageGuard()
                } else {
                    try pages.pass(
                        page.records.map { .string($0.externalID) }, next: page.next, bringsNew: page.entries.count > 0)
                }
                entries.add(page.entries)
                // A cursor outlives the process: nothing but JSON text does.
                cursor = try page.next.map { try JSON(parsing: JSONWriter.bytes($0)) }
                if page.end != nil { ended.append(collection) }
            } while cursor != nil
        } catch let error as ConnectorError where collection.need == .optional && error.isAboutOneRequest {
            entries.leaveOut(collection.name, error)
        }
    }
    return (entries, ended)
}

extension EntryReading {
    /// The first of the records that were read.
    var record: SyncRecord? { if case .read(let records) = self { records.first } else { nil } }
}

extension SyncRecord {
    /// What it is and which.
    var key: (kind: String, id: String) {
        switch self {
        case .account(let record): ("account", record.externalID)
        case .application(let record): ("application", record.externalID)
        case .entitlement(let record): ("entitlement", record.externalID)
        case .oauthGrant(let record): ("oauthGrant", record.externalID)
        case .accessKey(let record): ("accessKey", record.externalID)
        case .device(let record): ("device", record.externalID)
        case .auditEvent(let record): ("auditEvent", record.externalID)
        }
    }
}

extension Collection where Element == SyncRecord {
    /// The records by what they are, in whatever order they came.
    var byKey: [String: SyncRecord] { reduce(into: [:]) { $0[$1.key.kind + "/" + $1.key.id] = $1 } }

    /// The accounts, by their ids.
    var accounts: [String: AccountRecord] {
        reduce(into: [:]) { if case .account(let record) = $1 { $0[record.externalID] = record } }
    }
}
