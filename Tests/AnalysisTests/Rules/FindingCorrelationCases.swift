import Base
import TestSupport
import Testing

@Suite(.usesStore) struct FindingCorrelationTests {
    private static let people: [RuleCase] = [
        RuleCase(
            "finding_correlation::person_with_many_high_findings",
            "Ada Lovelace has 3 findings of high severity or above at once, so the account is a likely way in."
        ) { company in
            let ada = try company.person()
            let device = try company.device(of: ada)
            try company.finding("identity_security::user_without_mfa", "high", about: ada)
            try company.finding("behavioral_anomaly::brute_force", "high", status: "in_progress", about: ada)
            try company.finding("device_posture::jailbroken", "critical", about: ada, device: device)
            try company.finding("identity_security::stale_account", "medium", about: ada)
        } quiet: { company in
            let ada = try company.person()
            try company.finding("identity_security::user_without_mfa", "high", about: ada)
            try company.finding("behavioral_anomaly::brute_force", "critical", about: ada)
            try company.finding("identity_security::stale_account", "medium", about: ada)
            try company.finding("behavioral_anomaly::high_risk_sign_in", "high", about: company.person("Bob"))
        } exempt: { company in
            // Findings that were snoozed, dismissed or resolved do not count, and neither do findings of correlation
            // rules.
            let ada = try company.person()
            try company.finding("identity_security::user_without_mfa", "high", about: ada)
            try company.finding("behavioral_anomaly::brute_force", "high", about: ada)
            try company.finding("finding_correlation::exposed_admin", "critical", about: ada)
            for status in ["snoozed", "dismissed", "resolved"] {
                try company.finding("behavioral_anomaly::high_risk_sign_in", "high", status: status, about: ada)
            }
        },
        RuleCase(
            "finding_correlation::exposed_admin",
            "Ada Lovelace is an Okta admin without a second factor on ada-mac, which is not encrypted: one stolen laptop and the company is open."
        ) { company in
            let ada = try company.person(type: "admin", mfa: false)
            let device = try company.device(of: ada, encrypted: false)
            try company.finding("identity_security::admin_without_mfa", "critical", about: ada)
            try company.finding("device_posture::unencrypted_admin", "critical", about: ada, device: device)
        } quiet: { company in
            let ada = try company.person(type: "admin", mfa: false)
            let bob = try company.person("Bob", type: "admin")
            let device = try company.device(of: bob, encrypted: false)
            try company.finding("identity_security::admin_without_mfa", "critical", about: ada)
            try company.finding("device_posture::unencrypted_admin", "critical", about: bob, device: device)
        } exempt: { company in
            let ada = try company.person(type: "admin", mfa: false)
            let device = try company.device(of: ada, encrypted: false)
            try company.finding("identity_security::admin_without_mfa", "critical", status: "snoozed", about: ada)
            try company.finding("device_posture::unencrypted_admin", "critical", about: ada, device: device)
        },
        RuleCase(
            "finding_correlation::departing_with_downloads",
            "Ada Lovelace is leaving the company according to BambooHR and downloaded an unusual number of files, which may be leaving too."
        ) { company in
            let ada = try company.person(terminated: TestStore.now + .days(5))
            try company.finding("behavioral_anomaly::unusual_downloads", "high", about: ada)
        } quiet: { company in
            try company.finding("behavioral_anomaly::unusual_downloads", "high", about: company.person())
            try company.person("Bob", terminated: TestStore.now + .days(5))
            // The person has left, or was hired again after an earlier employment.
            try company.finding(
                "behavioral_anomaly::unusual_downloads", "high",
                about: company.person("Carol", terminated: TestStore.now))
        },
        RuleCase(
            "finding_correlation::account_takeover_likely",
            "Ada Lovelace's password was guessed and a factor disabled, so the account is likely in someone else's hands."
        ) { company in
            let ada = try company.person()
            try company.finding("behavioral_anomaly::success_after_brute_force", "critical", about: ada)
            try company.finding("behavioral_anomaly::mfa_factor_disabled", "medium", about: ada)
        } quiet: { company in
            let ada = try company.person()
            try company.finding("behavioral_anomaly::success_after_brute_force", "critical", about: ada)
            try company.finding("behavioral_anomaly::mfa_factor_disabled", "medium", about: company.person("Bob"))
        },
    ]

    private static let things: [RuleCase] = [
        RuleCase(
            "finding_correlation::app_with_many_findings",
            "Figma has 3 shadow-IT findings at once, so it is a bigger risk than each of them shows alone."
        ) { company in
            let application = try company.application(managed: false)
            for rule in ["broad_write_scope", "unknown_publisher", "new_unsanctioned_app"] {
                try company.finding("shadow_it::" + rule, "high", application: application)
            }
        } quiet: { company in
            let application = try company.application(managed: false)
            for rule in ["broad_write_scope", "unknown_publisher"] {
                try company.finding("shadow_it::" + rule, "high", application: application)
            }
            try company.finding("access_risk::app_with_too_many_admins", "medium", application: application)
        },
        RuleCase(
            "finding_correlation::device_with_many_findings",
            "ada-mac of Ada Lovelace has 3 findings of high severity or above at once, so it is a likely way in."
        ) { company in
            let ada = try company.person()
            let device = try company.device(of: ada)
            for rule in ["unencrypted", "os_end_of_life", "no_edr_agent"] {
                try company.finding("device_posture::" + rule, "high", about: ada, device: device)
            }
        } quiet: { company in
            let device = try company.device(of: company.person())
            for rule in ["unencrypted", "os_end_of_life"] {
                try company.finding("device_posture::" + rule, "high", device: device)
            }
            try company.finding("finding_correlation::device_with_many_findings", "high", device: device)
            for rule in ["no_check_in", "without_owner"] {
                try company.finding("device_posture::" + rule, "low", device: device)
            }
        },
        RuleCase(
            "finding_correlation::unmatched_admins_on_several_platforms",
            "Admins on AWS, GitHub, Jira and Slack match nobody in Okta, so on 4 platforms offboarding would not end admin access."
        ) { company in
            let ada = try company.person(idp: false)
            try company.account(of: ada, on: "jira", admin: true)
            let rule = "access_hygiene::admin_account_without_idp_identity"
            try company.finding(rule, "critical", about: ada)
            let stranger = try company.account(on: "slack", username: "stranger", admin: true)
            try company.finding(rule, "critical", key: stranger.description)
            try company.finding("access_hygiene::github_owner_not_in_idp", "critical", about: ada)
            try company.finding("access_hygiene::aws_admin_not_in_idp", "critical")
        } quiet: { company in
            let ada = try company.person(idp: false)
            try company.account(of: ada, on: "jira", admin: true)
            try company.account(of: ada, on: "slack", admin: false)
            try company.finding("access_hygiene::admin_account_without_idp_identity", "critical", about: ada)
            try company.finding("access_hygiene::aws_admin_not_in_idp", "critical")
            try company.finding("access_hygiene::aws_admin_not_in_idp", "critical")
            try company.finding("access_hygiene::aws_user_not_in_idp", "high")
            try company.finding("access_hygiene::github_owner_not_in_idp", "critical", status: "dismissed")
        },
    ]

    static let cases: [RuleCase] = people + things

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
