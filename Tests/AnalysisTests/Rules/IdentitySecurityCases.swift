import Base
import TestSupport
import Testing

@Suite struct IdentitySecurityTests {
    private static let cases: [RuleCase] = [
        RuleCase(
            "identity_security::stale_account",
            "Ada Lovelace has not signed in to Okta for 30 days, so nobody would notice somebody else using the account."
        ) { company in
            try company.person(lastLogin: company.ago(days: 30))
        } quiet: { company in
            try company.person(lastLogin: company.ago(days: 30) + 1)
        }
    ]

    @Test(arguments: cases) func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
