import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

/// A connector with a fake of its provider. The fake follows the documented contract, has three or more pages of some
/// lists, and refuses every other request.
struct ConnectorCase: Sendable, CustomTestStringConvertible {
    typealias Script = @Sendable (FakeProvider.Request) -> FakeProvider.Reply?

    let connector: any (Connector & SendableMetatype).Type
    let config: [String: JSON]
    /// An org with data.
    let org: Script
    /// An org without data.
    let emptyOrg: Script
    /// Returns true for a request for a page of one list; tests make one of these requests fail in various ways.
    let isPage: @Sendable (FakeProvider.Request) -> Bool
    /// The provider's answer when its rate limit is reached, with a wait of at most one second.
    let throttled: @Sendable () -> FakeProvider.Reply
    /// The provider's answer to an expired token or unknown credentials.
    let refused: FakeProvider.Reply
    /// True if the connector gets its tokens itself, so that it can get a new one when one has expired.
    let renewsTokens: Bool
    /// The provider's answer to a token request (or to the check) with unknown credentials; nil if it is `refused`.
    var rejected: FakeProvider.Reply?
    /// The number of records of each kind in the org.
    let counts: [String: Int]

    var testDescription: String { connector.platform.rawValue }

    /// Connects the connector to a provider. `olderEvents` has the time from which the events of some lists are
    /// requested.
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

    /// Returns a page of a list whose pages are numbered from 1; nil if the request does not give a valid number and
    /// size, at most a hundred. The link to the next page is a URL at `origin`.
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
        .bambooHR,
    ]
}

extension ActionTarget {
    /// Makes a target whose parameters are checked as a caller's are; parameters that name a record are taken as they
    /// are.
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

/// Returns all records of a connector, page by page, without the lists in `left`; `connector` is called before each
/// page. An optional list that fails because of one request is left out too.
func pull(without left: Set<String> = [], _ connector: () throws -> any Connector) throws -> [SyncRecord] {
    try pullEntries(without: left, connector).entries.records
}

/// Returns the records and the parts that could not be read, and the lists that were read to their end.
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
                // A cursor outlives the process, so it passes through JSON text.
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
    /// The first record of the entry; nil if the entry could not be read or has none.
    var record: SyncRecord? { if case .read(let records) = self { records.first } else { nil } }
}

extension SyncRecord {
    /// The record's kind and id.
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
    /// The records by kind and id, such as `account/u1`.
    var byKey: [String: SyncRecord] { reduce(into: [:]) { $0[$1.key.kind + "/" + $1.key.id] = $1 } }

    /// The accounts by their ids.
    var accounts: [String: AccountRecord] {
        reduce(into: [:]) { if case .account(let record) = $1 { $0[record.externalID] = record } }
    }
}
