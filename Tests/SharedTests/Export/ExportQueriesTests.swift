import Store
import TestSupport
import Testing

@testable import Export

/// Checks which indexes SQLite uses. PostgreSQL decides by its statistics.
@Suite(.usesStore) struct ExportQueriesTests {
    private func plan(_ query: SQL) throws -> [String] {
        let store = try TestStore(on: .sqlite)
        return try store.database.rows("EXPLAIN QUERY PLAN " + query, store.own.id, "a", "b") { try $0[3] as String }
    }

    @Test(
        "Each export query reads its range of rows in key order, without sorting them",
        arguments: Entity.allCases, [false, true])
    func exportsReadTheRowsOfTheirRangeInOrder(_ entity: Entity, _ isFull: Bool) throws {
        let plan = try plan(entity.query(isFull: isFull))
        let key = entity == .auditLog ? "sequence_number" : "id"
        #expect(plan.first?.hasSuffix("(workspace_id=? AND \(key)>? AND \(key)<?)") == true, "\(plan)")
        // Only the accounts of one identity are sorted.
        let sorts = plan.filter { $0.hasPrefix("USE TEMP B-TREE") }
        #expect(sorts.isEmpty || sorts == ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"], "\(plan)")
    }

    /// A look-up by id uses the primary key, as it would without the export's indexes.
    @Test("Other queries do not use the export indexes") func othersKnowNothingOfTheseIndexes() throws {
        let queries: [SQL] = [
            """
            SELECT accounts.id FROM accounts JOIN identities
                ON identities.workspace_id = $1 AND identities.id = accounts.identity_id
            WHERE accounts.workspace_id = $1
            """,
            "SELECT name FROM applications WHERE workspace_id = $1 AND id > $2",
            "SELECT id FROM devices WHERE workspace_id = $1 ORDER BY id",
            "SELECT id FROM findings WHERE workspace_id = $1",
        ]
        for query in queries {
            let plan = try plan(query)
            #expect(!plan.isEmpty && !plan.contains { $0.contains("_by_key") }, "\(plan)")
        }
    }
}
