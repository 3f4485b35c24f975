import Analysis
import Testing

/// The cases of all rules, and a check that every rule has one.
@Suite struct CoverageTests {
    static let cases =
        AccessHygieneTests.cases
        + AccessKeyTests.cases
        + UnmatchedAccountTests.cases
        + AccessRiskTests.cases
        + BehavioralAnomalyTests.cases
        + CompoundRiskTests.cases
        + DevicePostureTests.cases
        + DriftSignalTests.cases
        + FindingCorrelationTests.cases
        + IdentitySecurityTests.cases
        + LicenseWasteTests.cases
        + ShadowITTests.cases

    @Test("Every rule has a case") func everyRuleHasACase() {
        let covered = Set(Self.cases.map(\.ruleID))
        for rule in Rule.all { #expect(covered.contains(rule.id), "\(rule.id)") }
    }
}
