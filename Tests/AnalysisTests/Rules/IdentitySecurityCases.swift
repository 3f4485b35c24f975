import Base
import TestSupport
import Testing

@Suite(.usesStore) struct IdentitySecurityTests {
    private static let people: [RuleCase] = [
        RuleCase(
            "identity_security::user_without_mfa",
            "Ada Lovelace has no second factor in Okta, so a stolen password opens 2 applications."
        ) { company in
            let ada = try company.person(mfa: false)
            try company.entitlement(of: ada, to: try company.application("Figma"))
            try company.entitlement(of: ada, to: try company.application("Miro"))
        } quiet: { company in
            try company.person(mfa: nil)
        } exempt: { company in
            try company.person("Alan Turing", type: "admin", mfa: false)
            try company.person("ci-build", type: "service_account", mfa: false)
            try company.person("Grace Hopper", status: "suspended", mfa: false)
            // A guest's second factors in the home tenant are unknown here.
            try company.person("Bob Guest", type: "external", mfa: false)
            // Only Slack reports the missing second factor, and no identity provider does.
            let ada = try company.person(mfa: false, idp: false)
            try company.account(of: ada, on: "okta", mfa: nil)
            try company.account(of: ada, on: "slack", mfa: false)
        },
        RuleCase(
            "identity_security::mfa_gap_over_half",
            "3 of 5 people sign in to Okta without a second factor, so more than half of the company is one stolen password away from a break-in."
        ) { company in
            for number in 1...5 { try company.person("Person \(number)", mfa: number <= 2) }
        } quiet: { company in
            for number in 1...6 { try company.person("Person \(number)", mfa: number <= 3) }
        } exempt: { company in
            for number in 1...4 { try company.person("Person \(number)", mfa: number == 1 ? false : nil) }
            for number in 5...9 { try company.person("Guest \(number)", type: "external", mfa: false) }
        },
        RuleCase(
            "identity_security::mfa_gap_over_half",
            "5 of 5 people sign in to Okta without a second factor, so more than half of the company is one stolen password away from a break-in."
        ) { company in
            for number in 1...5 { try company.person("Person \(number)", mfa: false) }
        } quiet: { company in
            for number in 1...4 { try company.person("Person \(number)", mfa: false) }
        },
        RuleCase(
            "identity_security::user_without_mfa",
            "Ada Lovelace has no second factor in Okta, so a stolen password opens the account."
        ) { company in
            try company.person(mfa: false, created: company.ago(days: 7))
        } quiet: { company in
            // People who began less than a week ago are still setting things up.
            try company.person(mfa: false, created: company.ago(days: 7) + 1)
        },
        RuleCase(
            "identity_security::stale_account",
            "Ada Lovelace has not signed in to Okta for 30 days, so nobody would notice if someone else used the account."
        ) { company in
            try company.person(lastLogin: company.ago(days: 30))
        } quiet: { company in
            try company.person(lastLogin: company.ago(days: 30) + 1)
        } exempt: { company in
            try company.person(lastLogin: nil)
            try company.person("Alan Turing", type: "admin", lastLogin: company.ago(days: 30))
            try company.person("ci-build", type: "service_account", lastLogin: company.ago(days: 30))
        },
        RuleCase(
            "identity_security::never_signed_in",
            "Ada Lovelace has had an account in Okta for 14 days and never signed in, so its first password is still waiting for whoever finds it."
        ) { company in
            try company.person("Grace Hopper")
            try company.person(lastLogin: nil, created: company.ago(days: 14))
        } quiet: { company in
            try company.person("Grace Hopper")
            try company.person(lastLogin: nil, created: company.ago(days: 14) + 1)
        } exempt: { company in
            // No person's sign-ins are known.
            try company.person(lastLogin: nil, created: company.ago(days: 14))
        },
        RuleCase(
            "identity_security::shared_mailbox_sign_in",
            "The shared mailbox press@company.example signed in 30 days ago, so nobody can tell who read or sent its mail."
        ) { company in
            try company.account(
                on: "google_workspace", username: "press@company.example", kind: "shared",
                lastLogin: company.ago(days: 30))
        } quiet: { company in
            try company.account(on: "google_workspace", kind: "shared", lastLogin: company.ago(days: 30) - 1)
        } exempt: { company in
            try company.account(on: "google_workspace", kind: "shared", lastLogin: nil)
            try company.account(on: "google_workspace", kind: "user")
        },
        RuleCase(
            "identity_security::new_hire_outside_idp",
            "Ada Lovelace started 30 days ago and already works in Slack without an account in Okta, so none of its rules apply to those sign-ins."
        ) { company in
            let ada = try company.person(hired: company.ago(days: 30), idp: false)
            try company.account(of: ada, on: "slack")
        } quiet: { company in
            let ada = try company.person(hired: company.ago(days: 30) - 1, idp: false)
            try company.account(of: ada, on: "slack")
        } exempt: { company in
            let ada = try company.person(hired: company.ago(days: 3))
            try company.account(of: ada, on: "slack")
            let grace = try company.person("Grace Hopper", hired: company.ago(days: 3), idp: false)
            try company.account(of: grace, on: "bamboohr")
            // The identity provider knows a person of that name by another address, and HR does not.
            let edith = try company.person("Edith Clarke", hired: company.ago(days: 3), idp: false)
            try company.account(of: edith, on: "slack")
            try company.person("edith clarke", hr: nil, email: "edith@company.example")
            let joan = try company.person("Joan Clarke", hired: company.ago(days: 3), idp: false)
            for platform in ["google_workspace", "slack"] { try company.account(of: joan, on: platform) }
            try company.set("google_workspace", status: "error", lastSync: company.ago(hours: 30))
        },
        RuleCase(
            "identity_security::gitlab_stale_user",
            "Ada Lovelace has not used GitLab for 90 days, but the account still opens the code."
        ) { company in
            try company.account(of: try company.person(), on: "gitlab", lastLogin: company.ago(days: 90))
        } quiet: { company in
            try company.account(of: try company.person(), on: "gitlab", lastLogin: company.ago(days: 90) + 1)
        } exempt: { company in
            try company.account(
                on: "gitlab", username: "runner", kind: "service_account", lastLogin: company.ago(days: 90))
            try company.account(on: "gitlab", lastLogin: nil)
            let ada = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 20))
            try company.account(of: ada, on: "gitlab", lastLogin: company.ago(days: 90))
        },
    ]

    static let cases: [RuleCase] = people + admins + cloudAccounts + signIns

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
