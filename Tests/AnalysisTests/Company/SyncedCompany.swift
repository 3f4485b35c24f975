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
    private var integrations: [Identifier] = []

    /// Connects all platforms of a company at a time.
    init(_ company: Company, at moment: Timestamp) throws {
        store = try TestStore()
        try store.own.set(plan: .enterprise)
        workspace = try #require(try SystemAccess(store.database).workspace(store.own.id))
        tenant = CompanyTenant(company: company, clock: CompanyClock(moment))
        var variables = [
            "ENVIRONMENT": "development",
            "CREDENTIALS_KEY": "k1:" + Data(repeating: 7, count: 32).base64EncodedString(),
        ]
        var configs: [(String, [String: JSON])] = []
        for name in company.stack.platforms {
            let (config, answer) = try #require(tenant.platform(name))
            let provider = try FakeProvider(answer)
            providers.append(provider)
            variables["UPSTREAM_" + name.uppercased()] = provider.url
            configs.append((name, config))
        }
        var tools = SyncTools(Environment(variables))
        tools.firstPause = 0.001
        self.tools = tools
        for (name, config) in configs {
            integrations.append(try workspace.connect(name, config: config, with: tools, seconds: 60, now: moment).id)
        }
    }

    /// Shows the company at a time, syncs all platforms, and analyzes it.
    func sync(at moment: Timestamp) throws {
        tenant.clock.now = moment
        for integration in integrations {
            // The limits are long, because a busy machine may pause the process for minutes.
            let result = try workspace.sync(
                integration, with: tools, SyncTime(pull: 1_200, all: 1_800), now: { moment })
            #expect(result.status == .completed)
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
