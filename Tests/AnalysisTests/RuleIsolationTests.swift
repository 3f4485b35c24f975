import Auth
import Base
import Store
import TestSupport
import Testing

@testable import Analysis

/// Rules ask about one workspace. Companies beside it have the same people, addresses, serial numbers and ids at their
/// platforms, but other troubles.
@Suite(.usesStore) struct RuleIsolationTests {
    /// Everything that all rules find in a company, as text.
    private func findings(of company: TestCompany) throws -> [String] {
        let workspace = try company.workspace()
        return try workspace.detections(of: Rule.all, from: workspace.connectedSources(), at: TestStore.now)
            .flatMap { $0 }.map { found in
                let entities = String(decoding: JSONWriter.bytes(found.affectedEntities), as: UTF8.self)
                let references = [found.identityID, found.applicationID, found.deviceID].map { $0 ?? "-" }
                return
                    ([found.key, found.severity.rawValue, found.title, "\(found.affectedCount)", entities]
                    + references + found.sources).joined(separator: " | ")
            }
    }

    /// What a rule finds does not go away because another company is in good order, and does not double because another
    /// company has the same trouble.
    @Test(arguments: CoverageTests.cases)
    func aTroubleStaysAsItIs(_ rule: RuleCase) throws {
        let store = try TestStore()
        let own = try TestCompany(store.database, digits: "cccccccc")
        try rule.fires(own)
        let alone = try findings(of: own)
        #expect(alone.contains { $0.hasPrefix(rule.ruleID) })
        for (index, story) in (rule.quiet + [rule.fires]).enumerated() {
            let other = try TestCompany(store.database, digits: "ddddddd\(index)")
            try story(other)
            #expect(try findings(of: own) == alone)
        }
    }

    /// A company in good order gets no finding because another company has a trouble.
    @Test(arguments: CoverageTests.cases)
    func anothersTroubleIsNoFinding(_ rule: RuleCase) throws {
        for story in rule.quiet {
            let store = try TestStore()
            let own = try TestCompany(store.database, digits: "cccccccc")
            try story(own)
            let alone = try findings(of: own)
            let other = try TestCompany(store.database, digits: "dddddddd")
            try rule.fires(other)
            #expect(try findings(of: own) == alone)
        }
    }
}
