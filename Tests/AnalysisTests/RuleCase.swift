import Analysis
import Base
import Findings
import Store
import TestSupport
import Testing

/// What one rule must find, and what it must not.
struct RuleCase: Sendable, CustomTestStringConvertible {
    /// Makes a company.
    typealias Story = @Sendable (TestCompany) throws -> Void

    let ruleID: String
    let sentence: String
    let severity: Severity?
    let fires: Story
    let quiet: [Story]

    var testDescription: String { ruleID }

    /// - Parameters:
    ///   - severity: of the finding, where it is not the rule's own.
    ///   - sentence: of the one finding that `fires` leads to.
    ///   - fires: a company in which the rule finds one problem, just over its boundary where it has one.
    ///   - quiet: a company in which it finds nothing: just short of its boundary where it has one.
    ///   - exempt: a company whose problem is another rule's, or none.
    init(
        _ ruleID: String, severity: Severity? = nil, _ sentence: String, fires: @escaping Story,
        quiet: @escaping Story, exempt: Story? = nil
    ) {
        self.ruleID = ruleID
        self.sentence = sentence
        self.severity = severity
        self.fires = fires
        self.quiet = [quiet] + (exempt.map { [$0] } ?? [])
    }

    /// Runs the stories, each in a workspace of its own of one database.
    func check() throws {
        let rule = try #require(Rule.named(ruleID))
        let store = try TestStore()
        let company = try TestCompany(store.database)
        try fires(company)
        let sources = try company.workspace().connectedSources()
        #expect(sources.missing(for: rule) == nil)
        let found = try company.workspace().detections(of: [rule], from: sources, at: TestStore.now)[0]
        #expect(found.map(\.title) == [sentence])
        for detection in found {
            #expect(detection.severity == severity ?? rule.severity)
            #expect(detection.key.hasPrefix(ruleID))
            #expect(detection.title.hasSuffix("."))
        }
        for (number, story) in quiet.enumerated() {
            let company = try TestCompany(store.database)
            try story(company)
            let found = try company.workspace().detections(of: [rule], from: sources, at: TestStore.now)[0]
            #expect(found.map(\.title) == [], "quiet story \(number)")
        }
    }
}
