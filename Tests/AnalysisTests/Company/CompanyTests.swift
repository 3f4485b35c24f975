import Base
import Foundation
import TestSupport
import Testing

/// Realistic companies, in which no rule may fire beyond the findings that Company.md declares.
@Suite(.usesStore) struct CompanyTests {
    /// Returns the declared findings of a company, as `rule | severity | sentence`.
    private func declared(_ name: String) throws -> [String] {
        let document = DocumentTable.repository.appending(path: "Tests/Company.md")
        let table = DocumentTable(in: document, header: "| Company | Why | Rule | Severity | Finding |")
        return try table.rows().compactMap { row in
            let cells = row.dropFirst(2).dropLast(2).components(separatedBy: " | ")
            return cells[0] == name ? cells[2...].joined(separator: " | ") : nil
        }
    }

    /// Replaces the findings of a rule by their number if there are more than ten.
    private func summary(of findings: [String]) -> [String] {
        Dictionary(grouping: findings) { $0.components(separatedBy: " | ")[..<2].joined(separator: " | ") }
            .flatMap { rule, findings in findings.count > 10 ? ["\(rule) | \(findings.count) findings"] : findings }
            .sorted()
    }

    private func check(_ company: SyncedCompany, _ name: String) throws {
        #expect(company.unexpected == [])
        let found = summary(of: try company.findings())
        let expected = try declared(name)
        #expect(found.filter { !expected.contains($0) } == [], "findings that are not declared")
        #expect(expected.filter { !found.contains($0) } == [], "declared findings that were not found")
        if ProcessInfo.processInfo.environment["THALIAN_PRINT_FINDINGS"] != nil {
            for finding in found { print("| \(name) | ? | \(finding) |") }
        }
    }

    @Test(
        "A real company has only the findings that are true of it",
        arguments: [Company.three, .forty, .fortyAtEntra, .fiveThousand])
    func onlyTrueFindings(_ company: Company) throws {
        let synced = try SyncedCompany(company, at: Company.now - .days(46))
        for days in [46, 28, 0] { try synced.sync(at: Company.now - .days(days)) }
        try check(synced, company.name)
    }

    @Test("On the day on which it connects, a company has only true findings", arguments: [Company.three, .forty])
    func onlyTrueFindingsOnTheFirstDay(_ company: Company) throws {
        let synced = try SyncedCompany(company, at: Company.now)
        try synced.sync(at: Company.now)
        try check(synced, company.name + ", first day")
    }

    @Test("Each property of a company names the document that describes it") func eachTraitHasASource() {
        for trait in CompanyTrait.allCases { #expect(trait.source.hasPrefix("https://"), "\(trait)") }
    }
}
