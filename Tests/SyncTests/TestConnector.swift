import Base
import Connectors
import Findings
import Foundation
import Integrations
import Sync
import TestSupport

/// A provider for one test: lists that are pulled in pages of a given size, and a fault at a given page.
final class TestProvider: @unchecked Sendable {
    private let lock = NSLock()
    private var lists: [(name: String, records: [SyncRecord])]
    private var pulled = 0
    /// Called before each page, with the page's number, counted from 1 over all lists and syncs.
    var beforePage: ((Int) throws -> Void)?
    /// Lists that a sync can do without.
    var optional: Set<String> = []
    /// The prefixes of the ids of some lists' records, by list.
    var prefixes: [String: String] = [:]
    /// Lists that fail, with their errors.
    var failures: [String: ConnectorError] = [:]
    /// Unreadable entries by list: their ids, or nil for an entry without one.
    var unreadable: [String: [String?]] = [:]
    /// Parts that a list's first page reports as unreadable, by list: the reported name, and the records to keep.
    var leftOut: [String: (name: String, kept: [Kept])] = [:]
    /// The times from which each connector was asked for events: of all lists, and of the list "events".
    var eventsSince: [(all: Timestamp, list: Timestamp)] = []
    /// The error that the check of the credentials throws.
    var refusal: ConnectorError?
    let pageSize: Int

    init(_ lists: [(String, [SyncRecord])] = [], pageSize: Int = 3) {
        self.lists = lists.map { (name: $0.0, records: $0.1) }
        self.pageSize = pageSize
    }

    /// A list's records; a list that is new is added at the end.
    subscript(_ name: String) -> [SyncRecord] {
        get { lock.withLock { lists.first { $0.name == name }?.records ?? [] } }
        set {
            lock.withLock {
                guard let index = lists.firstIndex(where: { $0.name == name }) else {
                    return lists.append((name, newValue))
                }
                lists[index].records = newValue
            }
        }
    }

    /// Removes a list, as a new build does that no longer has it.
    func remove(_ name: String) { lock.withLock { lists.removeAll { $0.name == name } } }

    /// The number of pages that have been requested.
    var pages: Int { lock.withLock { pulled } }

    fileprivate var collections: [RecordCollection] {
        lock.withLock { lists.map(\.name) }.map { name in
            let list = RecordCollection(
                name, of: Self.kinds(name), need: optional.contains(name) ? .optional : .required
            ) {
                [self] cursor in
                let number = lock.withLock { () -> Int in
                    pulled += 1
                    return pulled
                }
                try beforePage?(number)
                if let error = failures[name] { throw error }
                let start = cursor?.integer ?? 0
                let all = self[name]
                let end = min(all.count, start + pageSize)
                var entries = PageEntries(known: start < end ? Array(all[start..<end]) : [])
                if start == 0 {
                    let items = (unreadable[name] ?? []).map { id -> JSON in id.map { ["id": .string($0)] } ?? .null }
                    entries.add(PageEntries(items, of: Self.kinds(name).first ?? .account) { _ in .unreadable })
                    if let (name, kept) = leftOut[name] {
                        entries.leaveOut(name, .configuration("Not allowed."))
                        kept.forEach { entries.keep($0) }
                    }
                }
                return RecordPage(entries, next: end < all.count ? .integer(end) : nil)
            }
            return prefixes[name].map(list.withIDs) ?? list
        }
    }

    private static func kinds(_ list: String) -> Set<SyncRecord.Kind> {
        switch list {
        case "users", "members": [.account]
        case "applications": [.application]
        case "assignments": [.entitlement]
        case "grants": [.oauthGrant]
        case "keys", "tokens": [.accessKey]
        case "devices": [.device]
        case "events": [.auditEvent]
        default: Set(SyncRecord.Kind.allCases)
        }
    }

    /// Tools for syncs, with this provider behind each of six platforms.
    var tools: SyncTools {
        let key = UUID().uuidString
        Self.registry.withLock { $0[key] = self }
        let variables = [
            "ENVIRONMENT": "development", "PROVIDER": key,
            "CREDENTIALS_KEY": "k1:" + Data(repeating: 7, count: 32).base64EncodedString(),
        ]
        return SyncTools(Environment(variables)) { platform in
            switch platform {
            case "okta": TestOkta.self
            case "google_workspace": TestGoogle.self
            case "microsoft_entra": TestEntra.self
            case "github": TestGitHub.self
            case "slack": TestSlack.self
            case "bamboohr": TestBambooHR.self
            default: nil
            }
        }
    }

    final class Registry: @unchecked Sendable {
        private let lock = NSLock()
        private var providers: [String: TestProvider] = [:]
        func withLock<Result>(_ body: (inout [String: TestProvider]) -> Result) -> Result {
            lock.withLock { body(&providers) }
        }
    }
    static let registry = Registry()
}

/// A connector whose platform is a TestProvider.
protocol TestConnector: Connector {
    var provider: TestProvider { get }
    init(_ provider: TestProvider)
}

extension TestConnector {
    static var fields: [CredentialField] {
        [.plain("domain", "The domain.", accepts: Form.host), .secret("token", "A token.")]
    }
    static var actions: Set<ActionType> { [] }
    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        let provider = TestProvider.registry.withLock { $0[scope.environment["PROVIDER"] ?? ""] }
        guard let provider else { throw ConnectorError.provider("There is no provider.") }
        provider.eventsSince.append((scope.eventsSince, scope.eventsSince(of: "events")))
        self.init(provider)
    }
    func check() throws { if let refusal = provider.refusal { throw refusal } }
    var collections: [RecordCollection] { provider.collections }
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON { .null }
}

struct TestOkta: TestConnector {
    static let platform = Platform.okta
    let provider: TestProvider
    init(_ provider: TestProvider) { self.provider = provider }
}

struct TestGoogle: TestConnector {
    static let platform = Platform.googleWorkspace
    let provider: TestProvider
    init(_ provider: TestProvider) { self.provider = provider }
}

struct TestEntra: TestConnector {
    static let platform = Platform.microsoftEntra
    let provider: TestProvider
    init(_ provider: TestProvider) { self.provider = provider }
}

struct TestGitHub: TestConnector {
    static let platform = Platform.github
    let provider: TestProvider
    init(_ provider: TestProvider) { self.provider = provider }
}

struct TestSlack: TestConnector {
    static let platform = Platform.slack
    let provider: TestProvider
    init(_ provider: TestProvider) { self.provider = provider }
}

struct TestBambooHR: TestConnector {
    static let platform = Platform.bambooHR
    let provider: TestProvider
    init(_ provider: TestProvider) { self.provider = provider }
}
