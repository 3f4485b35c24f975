import Auth
import Base
import Store
import TestSupport
import Testing

@testable import Analysis

/// Checks that a rule reads only its own workspace, although other companies have some of the same people, addresses
/// and serial numbers, and the same ids at their platforms.
@Suite(.usesStore) struct RuleIsolationTests {
    /// Returns the findings of all rules in a company, as text.
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

    /// A rule's finding must neither disappear because another company has no problem, nor be doubled because another
    /// company has the same one.
    @Test("A company keeps its findings if another has the same problem or none", arguments: CoverageTests.cases)
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

    /// A company without a problem must get no finding because of another company's problem.
    @Test("Another company's problem changes no finding of a company", arguments: CoverageTests.cases)
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
