@_spi(System) import Auth
import Base
import Connectors
import Foundation
import Store
import Sync
import TestSupport
import Testing

@testable import Analysis

/// A company whose platforms are connected: the real connectors read the fakes' answers, and the real syncs store them.
final class SyncedCompany {
    let workspace: Workspace
    private let store: TestStore
    private let tenant: CompanyTenant
    private var providers: [FakeProvider] = []
    private let tools: SyncTools
    private var integrations: [(platform: String, id: Identifier)] = []

    /// Connects platforms of a company at a time, by default all.
    init(_ company: Company, platforms: [String]? = nil, at moment: Timestamp) throws {
        store = try TestStore()
        try store.own.set(plan: .enterprise)
        workspace = try #require(try SystemAccess(store.database).workspace(store.own.id))
        tenant = CompanyTenant(company: company, clock: CompanyClock(moment))
        var variables = [
            "ENVIRONMENT": "development",
            "CREDENTIALS_KEY": "k1:" + Data(repeating: 7, count: 32).base64EncodedString(),
        ]
        var configs: [(String, [String: JSON])] = []
        for name in platforms ?? company.situation?.platforms ?? company.stack.platforms {
            let (config, answer) = try #require(tenant.platform(name))
            let clock = tenant.clock
            let provider = try FakeProvider { request in
                clock.failing.contains(name) ? .json(["error": "unavailable"], status: 503) : answer(request)
            }
            providers.append(provider)
            variables["UPSTREAM_" + name.uppercased()] = provider.url
            configs.append((name, config))
        }
        var tools = SyncTools(Environment(variables))
        tools.firstPause = 0.001
        self.tools = tools
        for (name, config) in configs {
            let id = try workspace.connect(name, config: config, with: tools, seconds: 60, now: moment).id
            integrations.append((name, id))
        }
        // The company has told which accounts are for emergencies.
        _ = try workspace.change(
            [
                .marks(
                    .emergencyAccounts,
                    [
                        "breakglass@company.example", "emergency-access-1@company.onmicrosoft.com",
                        "emergency-access-2@company.onmicrosoft.com",
                    ])
            ], now: moment
        ) { 0 }
    }

    /// Shows the company at a time, syncs all platforms, by default in the order in which they were connected, and
    /// analyzes it. The syncs of failing platforms fail.
    func sync(
        at moment: Timestamp, failing: Set<String> = [], order: ([String]) -> [String] = { $0 }
    ) throws {
        tenant.clock.now = moment
        tenant.clock.failing = failing
        for platform in order(integrations.map(\.platform)) {
            let integration = try #require(integrations.first { $0.platform == platform }).id
            // The limits are long, because a busy machine may pause the process for minutes.
            func run() throws -> SyncReport {
                try workspace.sync(integration, with: tools, SyncTime(pull: 1_200, all: 1_800), now: { moment })
            }
            if failing.contains(platform) {
                #expect(throws: SyncFailure.self, "\(platform)") { try run() }
            } else {
                #expect(try run().status == .completed, "\(platform)")
            }
        }
        _ = try workspace.analyze(now: moment)
    }

    /// The requests that the fakes did not expect.
    var unexpected: [String] { providers.flatMap(\.unexpected) }

    /// Returns the open findings as `rule | severity | sentence`, in order.
    func findings() throws -> [String] {
        try workspace.rows(
            """
            SELECT rule_id, severity, title FROM findings
            WHERE workspace_id = $1 AND status = 'open' ORDER BY rule_id, title
            """
        ) { row in "\(try row[0] as String) | \(try row[1] as String) | \(try row[2] as String)" }
    }
}
