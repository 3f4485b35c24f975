@_spi(System) import Auth
import Base
import Connectors
import Sync
import TestSupport
import Testing

@testable import Store

/// A workspace with test providers, and functions that sync them.
final class SyncCase {
    let store: TestStore
    let workspace: Workspace
    var clock = TestStore.now
    private(set) var providers: [String: (id: Identifier, provider: TestProvider, tools: SyncTools)] = [:]

    convenience init() throws {
        let store = try TestStore()
        try self.init(store.own.id, in: store)
    }

    init(_ workspaceID: Identifier, in store: TestStore) throws {
        self.store = store
        workspace = try #require(try SystemAccess(store.database).workspace(workspaceID))
    }

    static let config: [String: JSON] = ["domain": "example.okta.com", "token": "planted-secret-token"]

    /// Connects a platform to a test provider; returns the provider.
    @discardableResult
    func connect(_ platform: String, _ provider: TestProvider = TestProvider()) throws -> TestProvider {
        var tools = provider.tools
        if AppliedBothWays.inSteps {
            tools.stepsFrom = 0
            tools.firstStep = 1
        }
        let id = try workspace.connect(platform, config: Self.config, with: tools, seconds: 5, now: clock).id
        providers[platform] = (id, provider, tools)
        return provider
    }

    /// Returns the own workspace of the company's store as it is now.
    static func workspace(of company: SyncCase) throws -> Workspace {
        try #require(try SystemAccess(company.store.database).workspace(company.store.own.id))
    }

    /// Sets the quota of a platform's later syncs.
    func limit(_ platform: String, to quota: SyncQuota) {
        providers[platform]?.tools.quota = { _ in quota }
    }

    /// Makes a platform's later syncs be applied in one transaction.
    func applyInOneTransaction(_ platform: String) { providers[platform]?.tools.stepsFrom = .max }

    func id(_ platform: String) throws -> Identifier { try #require(providers[platform]).id }

    /// Sets the clock one second ahead and syncs a platform.
    @discardableResult
    func sync(
        _ platform: String, pull: Double = 60
    ) throws -> SyncReport {
        let known = try #require(providers[platform])
        clock = clock + 1
        let now = clock
        return try workspace.sync(
            known.id, with: known.tools, SyncTime(pull: pull, all: 80), now: { now })
    }

    /// Returns the first column of a query over the workspace as texts, with `null` for NULL.
    func list(_ sql: SQL) throws -> [String] {
        try workspace.rows(sql) { row in row.isNull(0) ? "null" : row.text(0) }
    }

    func count(_ sql: SQL) throws -> Int { try workspace.first(sql) { try $0[0] as Int } ?? -1 }

    /// Ends the unfinished syncs, as the migration does that drops their staged rows.
    func endUnfinishedSyncsByMigration() throws {
        let migration = try #require(Migration.all.first { $0.name == "tables for all that a sync notes" })
        for case .sql(let sql) in migration.steps where sql.text.hasPrefix("UPDATE") { try store.database.execute(sql) }
    }

    /// Returns the number of rows that syncs have staged.
    func stagedRows() throws -> Int {
        let tables: [SQL] = ["sync_records", "sync_protected", "sync_gone", "sync_identities"]
        return try tables.map { try count("SELECT count(*) FROM \($0) WHERE workspace_id = $1") }.reduce(0, +)
    }
}

func account(
    _ id: String, _ email: String? = nil, name: String? = nil, _ change: (inout AccountRecord) -> Void = { _ in }
) -> SyncRecord {
    var record = AccountRecord(externalID: id, displayName: name ?? "Person " + id, status: .active)
    record.email = email
    record.username = id
    change(&record)
    return .account(record)
}

func application(_ id: String, name: String? = nil, isManaged: Bool = true) -> SyncRecord {
    .application(ApplicationRecord(externalID: id, name: name ?? "App " + id, isManaged: isManaged))
}

func entitlement(_ account: String, _ application: String, role: String = "user") -> SyncRecord {
    .entitlement(
        EntitlementRecord(
            externalID: application + "/" + account, accountExternalID: account, applicationExternalID: application,
            role: role))
}

func event(_ id: String, by account: String? = nil, at moment: Timestamp = TestStore.now - 600) -> SyncRecord {
    var record = AuditEventRecord(externalID: id, eventType: EventType.signIn, outcome: .success, occurredAt: moment)
    record.actorExternalID = account
    return .auditEvent(record)
}
