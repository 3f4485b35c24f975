import Analysis
import Findings
import Foundation
import TestSupport
import Testing

/// Checks the tables in RULES.md, or writes them if THALIAN_WRITE_TABLES is set.
@Suite(.serialized) struct RuleTableTests {
    private func difference(header: String, _ rows: [String]) throws -> String? {
        let document = try DocumentTable.library("Analysis").appending(path: "RULES.md")
        return try DocumentTable(in: document, header: header).difference(from: rows)
    }

    @Test("RULES.md lists every rule that has input") func everyRule() throws {
        let rows = Rule.all.filter(\.hasInput).map { rule in
            DocumentTable.row(
                "`\(rule.id)`", rule.severity.rawValue + (rule.judgesActors ? " ±" : ""), rule.entity.rawValue,
                rule.title,
                rule.needs.map(\.description).joined(separator: "; "), rule.recommendedAction)
        }
        let header = "| Rule | Severity | About | Looks for | Needs | Recommended action |"
        #expect(try difference(header: header, rows) == nil)
    }

    @Test("RULES.md lists the rules without input separately") func everyRuleWithoutInput() throws {
        let rows = Rule.all.filter { !$0.hasInput }.map { rule in
            DocumentTable.row(
                "`\(rule.id)`", rule.severity.rawValue, rule.title,
                rule.needs.map(\.description).joined(separator: "; "))
        }
        #expect(try difference(header: "| Rule without input | Severity | Looks for | Needs |", rows) == nil)
    }

    @Test("RULES.md gives the reasons for every rule") func everyReason() throws {
        let rows = try Rule.all.map { rule in
            let background = try #require(rule.background)
            return DocumentTable.row(
                "`\(rule.id)`", background.rationale, background.falsePositives,
                background.references.map { "[\($0)](\($0.url))" }.joined(separator: ", "),
                background.techniques.joined(separator: ", "), rule.supersedes.map { "`\($0)`" }.joined(separator: ", ")
            )
        }
        let header = "| Rule | Why it matters | No problem if | References | ATT&CK | Takes the place of |"
        #expect(try difference(header: header, rows) == nil)
    }
}
