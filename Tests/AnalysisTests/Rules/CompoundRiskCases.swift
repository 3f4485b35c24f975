import Base
import TestSupport
import Testing

@Suite(.usesStore) struct CompoundRiskTests {
    private static let people: [RuleCase] = [
        RuleCase(
            "compound_risk::stale_with_app_admin",
            "Ada Lovelace has admin access to Figma and Salesforce but has not signed in to Okta for 30 days."
        ) { company in
            let ada = try company.person(lastLogin: company.ago(days: 30))
            try company.entitlement(of: ada, to: company.application("Salesforce"), admin: true)
            try company.entitlement(of: ada, to: company.application("Figma"), admin: true)
        } quiet: { company in
            let ada = try company.person(lastLogin: company.ago(days: 30) + 1)
            try company.entitlement(of: ada, to: company.application(), admin: true)
        } exempt: { company in
            let ada = try company.person(lastLogin: company.ago(days: 60))
            try company.entitlement(of: ada, to: company.application(), admin: false)
            let new = try company.person("Bob", lastLogin: nil)
            try company.entitlement(of: new, to: company.application("Miro"), admin: true)
            let gone = try company.person("Carol", status: "deprovisioned", lastLogin: company.ago(days: 60))
            try company.entitlement(of: gone, to: company.application("Slack"), admin: true)
        },
        RuleCase(
            "compound_risk::no_mfa_with_app_admin",
            "Ada Lovelace administers Figma but signs in to Okta without a second factor, so one phished password hands it over."
        ) { company in
            let ada = try company.person(mfa: false)
            try company.entitlement(of: ada, to: company.application(), admin: true)
            try company.account(of: ada, on: "jira", admin: true)
        } quiet: { company in
            let ada = try company.person(mfa: nil)
            try company.entitlement(of: ada, to: company.application(), admin: true)
        } exempt: { company in
            // Other rules find a shadow admin and an Okta admin.
            let shadow = try company.person(mfa: false)
            for name in ["Figma", "Miro", "Gong"] {
                try company.entitlement(of: shadow, to: company.application(name), admin: true)
            }
            let admin = try company.person("Bob", type: "admin", mfa: false)
            try company.entitlement(of: admin, to: company.application("Box"), admin: true)
        },
        RuleCase(
            "compound_risk::no_mfa_on_noncompliant_device",
            "Ada Lovelace works on ada-mac, which is out of compliance, and has no second factor in Okta: malware there needs only the password."
        ) { company in
            try company.device(of: company.person(mfa: false), compliant: false)
        } quiet: { company in
            try company.device(of: company.person(mfa: nil), compliant: false)
            try company.device("bob-mac", of: company.person("Bob", mfa: false), compliant: nil)
        } exempt: { company in
            try company.device(of: company.person(type: "admin", mfa: false), compliant: false)
        },
        RuleCase(
            "compound_risk::brute_forced_without_mfa",
            "Ada Lovelace was the target of 10 failed sign-ins and has no second factor, so the next right guess is enough."
        ) { company in
            let ada = try company.person(mfa: false)
            try company.failSignIns(of: ada, 10, from: 3)
        } quiet: { company in
            let ada = try company.person(mfa: false)
            try company.failSignIns(of: ada, 9, from: 3)
            let bob = try company.person("Bob", mfa: nil)
            try company.failSignIns(of: bob, 10, from: 3)
        },
        RuleCase(
            "compound_risk::shadow_admin_without_mfa",
            "Ada Lovelace is a standard user in Okta without a second factor but administers 3 applications and platforms, so one password opens them all."
        ) { company in
            let ada = try company.person(mfa: false)
            for name in ["Figma", "Miro"] {
                try company.entitlement(of: ada, to: company.application(name), admin: true)
            }
            try company.account(of: ada, on: "github", admin: true)
        } quiet: { company in
            let ada = try company.person(mfa: false)
            try company.entitlement(of: ada, to: company.application(), admin: true)
            try company.entitlement(of: ada, to: company.application("Miro"), admin: false)
            try company.account(of: ada, on: "github", admin: true)
            try company.account(of: ada, on: "google_workspace", admin: true)
            // GitHub counts once, although it is a platform and an application.
            try company.entitlement(of: ada, to: company.application("GitHub"), admin: true)
        } exempt: { company in
            for (name, type, mfa) in [("Ada", "user", true), ("Bob", "admin", false)] {
                let person = try company.person(name, type: type, mfa: mfa)
                for platform in ["github", "slack", "jira"] {
                    try company.account(of: person, on: platform, admin: true)
                }
            }
        },
        RuleCase(
            "compound_risk::external_admin_without_mfa",
            "Ada Lovelace is external and an admin but has no second factor in Okta, so a password stolen from another company opens this one."
        ) { company in
            let ada = try company.person(type: "external", mfa: false)
            try company.account(of: ada, on: "jira", admin: true)
        } quiet: { company in
            let ada = try company.person(type: "external", mfa: nil)
            try company.account(of: ada, on: "jira", admin: true)
        } exempt: { company in
            let ada = try company.person(type: "external", mfa: false)
            try company.account(of: ada, on: "jira", admin: false)
            let outsider = try company.person("Bob", type: "external", mfa: false, idp: false)
            try company.account(of: outsider, on: "jira", admin: true)
        },
        RuleCase(
            "compound_risk::admin_with_ai_mail_access",
            "MailMuse AI can read the mail and files of Okta admin Ada Lovelace, so reset links and secrets go to an AI tool that nobody has reviewed."
        ) { company in
            let tool = try company.application("MailMuse AI", managed: false, aiTool: true)
            try company.grant(of: company.person(type: "admin"), to: tool, readsMailOrFiles: true)
        } quiet: { company in
            let tool = try company.application("MailMuse AI", managed: false, aiTool: true)
            try company.grant(of: company.person(type: "admin"), to: tool, readsMailOrFiles: false)
            try company.grant(of: company.person("Bob"), to: tool, readsMailOrFiles: true)
        } exempt: { company in
            let tool = try company.application("MailMuse AI", managed: false, aiTool: true)
            try company.decide("sanctioned", about: "MailMuse AI")
            let mailer = try company.application("Mailer", managed: false)
            let admin = try company.person(type: "admin")
            for application in [tool, mailer] {
                try company.grant(of: admin, to: application, readsMailOrFiles: true)
            }
        },
    ]

    private static let leavers: [RuleCase] = [
        RuleCase(
            "compound_risk::offboarded_with_access_key",
            "Ada Lovelace was offboarded, but 2 access keys of theirs on AWS and GitHub are still active and work without any sign-in."
        ) { company in
            let ada = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 10))
            try company.key(of: ada)
            try company.key("laptop", of: ada, on: "github", kind: "access_token")
        } quiet: { company in
            let ada = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 10))
            try company.key(of: ada, active: false)
            try company.key(of: company.person("Bob"))
        },
        RuleCase(
            "compound_risk::stale_with_key_in_use",
            "Ada Lovelace has not signed in to Okta for 30 days, yet an access key of theirs on AWS was used 29 days ago, so someone else may hold it."
        ) { company in
            let ada = try company.person(lastLogin: company.ago(days: 30))
            try company.key(of: ada, created: company.ago(days: 60), lastUsed: company.ago(days: 29))
        } quiet: { company in
            let ada = try company.person(lastLogin: company.ago(days: 30))
            try company.key(of: ada, created: company.ago(days: 60), lastUsed: company.ago(days: 30))
            try company.key(of: ada, created: company.ago(days: 60), lastUsed: nil)
            let bob = try company.person("Bob", lastLogin: company.ago(days: 29))
            try company.key(of: bob)
        } exempt: { company in
            let robot = try company.person("ci-build", type: "service_account", lastLogin: company.ago(days: 90))
            try company.key(of: robot)
        },
        RuleCase(
            "compound_risk::terminated_with_repository_write",
            "Ada Lovelace left according to BambooHR but can still push code to GitHub, where no one expects changes from them."
        ) { company in
            let ada = try company.person(hr: "terminated", terminated: company.ago(days: 10))
            try company.account(of: ada, on: "github")
        } quiet: { company in
            let ada = try company.person(hr: "terminated", terminated: company.ago(days: 10))
            try company.account(of: ada, on: "github", metadata: ["permission": "read"])
            try company.account(of: ada, on: "gitlab", status: "deprovisioned")
            try company.account(of: ada, on: "datadog")
        } exempt: { company in
            try company.account(of: company.person(terminated: TestStore.now + .days(3)), on: "github")
            let late = try company.person("Grace Hopper", hr: "terminated", terminated: TestStore.now + 1)
            try company.account(of: late, on: "github")
        },
        RuleCase(
            "compound_risk::leaver_soon_is_admin",
            """
            Ada Lovelace leaves within 14 days according to BambooHR and still administers Figma and GitHub, so nobody \
            else may be able to when they are gone.
            """
        ) { company in
            let ada = try company.person(terminated: TestStore.now + .days(14))
            try company.entitlement(of: ada, to: company.application(), admin: true)
            try company.account(of: ada, on: "github", admin: true)
        } quiet: { company in
            let figma = try company.application()
            let later = try company.person(terminated: TestStore.now + .days(14) + 1)
            try company.entitlement(of: later, to: figma, admin: true)
            let member = try company.person("Grace Hopper", terminated: TestStore.now + .days(5))
            try company.entitlement(of: member, to: figma)
            let stays = try company.person("Alan Turing")
            try company.entitlement(of: stays, to: figma, admin: true)
        } exempt: { company in
            // The last day is over, and another rule covers people who have left.
            let left = try company.person(hr: "terminated", terminated: TestStore.now)
            try company.entitlement(of: left, to: company.application(), admin: true)
        },
    ]

    private static let devices: [RuleCase] = [
        RuleCase(
            "compound_risk::detection_on_admin_device",
            "Okta admin Ada Lovelace works on ada-mac, which has 1 open CrowdStrike detection, so malware may act as an admin."
        ) { company in
            try company.device(of: company.person(type: "admin"), on: "crowdstrike", detections: 1)
        } quiet: { company in
            try company.device(of: company.person(type: "admin"), on: "crowdstrike", detections: 0)
        } exempt: { company in
            try company.device(of: company.person(), on: "crowdstrike", detections: 3)
        },
        RuleCase(
            "compound_risk::unencrypted_with_app_admin",
            "Ada Lovelace administers Figma from ada-mac, which is not encrypted, so a stolen laptop gives an admin's sessions away."
        ) { company in
            let ada = try company.person()
            try company.device(of: ada, encrypted: false)
            try company.entitlement(of: ada, to: company.application(), admin: true)
        } quiet: { company in
            let ada = try company.person()
            try company.device(of: ada, encrypted: nil)
            try company.entitlement(of: ada, to: company.application(), admin: true)
        } exempt: { company in
            let admin = try company.person(type: "admin")
            try company.device(of: admin, encrypted: false)
            try company.entitlement(of: admin, to: company.application(), admin: true)
        },
        RuleCase(
            "compound_risk::jailbroken_with_admin",
            "Ada Lovelace is an admin and uses ada-phone, which is jailbroken, so any app on it can act with an admin's sessions."
        ) { company in
            let ada = try company.person()
            try company.device("ada-phone", of: ada, jailbroken: true)
            try company.account(of: ada, on: "slack", admin: true)
        } quiet: { company in
            let ada = try company.person()
            try company.device("ada-phone", of: ada, jailbroken: true)
            try company.account(of: ada, on: "slack", admin: false)
            try company.device("bob-phone", of: company.person("Bob", type: "admin"), jailbroken: nil)
        },
        RuleCase(
            "compound_risk::admin_without_edr",
            "Okta admin Ada Lovelace works on ada-mac, which has no CrowdStrike agent, so an attacker there becomes an admin unseen."
        ) { company in
            try company.device(of: company.person(type: "admin"))
        } quiet: { company in
            try company.device(of: company.person(type: "admin"), serial: "C02X1")
            try company.agent(serial: "C02X1")
        } exempt: { company in
            try company.device(of: company.person())
        },
    ]

    static let cases: [RuleCase] = people + leavers + devices

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
