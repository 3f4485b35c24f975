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

    /// Flags make it more companies, larger ones, and others than the first: `THALIAN_COMPANIES=1000`,
    /// `THALIAN_COMPANY_SIZE=5000`, `THALIAN_FIRST_COMPANY=20`.
    private static let first: Int = number("THALIAN_FIRST_COMPANY") ?? 0
    private static let variations = first..<first + (number("THALIAN_COMPANIES") ?? 20)
    private static let largest: Int = number("THALIAN_COMPANY_SIZE") ?? 60

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    /// A variation has a size, dates of syncs, platforms that are not connected or fail, and an order of syncs, all by
    /// its number. It may have only findings of rules with findings that are declared as true, and findings about the
    /// failing platform.
    @Test("Varied companies have only findings of the declared kinds", arguments: variations)
    func variedCompanies(_ number: Int) throws {
        var random = SeededGenerator(seed: number)
        let stack = [Company.Stack.google, .okta, .entra][number % 3]
        let company = Company(
            stack, size: Int.random(in: (Self.largest > 60 ? Self.largest / 2 : 3)...Self.largest, using: &random))
        // The first platform is the identity provider.
        let others = stack.platforms.dropFirst().filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
        let platforms = stack.platforms.prefix(1) + others
        let failing = Bool.random(using: &random) ? others.randomElement(using: &random) : nil
        let start = Int.random(in: 0...46, using: &random)
        let days = Set([start, 0] + (0..<3).map { _ in Int.random(in: 0...start, using: &random) }).sorted(by: >)
        let synced = try SyncedCompany(company, platforms: Array(platforms), at: Company.now - .days(start))
        for day in days {
            // The first sync succeeds, so that the platform has data.
            let fails = day != start && failing != nil
            try synced.sync(at: Company.now - .days(day), failing: fails ? Set([failing].compactMap { $0 }) : []) {
                $0.shuffled(using: &random)
            }
        }
        #expect(synced.unexpected == [])
        var allowed = try Self.declaredRules()
        allowed.formUnion(["drift_signal::integration_in_error", "drift_signal::integration_degraded"])
        // Only Google Workspace knows the Chromebooks of two people.
        if !platforms.contains("google_workspace") { allowed.insert("device_posture::user_without_device") }
        let found = try synced.findings().filter { finding in
            !allowed.contains(String(finding.prefix { $0 != " " }))
        }
        #expect(found == [], "\(company.name) with \(platforms), days \(days), failing: \(failing ?? "none")")
    }

    /// Returns the rules with findings that are declared as true for a company.
    private static func declaredRules() throws -> Set<String> {
        let document = DocumentTable.repository.appending(path: "Tests/Company.md")
        let table = DocumentTable(in: document, header: "| Company | Why | Rule | Severity | Finding |")
        return Set(
            try table.rows().compactMap { row in
                let cells = row.dropFirst(2).dropLast(2).components(separatedBy: " | ")
                return cells[1] == "true" ? cells[2] : nil
            })
    }

    @Test("Each property of a company names the document that describes it") func eachTraitHasASource() {
        for trait in CompanyTrait.allCases { #expect(trait.source.hasPrefix("https://"), "\(trait)") }
    }
}
