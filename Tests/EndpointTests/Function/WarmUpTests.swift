import Store
import TestSupport
import Testing

@testable import Function
@testable import api_health
@testable import api_mcp_app_policy
@testable import api_mcp_findings
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

    @Test("The rehearsal of a write reaches its finding") func writesComeToTheirFinding() {
        #expect(rehearse(SnoozeFunction.self) == [200])
        #expect(rehearse(DismissFunction.self) == [200])
        #expect(rehearse(RemediateFunction.self) == [404])
    }

    @Test("The rehearsal of the list finds a finding, and another one on the next page")
    func listsFindSomething() throws {
        let warmUp = try WarmUp(inputs: FindingsFunction.warmUpInputs)
        defer { warmUp.database.close() }
        let open = try warmUp.database.first("SELECT count(*) FROM findings WHERE status = 'open'") { try $0[0] as Int }
        #expect(open == 2)
        #expect(warmUp.request(.get).queryString == "limit=1")
        #expect(rehearse(FindingsFunction.self) == [200])
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
