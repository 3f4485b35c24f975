import Analysis
import Findings
import Foundation
import TestSupport
import Testing

/// Checks the table in RULES.md, or writes it if THALIAN_WRITE_TABLES is set.
@Suite struct RuleTableTests {
    @Test("RULES.md lists every rule") func everyRule() throws {
        let rows = Rule.all.map { rule in
            DocumentTable.row(
                "`\(rule.id)`", rule.severity.rawValue, rule.entity.rawValue, rule.title,
                rule.needs.map(\.description).joined(separator: "; "), rule.recommendedAction)
        }
        let document = try DocumentTable.library("Analysis").appending(path: "RULES.md")
        let table = DocumentTable(
            in: document, header: "| Rule | Severity | About | Looks for | Needs | Recommended action |")
        #expect(try table.difference(from: rows) == nil)
    }
}
