import Base
import TestSupport
import Testing

@Suite(.usesStore) struct AccessHygieneTests {
    private static let leavers: [RuleCase] = [
        RuleCase(
            "access_hygiene::inactive_user_with_entitlements",
            "Ada Lovelace is suspended in Okta but keeps access to Figma and Miro, which comes back if the account is reactivated."
        ) { company in
            let person = try company.person(status: "suspended")
            try company.entitlement(of: person, to: company.application("Miro"))
            try company.entitlement(of: person, to: company.application("Figma"))
        } quiet: { company in
            try company.entitlement(of: company.person(), to: company.application())
            try company.person("Grace Hopper", status: "deprovisioned")
        } exempt: { company in
            // A staged account has never been active, so it does not count as suspended.
            let staged = try company.person("Carol", status: "suspended", idpMetadata: ["state": "staged"])
            try company.entitlement(of: staged, to: company.application("Slack"))
            // Another rule finds a suspended person who has an entitlement as an admin.
            let person = try company.person(status: "suspended")
            try company.entitlement(of: person, to: company.application("Miro"))
            try company.entitlement(of: person, to: company.application("Figma"), admin: true)
        },
        RuleCase(
            "access_hygiene::inactive_user_with_entitlements",
            "Ada Lovelace is suspended in Okta but keeps access to Figma, which comes back if the account is reactivated."
        ) { company in
            // The person's accounts are staged in one directory and suspended in the other.
            let person = try company.person(status: "suspended", idpMetadata: ["state": "staged"])
            try company.account(of: person, on: "google_workspace", status: "suspended")
            try company.entitlement(of: person, to: company.application("Figma"))
        } quiet: { company in
            let person = try company.person(status: "suspended", idpMetadata: ["state": "staged"])
            try company.account(of: person, on: "slack", status: "suspended")
            try company.entitlement(of: person, to: company.application("Figma"))
        },
        RuleCase(
            "access_hygiene::inactive_user_with_admin",
            """
            Ada Lovelace is deprovisioned in Okta but still an administrator of Figma, so one click makes them an \
            admin again.
            """
        ) { company in
            let person = try company.person(status: "deprovisioned")
            try company.entitlement(of: person, to: company.application("Figma"), admin: true)
            try company.entitlement(of: person, to: company.application("Miro"))
        } quiet: { company in
            try company.entitlement(
                of: company.person(status: "deprovisioned"), to: company.application(), admin: false)
            try company.entitlement(
                of: company.person("Grace Hopper"), to: company.application("Miro"), admin: true)
            let staged = try company.person("Carol", status: "suspended", idpMetadata: ["state": "staged"])
            try company.entitlement(of: staged, to: company.application("Slack"), admin: true)
        } exempt: { company in
            try company.entitlement(of: company.person(status: "suspended"), to: company.application(), admin: true)
            try company.set("okta", status: "disconnected", lastSync: company.ago(hours: 1))
        },
        RuleCase(
            "access_hygiene::offboarded_but_active",
            "Ada Lovelace was deprovisioned in Okta 12 days ago but can still sign in to Google Workspace and Slack."
        ) { company in
            let person = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 12))
            try company.account(of: person, on: "slack")
            try company.account(of: person, on: "google_workspace")
        } quiet: { company in
            let person = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 12))
            try company.account(of: person, on: "slack", status: "suspended")
            try company.account(of: person, on: "bamboohr")
            // Suspended for less than 14 days, as on leave, without any use since.
            let grace = try company.person(
                "Grace Hopper", status: "suspended", suspended: company.ago(days: 14) + 1)
            try company.account(of: grace, on: "slack", lastLogin: company.ago(days: 20))
        } exempt: { company in
            let admin = try company.person(status: "deprovisioned")
            try company.account(of: admin, on: "slack")
            try company.account(of: admin, on: "github", admin: true)
            let other = try company.person("Grace Hopper", status: "deprovisioned")
            for platform in ["gitlab", "zoom", "box", "datadog", "salesforce", "jira"] {
                try company.account(of: other, on: platform)
            }
            try company.set("jira", status: "disconnected", lastSync: company.ago(hours: 1))
        },
        RuleCase(
            "access_hygiene::offboarded_but_active",
            "Ada Lovelace was suspended in Okta 14 days ago but can still sign in to Slack."
        ) { company in
            let person = try company.person(status: "suspended")
            try company.account(of: person, on: "slack", lastLogin: company.ago(days: 20))
        } quiet: { company in
            let person = try company.person(status: "suspended", suspended: company.ago(days: 14) + 1)
            try company.account(of: person, on: "slack", lastLogin: company.ago(days: 20))
        } exempt: { company in
            let staged = try company.person(status: "suspended", idpMetadata: ["state": "staged"])
            try company.account(of: staged, on: "slack", lastLogin: company.ago(days: 20))
        },
        RuleCase(
            "access_hygiene::offboarded_but_active",
            "Ada Lovelace was suspended in Okta 5 days ago but can still sign in to Slack."
        ) { company in
            // The account is used after the suspension.
            let person = try company.person(status: "suspended", suspended: company.ago(days: 5))
            try company.account(of: person, on: "slack", lastLogin: company.ago(days: 5) + 1)
        } quiet: { company in
            let person = try company.person(status: "suspended", suspended: company.ago(days: 5))
            try company.account(of: person, on: "slack", lastLogin: company.ago(days: 5))
        },
        RuleCase(
            "access_hygiene::offboarded_admin_active",
            "Ada Lovelace was deprovisioned in Okta 1 day ago but is still an admin of GitHub and can sign in to Slack."
        ) { company in
            let person = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 1))
            try company.account(of: person, on: "github", admin: true)
            try company.account(of: person, on: "slack")
        } quiet: { company in
            let person = try company.person(status: "deprovisioned")
            try company.account(of: person, on: "slack")
            try company.account(of: person, on: "github", status: "deprovisioned", admin: true)
        } exempt: { company in
            try company.account(of: company.person(status: "deprovisioned"), on: "zoom", admin: true)
        },
        RuleCase(
            "access_hygiene::offboarded_admin_active",
            "Ada Lovelace was deprovisioned in Okta but is still an admin of GitLab."
        ) { company in
            try company.account(of: company.person(status: "deprovisioned"), on: "gitlab", admin: true)
        } quiet: { company in
            try company.account(of: company.person(), on: "gitlab", admin: true)
        },
        RuleCase(
            "access_hygiene::terminated_in_hr_but_active",
            "Ada Lovelace left 9 days ago according to BambooHR, but the Okta account is active and was used 4 days ago."
        ) { company in
            try company.person(lastLogin: company.ago(days: 4), hr: "terminated", terminated: company.ago(days: 9))
        } quiet: { company in
            try company.person(hr: "terminated", terminated: TestStore.now + 1)
            try company.person("Grace Hopper", hr: "active", terminated: company.ago(days: 1))
            // HR has the record of a person who has not begun yet.
            try company.person("Alan Turing", hr: "terminated", hired: TestStore.now + .days(3))
        } exempt: { company in
            try company.person(status: "deprovisioned", hr: "terminated", terminated: company.ago(days: 9))
            try company.person("Grace Hopper", hr: "terminated", terminated: company.ago(days: 9), idp: false)
        },
        RuleCase(
            "access_hygiene::terminated_in_hr_but_active",
            "Ada Lovelace left according to BambooHR, but the Okta account is active."
        ) { company in
            try company.person(lastLogin: nil, hr: "terminated")
        } quiet: { company in
            try company.person(lastLogin: nil, hr: "leave")
        },
        RuleCase(
            "access_hygiene::gitlab_offboarded_active",
            """
            Ada Lovelace was deprovisioned in Okta 12 days ago but can still sign in to GitLab and copy the code.
            """
        ) { company in
            let person = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 12))
            try company.account(of: person, on: "gitlab")
        } quiet: { company in
            try company.account(of: company.person(status: "deprovisioned"), on: "gitlab", status: "suspended")
            try company.account(of: company.person("Grace Hopper"), on: "gitlab")
        } exempt: { company in
            try company.account(of: company.person(status: "deprovisioned"), on: "gitlab", admin: true)
        },
    ]

    private static let businessLeavers = [
        ("zoom", "Zoom"), ("box", "Box"), ("datadog", "Datadog"), ("salesforce", "Salesforce"),
    ].map { platform, name in
        RuleCase(
            "access_hygiene::\(platform)_offboarded_active",
            """
            Ada Lovelace was deprovisioned in Okta 12 days ago but can still sign in to \(name) and to all that the \
            company keeps there.
            """
        ) { company in
            let person = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 12))
            try company.account(of: person, on: platform, admin: true)
        } quiet: { company in
            try company.account(of: company.person(status: "deprovisioned"), on: platform, status: "suspended")
            try company.account(of: company.person("Grace Hopper"), on: platform)
        } exempt: { company in
            try company.account(of: company.person(status: "deprovisioned"), on: "slack")
        }
    }

    private static let records: [RuleCase] = [
        RuleCase(
            "access_hygiene::department_mismatch",
            "Ada Lovelace is in Sales according to BambooHR and in Finance according to Okta, so access follows the wrong department."
        ) { company in
            let person = try company.person(department: "Finance")
            try company.account(of: person, on: "bamboohr", department: "Sales")
            let colleague = try company.person("Grace Hopper", department: "sales")
            try company.account(of: colleague, on: "bamboohr", department: "Sales")
        } quiet: { company in
            let person = try company.person(department: "Finance")
            try company.account(of: person, on: "bamboohr", department: "finance ")
            // The department has two names.
            for name in ["Grace Hopper", "Alan Turing"] {
                let member = try company.person(name, department: "Engineering")
                try company.account(of: member, on: "bamboohr", department: "R&D")
            }
            // Two people share the address of one record.
            let shared = try company.person("Joan Clarke", department: "Engineering")
            for department in ["Finance", "Engineering"] {
                try company.account(of: shared, on: "bamboohr", department: department)
            }
        } exempt: { company in
            try company.account(of: company.person(department: nil), on: "bamboohr", department: "Sales")
            try company.account(of: company.person("Grace Hopper"), on: "bamboohr", department: nil)
            let former = try company.person("Alan Turing", status: "deprovisioned", department: "Finance")
            try company.account(of: former, on: "bamboohr", department: "Sales")
        },
        RuleCase(
            "access_hygiene::manager_mismatch",
            """
            Ada Lovelace reports to Grace Hopper in BambooHR and to Alan Turing in Okta, so the wrong person approves \
            access.
            """
        ) { company in
            for name in ["Grace Hopper", "Alan Turing"] { try company.person(name) }
            let person = try company.person(manager: "alan.turing@company.example")
            try company.account(of: person, on: "bamboohr", manager: "Grace.Hopper@company.example")
        } quiet: { company in
            // It is not known if the address is another one of the same manager.
            try company.person("Grace Hopper")
            let other = try company.person("Alan Turing", manager: "g.hopper@company.example")
            try company.account(of: other, on: "bamboohr", manager: "Grace.Hopper@company.example")
            let person = try company.person(manager: "grace.hopper@company.example")
            try company.account(of: person, on: "bamboohr", manager: "Grace.Hopper@company.example")
        } exempt: { company in
            try company.account(of: company.person(), on: "bamboohr", manager: "grace.hopper@company.example")
            let other = try company.person("Alan Turing", manager: "grace.hopper@company.example")
            try company.account(of: other, on: "bamboohr", manager: nil)
        },
        RuleCase(
            "access_hygiene::manager_departed",
            "Ada Lovelace reports to Grace Hopper, who left 12 days ago, so access requests reach nobody."
        ) { company in
            try company.person("Grace Hopper", status: "deprovisioned", deprovisioned: company.ago(days: 12))
            try company.person(manager: "grace.hopper@company.example")
        } quiet: { company in
            try company.person("Grace Hopper", status: "suspended", hr: "leave")
            try company.person(manager: "grace.hopper@company.example")
            try company.person("Alan Turing", manager: "stranger@company.example")
        } exempt: { company in
            try company.person("Grace Hopper", hr: "terminated", terminated: TestStore.now + .days(2))
            try company.person(status: "deprovisioned", manager: "grace.hopper@company.example")
            try company.person("Alan Turing", manager: "grace.hopper@company.example")
        },
        RuleCase(
            "access_hygiene::manager_departed",
            "Ada Lovelace reports to Grace Hopper, who left 2 days ago, so access requests reach nobody."
        ) { company in
            try company.person("Grace Hopper", hr: "terminated", terminated: company.ago(days: 2))
            try company.person(manager: "grace.hopper@company.example")
        } quiet: { company in
            try company.person("Grace Hopper", terminated: TestStore.now + .days(2))
            try company.person(manager: "grace.hopper@company.example")
        },
        RuleCase(
            "access_hygiene::ghost_employee",
            "Ada Lovelace has an active Okta account with 2 applications, but BambooHR has no one with that name."
        ) { company in
            let person = try company.person(hr: nil)
            let miro = try company.application("Miro")
            try company.entitlement(of: person, to: miro)
            try company.entitlement(of: person, to: miro, role: "Guest")
            try company.entitlement(of: person, to: company.application("Figma"))
            try company.account(of: company.person("Grace Hopper"), on: "bamboohr")
        } quiet: { company in
            try company.person()
            try company.account(of: company.person("Grace Hopper", hr: nil), on: "bamboohr")
            // HR has a record of that name without an address, one of that legal name, and none of a newcomer yet.
            try company.person("Alan Turing", hr: nil)
            try company.account(on: "bamboohr", username: "Alan Turing", email: nil)
            try company.person("Augusta King", hr: nil)
            try company.account(
                of: company.person("Ada King", idp: false), on: "bamboohr", metadata: ["legal_name": "Augusta King"])
            try company.person("Joan Clarke", hr: nil, created: company.ago(days: 7) + 1)
            // A room, or an unused account.
            try company.person("Room Amsterdam 1", lastLogin: nil, hr: nil)
        } exempt: { company in
            // A record without name and address may be anybody's.
            try company.account(
                on: "bamboohr", username: "Employee 7", email: nil, metadata: ["name": "unknown"])
            try company.person("Edith Clarke", hr: nil)
            try company.person(type: "external", hr: nil)
            try company.person("ci-build", type: "service_account", hr: nil)
            try company.person("Grace Hopper", status: "suspended", hr: nil)
            try company.person("Alan Turing", hr: nil, idp: false)
        },
        RuleCase(
            "access_hygiene::new_hire_without_account",
            "Ada Lovelace started 3 days ago according to BambooHR and has no account, so their work begins on borrowed accounts."
        ) { company in
            let person = try company.person(hired: company.ago(days: 3), idp: false)
            try company.account(of: person, on: "bamboohr")
        } quiet: { company in
            try company.person(hired: company.ago(days: 3) + 1, idp: false)
            try company.person("Grace Hopper", hired: nil, idp: false)
            // The identity provider knows a person of that name by another address, and HR does not.
            let hired = try company.person("Edith Clarke", hired: company.ago(days: 5), idp: false)
            try company.account(of: hired, on: "bamboohr")
            try company.person("edith clarke", hr: nil, email: "edith@company.example")
        } exempt: { company in
            // A new person with an account on another platform is a problem of identity security, found by another
            // rule.
            try company.account(of: company.person(hired: company.ago(days: 5), idp: false), on: "slack")
            try company.person("Grace Hopper", hr: "leave", hired: company.ago(days: 5), idp: false)
            try company.person("Alan Turing", hired: company.ago(days: 90), idp: false)
            let known = try company.person("Joan Clarke", hired: company.ago(days: 5), idp: false)
            try company.account(of: known, on: "google_workspace")
            try company.set("google_workspace", status: "error", lastSync: company.ago(hours: 30))
        },
        RuleCase(
            "access_hygiene::mover_keeps_access",
            """
            Ada Lovelace moved to Sales 7 days ago according to BambooHR and still administers Figma and Miro, a right \
            that the old job needed.
            """
        ) { company in
            let ada = try company.moved(7)
            for name in ["Figma", "Miro"] {
                let application = try company.application(name)
                try company.entitlement(
                    of: ada, to: application, admin: true, granted: company.ago(days: 7) - 1)
            }
        } quiet: { company in
            let figma = try company.application("Figma")
            let recent = try company.moved(7, seconds: 1)
            try company.entitlement(of: recent, to: figma, admin: true)
            let long = try company.moved(30, "Grace Hopper")
            try company.entitlement(of: long, to: figma, admin: true)
            let granted = try company.moved(8, "Alan Turing")
            try company.entitlement(of: granted, to: figma, admin: true, granted: company.ago(days: 8))
            let member = try company.moved(8, "Joan Clarke")
            try company.entitlement(of: member, to: figma)
        } exempt: { company in
            // All people of the department have moved, so it may only have a new name.
            let figma = try company.application("Figma")
            for name in ["Ada Lovelace", "Grace Hopper", "Alan Turing"] {
                let person = try company.person(name)
                try company.account(
                    of: person, on: "bamboohr", department: "R&D",
                    employment: TestCompany.Employment(status: "active", movedAt: company.ago(days: 8)))
                try company.entitlement(of: person, to: figma, admin: true)
            }
        },
        RuleCase(
            "access_hygiene::account_long_before_start",
            """
            Ada Lovelace starts in 14 days according to BambooHR but used the Okta account 1 day ago, before any \
            contract applies.
            """
        ) { company in
            try company.person(hired: TestStore.now + .days(14) + 1, created: company.ago(days: 30))
        } quiet: { company in
            try company.person(hired: TestStore.now + .days(14), created: company.ago(days: 9))
            try company.person(
                "Grace Hopper", lastLogin: company.ago(days: 7), hired: TestStore.now + .days(20),
                created: company.ago(days: 9))
            // The account was made, and it was never used.
            try company.person(
                "Alan Turing", lastLogin: nil, hired: TestStore.now + .days(20), created: company.ago(days: 9))
        } exempt: { company in
            // An account of an earlier employment or contract.
            try company.person(hired: TestStore.now + .days(20), created: company.ago(days: 30) - 1)
            try company.person(
                "Grace Hopper", type: "external", hired: TestStore.now + .days(20), created: company.ago(days: 9))
            try company.person(
                "Alan Turing", hr: "terminated", hired: TestStore.now + .days(20), created: company.ago(days: 9))
        },
    ]

    static let cases: [RuleCase] = leavers + businessLeavers + records

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}

extension TestCompany {
    /// Adds a person moved by HR to Sales, where another person worked before.
    fileprivate func moved(_ days: Int, seconds: Int = 0, _ name: String = "Ada Lovelace") throws -> Person {
        let colleague = try person("Colleague of \(name)")
        try account(of: colleague, on: "bamboohr", department: "sales", employment: Employment(status: "active"))
        let person = try person(name)
        try account(
            of: person, on: "bamboohr", department: "Sales",
            employment: Employment(status: "active", movedAt: ago(days: days) + seconds))
        return person
    }
}
