import Store
import TestSupport
import Testing

@testable import Function
@testable import api_health
@testable import api_mcp_app_policy
@testable import api_mcp_findings_dismiss
@testable import api_mcp_findings_remediate
@testable import api_mcp_findings_snooze
@testable import api_mcp_rules

/// The rehearsal that a template process runs before it forks.
@Suite(.usesStore) struct WarmUpTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    private func rehearse(_ function: any Function.Type) -> [Int] {
        Pipeline(function, store.environment(), now: { TestStore.now }).rehearse()
    }

    @Test("The rehearsal runs each method of a function") func eachMethodIsTried() {
        #expect(rehearse(Health.self) == [200])
        #expect(rehearse(RulesFunction.self) == [200])
        #expect(rehearse(AppPolicyFunction.self).count == 2)
    }

    /// The rehearsal reaches the query for the finding, and is not refused earlier.
    @Test("The rehearsal of a write reaches its query") func writesComeToTheirQuery() {
        for function in [SnoozeFunction.self, DismissFunction.self, RemediateFunction.self] as [any Function.Type] {
            #expect(rehearse(function) == [404], "\(function)")
        }
    }

    @Test("The rehearsal leaves no change behind") func nothingOfItLasts() throws {
        func rows() throws -> [Int] {
            let queries: [SQL] = [
                "SELECT count(*) FROM audit_log", "SELECT count(*) FROM api_keys", "SELECT count(*) FROM workspaces",
                "SELECT count(*) FROM findings WHERE status = 'open'",
                "SELECT count(*) FROM counters",
            ]
            return try queries.enumerated().map { index, sql in
                let database = index == queries.count - 1 ? store.database.counters : store.database
                return try database.first(sql) { try $0[0] as Int } ?? 0
            }
        }
        let before = try rows()
        for operation in Operation.keyed { _ = rehearse(operation.function) }
        #expect(try rows() == before)
    }
}
