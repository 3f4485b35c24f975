import Base
import Foundation
import TestSupport
import Testing

/// Realistic companies, in which no rule may fire beyond the findings that FINDINGS.md declares.
@Suite(.usesStore) struct CompanyTests {
    private static let document = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "FINDINGS.md")

    /// Returns the declared findings of a company, as `rule | severity | sentence`.
    private func declared(_ name: String) throws -> [String] {
        let table = DocumentTable(in: Self.document, header: "| Company | Why | Rule | Severity | Finding |")
        return try table.rows().compactMap { row in
            let cells = row.dropFirst(2).dropLast(2).components(separatedBy: " | ")
            guard cells[0] == name else { return nil }
            return cells[2...].joined(separator: " | ")
        }
    }

    private func check(_ company: SyncedCompany, _ name: String) throws {
        #expect(company.unexpected == [])
        let found = try company.findings()
        let declared = try declared(name)
        if ProcessInfo.processInfo.environment["THALIAN_PRINT_FINDINGS"] != nil {
            for finding in found { print("| \(name) | ? | \(finding) |") }
        }
        #expect(found.filter { !declared.contains($0) } == [], "findings that are not declared")
        #expect(declared.filter { !found.contains($0) } == [], "declared findings that were not found")
    }

    @Test(
        "A real company has only the findings that are true of it",
        arguments: [Company.three, .forty, .fortyAtEntra, .fiveThousand])
    func onlyTrueFindings(_ company: Company) throws {
        let synced = try SyncedCompany(company, at: Company.now - .days(46))
        for days in [46, 33, 20, 8, 0] { try synced.sync(at: Company.now - .days(days)) }
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
