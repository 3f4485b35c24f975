import Store
import Testing

@testable import Analysis

/// A rule's query gets only the tables that it needs, because PostgreSQL parses and checks all tables of a WITH clause.
@Suite struct PreludeTests {
    private let tables = [
        PreludeTable("first", "SELECT id FROM integrations WHERE workspace_id = $1"),
        PreludeTable("second", "SELECT id FROM first"),
        PreludeTable("third", "SELECT id FROM accounts WHERE workspace_id = $1"),
        PreludeTable("fourth", "SELECT id FROM second JOIN third_party"),
    ]

    private func clause(_ query: SQL) -> SQL { PreludeTable.clause(for: query, of: tables) }

    @Test("A query gets the first table, the tables that it names, and those that their definitions name")
    func whatIsNamedComesWithWhatItNames() {
        let first: SQL = "first AS NOT MATERIALIZED (SELECT id FROM integrations WHERE workspace_id = $1)"
        let second: SQL = "second AS NOT MATERIALIZED (SELECT id FROM first)"
        let fourth: SQL = "fourth AS NOT MATERIALIZED (SELECT id FROM second JOIN third_party)"
        #expect(clause("SELECT id FROM second") == "WITH \(first), \(second) ")
        #expect(clause("SELECT id FROM(fourth)") == "WITH \(first), \(second), \(fourth) ")
        #expect(clause("SELECT fourths.id FROM thirds AS seconds") == "WITH \(first) ")
    }

    @Test("Every rule's query gets fewer than half of the prelude's tables") func rulesComeWithFewTables() {
        let all = Prelude.overTemporaryTables.count
        for rule in Rule.all {
            let clause = PreludeTable.clause(for: rule.find.sql, of: Prelude.overTemporaryTables)
            let count = Prelude.overTemporaryTables.count { clause.words.contains(Substring($0.name.description)) }
            #expect(count < all / 2, "\(rule.id)")
        }
    }
}
