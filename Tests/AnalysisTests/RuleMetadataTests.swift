import Analysis
import Findings
import Foundation
import Testing

/// Every rule has the reasons for it, and a rule that can't find anything says so.
@Suite struct RuleMetadataTests {
    @Test("Every rule has a rationale, false positives and references", arguments: Rule.all)
    func everyRuleHasABackground(_ rule: Rule) throws {
        let background = try #require(
            rule.background, "Add \(rule.id) to the file of its category in Shared/Product/Findings/Background.")
        for text in [background.rationale, background.falsePositives] {
            #expect((15...250).contains(text.count) && text.hasSuffix("."), "\(text)")
        }
        #expect(!background.references.isEmpty)
        #expect(Set(background.references).count == background.references.count)
    }

    @Test("The techniques are ids of MITRE ATT&CK") func techniques() throws {
        for rule in Rule.all {
            for technique in try #require(rule.background).techniques {
                #expect(technique.wholeMatch(of: /T[0-9]{4}(\.[0-9]{3})?/) != nil, "\(rule.id): \(technique)")
            }
        }
        // Waste and missing records help no attack. Signs of an attack show at least one technique.
        for rule in Rule.all where [.behavioralAnomaly, .identitySecurity].contains(rule.category) {
            #expect(rule.background?.techniques.isEmpty == false, "\(rule.id)")
        }
    }

    @Test("Every reference is an https address that a rule uses") func references() {
        let used = Set(Rule.all.flatMap { $0.background?.references ?? [] })
        for reference in Reference.allCases {
            #expect(used.contains(reference), "\(reference)")
            #expect(URL(string: reference.url)?.scheme == "https" && URL(string: reference.url)?.host != nil)
        }
    }

    @Test(
        "An unknown rule has no background",
        arguments: ["", "::", "identity_security", "identity_security::", "identity_security:user_without_mfa", "x::y"])
    func unknownRules(_ id: String) { #expect(Background.ofRule(id) == nil) }

    /// The rules that ask for connectors that do not exist yet, or for a field that no connector fills.
    @Test("Exactly the rules that no connector provides with input say so") func rulesWithoutInput() {
        let without = Set(Rule.all.filter { !$0.hasInput }.map { String($0.id.split(separator: ":").last ?? "") })
        #expect(
            without == [
                "salesforce_modify_all_data", "salesforce_view_all_data", "salesforce_bulk_export",
                "shared_mailbox_sign_in", "dormant_app_with_grants", "licensed_twice",
                "service_account_seat", "box_admin_not_in_idp", "box_user_not_in_idp", "box_sso_not_enforced",
                "box_offboarded_active", "box_unused_90_days", "datadog_admin_not_in_idp", "datadog_user_not_in_idp",
                "datadog_sso_not_enforced", "datadog_offboarded_active", "datadog_unused_90_days",
                "salesforce_admin_not_in_idp", "salesforce_user_not_in_idp", "salesforce_sso_not_enforced",
                "salesforce_offboarded_active", "salesforce_unused_90_days",
            ])
    }
}
