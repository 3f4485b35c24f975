import Analysis
import Base
import Findings
import Store
import TestSupport
import Testing

/// A company in which one rule must find one problem, and companies in which the rule must find none.
struct RuleCase: Sendable, CustomTestStringConvertible {
    /// A function that fills a company with records.
    typealias Story = @Sendable (TestCompany) throws -> Void

    let ruleID: String
    let sentence: String
    let severity: Severity?
    let fires: Story
    let quiet: [Story]

    var testDescription: String { ruleID }

    /// - Parameters:
    ///   - severity: severity of the finding, if it differs from the rule's own.
    ///   - sentence: title of the rule's only finding in the company of `fires`.
    ///   - fires: fills a company in which the rule finds one problem, in most cases as small as its threshold allows.
    ///   - quiet: fills a company in which the rule finds no problem, in most cases just below its threshold.
    ///   - exempt: fills a company in which the rule must find no problem for another reason, such as an exception.
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

    /// Checks that the rule finds one problem with the expected title and severity in the company of `fires`, and none
    /// in the others. The companies are workspaces of one database.
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
