import Base
import TestSupport
import Testing

extension TestCompany {
    /// Adds an unmanaged application and `users` people who have authorised it.
    fileprivate func shadow(
        _ name: String, users: Int, aiTool: Bool = false, publisher: String? = "Someone", access: String = "read",
        readsMailOrFiles: Bool = false, firstSeen: Timestamp = TestStore.now - .days(200),
        lastUsed: Timestamp? = TestStore.now - .days(2)
    ) throws {
        let application = try application(
            name, managed: false, sso: nil, aiTool: aiTool, publisher: publisher, firstSeen: firstSeen)
        for number in 0..<users {
            try grant(
                of: person("\(name) user \(number)"), to: application, access: access,
                readsMailOrFiles: readsMailOrFiles, granted: firstSeen, lastUsed: lastUsed)
        }
    }
}

@Suite(.usesStore) struct ShadowITTests {
    private static let applications: [RuleCase] = [
        RuleCase(
            "shadow_it::unsanctioned_app_used_by_many",
            "Pipeflow is used by 20 people with their company accounts and nobody has reviewed it."
        ) { company in
            try company.shadow("Pipeflow", users: 20)
        } quiet: { company in
            try company.shadow("Pipeflow", users: 19)
            let application = try company.application("Boardly", managed: false)
            let person = try company.person()
            for _ in 0..<20 { try company.grant(of: person, to: application) }
            let ownerless = try company.application("Ownerless", managed: false)
            for number in 0..<19 { try company.grant(of: company.person("User \(number)"), to: ownerless) }
            try company.grant(of: nil, to: ownerless, account: company.account(on: "okta"))
            // People only sign in to this site with their accounts.
            try company.shadow("Calendly", users: 30, access: "basic")
        } exempt: { company in
            for (name, policy) in [("One", "sanctioned"), ("Two", "unauthorized"), ("Three", "blocked")] {
                try company.shadow(name, users: 20)
                try company.decide(policy, about: name.uppercased())
            }
            let managed = try company.application("Managed")
            for number in 0..<20 {
                let person = try company.person("User \(number)")
                try company.grant(of: person, to: managed)
            }
        },
        RuleCase(
            "shadow_it::new_unsanctioned_app",
            """
            Boardly appeared 6 days ago and Boardly user 0 and Boardly user 1 already use it with their company accounts.
            """
        ) { company in
            try company.shadow("Boardly", users: 2, firstSeen: company.ago(days: 7) + 1)
        } quiet: { company in
            try company.shadow("Boardly", users: 2, firstSeen: company.ago(days: 7))
        } exempt: { company in
            try company.shadow("Boardly", users: 2, firstSeen: company.ago(days: 2))
            try company.decide("sanctioned", about: "boardly")
            try company.shadow("Blocked", users: 2, firstSeen: company.ago(days: 2))
            try company.decide("blocked", about: "Blocked")
            try company.application("Nobody's", managed: false, firstSeen: company.ago(days: 2))
            // This app was there before its platform was connected, as its grant shows.
            let old = try company.application("Old", managed: false, firstSeen: company.ago(days: 2))
            try company.grant(of: company.person("Old user"), to: old, granted: company.ago(days: 100))
            try company.shadow("Site", users: 2, access: "basic", firstSeen: company.ago(days: 2))
        },
        RuleCase(
            "shadow_it::unsanctioned_app_used_by_many",
            "Pipeflow is used by 5 people with their company accounts and nobody has reviewed it."
        ) { company in
            // Five of sixteen people are more than 30 per cent.
            try company.shadow("Pipeflow", users: 5)
            for number in 1...11 { try company.person("Person \(number)") }
        } quiet: { company in
            try company.shadow("Pipeflow", users: 5)
            for number in 1...12 { try company.person("Person \(number)") }
        } exempt: { company in
            try company.shadow("Pipeflow", users: 4)
        },
        RuleCase(
            "shadow_it::sign_in_only_apps",
            "People sign in to Calendly and Miro with their company accounts, and nobody has decided if company data may go there."
        ) { company in
            try company.shadow("Calendly", users: 30, access: "basic")
            try company.shadow("Miro", users: 1, access: "basic")
        } quiet: { company in
            try company.shadow("Pipeflow", users: 1, access: "read")
            try company.shadow("Sanctioned", users: 3, access: "basic")
            try company.decide("sanctioned", about: "Sanctioned")
        },
        RuleCase(
            "shadow_it::new_unsanctioned_app",
            "Boardly appeared 3 hours ago and Boardly user 0 already uses it with a company account."
        ) { company in
            try company.shadow("Boardly", users: 1, firstSeen: company.ago(hours: 3))
        } quiet: { company in
            let application = try company.application("Boardly", firstSeen: company.ago(hours: 3))
            try company.grant(of: company.person(), to: application)
        },
        RuleCase(
            "shadow_it::unknown_publisher",
            """
            AutoTab has no known publisher and 4 people let it into their company accounts, so nobody answers for what \
            it does with them.
            """
        ) { company in
            try company.shadow("AutoTab", users: 4, publisher: nil)
            try company.shadow("Boardly", users: 1)
        } quiet: { company in
            try company.shadow("Boardly", users: 4)
        } exempt: { company in
            try company.shadow("Sanctioned", users: 4, publisher: nil)
            try company.decide("sanctioned", about: "Sanctioned")
            try company.shadow("Boardly", users: 1)
            // No app from Slack has a publisher, so Slack may not report publishers.
            let application = try company.application("AutoTab", from: "slack", managed: false, publisher: nil)
            let person = try company.person()
            try company.grant(
                of: person, to: application, account: company.account(of: person, on: "slack"), from: "slack")
        },
        RuleCase(
            "shadow_it::dormant_app_with_grants",
            "Linkstash has not been used for 90 days but keeps the grants of 5 people, ready for whoever buys it."
        ) { company in
            try company.shadow("Linkstash", users: 5, lastUsed: company.ago(days: 90))
        } quiet: { company in
            let application = try company.application("Linkstash", managed: false)
            try company.grant(of: company.person(), to: application, lastUsed: company.ago(days: 120))
            try company.grant(
                of: company.person("Grace Hopper"), to: application, lastUsed: company.ago(days: 90) + 1)
        } exempt: { company in
            let application = try company.application("Linkstash", managed: false)
            try company.grant(of: company.person(), to: application, lastUsed: company.ago(days: 120))
            try company.grant(of: company.person("Grace Hopper"), to: application, lastUsed: nil)
            try company.shadow("Sanctioned", users: 2, lastUsed: company.ago(days: 120))
            try company.decide("sanctioned", about: "Sanctioned")
        },
        RuleCase(
            "shadow_it::unauthorized_app_in_use",
            "Quickforms is unauthorized, but 9 people still sign in to it with their company accounts."
        ) { company in
            try company.shadow("Quickforms", users: 9)
            try company.decide("unauthorized", about: "quickforms")
        } quiet: { company in
            try company.shadow("Quickforms", users: 0)
            try company.decide("unauthorized", about: "Quickforms")
            try company.shadow("Blocked", users: 3)
            try company.decide("blocked", about: "Blocked")
        } exempt: { company in
            let application = try company.application("Quickforms", managed: false)
            try company.decide("unauthorized", about: "Quickforms")
            try company.grant(of: company.person(status: "deprovisioned"), to: application)
        },
        RuleCase(
            "shadow_it::blocked_app_in_use",
            "Fileferry is blocked by policy, but the grant of 1 person still lets it into a company account."
        ) { company in
            try company.shadow("Fileferry", users: 1)
            try company.decide("blocked", about: "FileFerry")
        } quiet: { company in
            try company.shadow("Fileferry", users: 0)
            try company.decide("blocked", about: "Fileferry")
            try company.shadow("Other", users: 3)
            try company.decide("unauthorized", about: "Other")
        },
        RuleCase(
            "shadow_it::managed_app_without_sso",
            "Semrush has 25 users and no single sign-on, so their passwords there outlive their accounts."
        ) { company in
            let application = try company.application("Semrush", sso: false)
            for number in 0..<25 {
                try company.entitlement(of: company.person("User \(number)"), to: application)
            }
        } quiet: { company in
            let application = try company.application("Semrush", sso: false)
            for number in 0..<24 {
                let person = try company.person("User \(number)")
                try company.entitlement(of: person, to: application)
                try company.entitlement(of: person, to: application, role: "Guest")
            }
        } exempt: { company in
            let applications = [
                try company.application("Unknown", sso: nil), try company.application("Good", sso: true),
                try company.application("Unmanaged", managed: false, sso: false),
                try company.application("Decided", sso: false),
            ]
            try company.decide("sanctioned", about: "decided")
            for number in 0..<25 {
                let person = try company.person("User \(number)")
                for application in applications { try company.entitlement(of: person, to: application) }
            }
        },
    ]

    private static let adminGrants = [(1, "medium"), (2, "medium"), (3, "high"), (5, "high"), (6, "critical")].map {
        count, severity in
        let names = ["A", "A and B", "A, B and C", "", "A, B, C, D and E", "A, B, C, D and 2 others"]
        return RuleCase(
            "shadow_it::admin_with_unsanctioned_grants", severity: .init(rawValue: severity),
            """
            Okta admin Ada Lovelace has allowed \(count) unsanctioned app\(count == 1 ? "" : "s"), \
            \(names[count - 1]), into an admin's account.
            """
        ) { company in
            let admin = try company.person(type: "admin")
            for name in ["A", "B", "C", "D", "E", "F"].prefix(count) {
                let application = try company.application(name, managed: false)
                try company.grant(of: admin, to: application)
                try company.grant(of: admin, to: application)
            }
        } quiet: { company in
            try company.grant(of: company.person(), to: company.application("A", managed: false))
        } exempt: { company in
            let admin = try company.person(type: "admin")
            try company.grant(of: admin, to: company.application("Sanctioned", managed: false))
            try company.decide("sanctioned", about: "Sanctioned")
            try company.grant(of: admin, to: company.application("Managed"))
        }
    }

    private static let grants: [RuleCase] = [
        RuleCase(
            "shadow_it::broad_write_scope",
            """
            SyncDrop has full write access to the accounts of SyncDrop user 0 and SyncDrop user 1 without anyone's \
            approval.
            """
        ) { company in
            try company.shadow("SyncDrop", users: 2, access: "full")
        } quiet: { company in
            try company.shadow("SyncDrop", users: 2, access: "write")
        } exempt: { company in
            try company.shadow("SyncDrop", users: 2, access: "full")
            try company.decide("sanctioned", about: "SYNCDROP")
            try company.grant(of: company.person(), to: company.application("Managed"), access: "full")
        },
        RuleCase(
            "shadow_it::executive_with_broad_grant",
            """
            Ada Lovelace, VP Engineering, has given SyncDrop full write access to an executive's account without \
            anyone's approval.
            """
        ) { company in
            let application = try company.application("SyncDrop", managed: false)
            try company.grant(of: company.person(title: "VP Engineering"), to: application, access: "full")
        } quiet: { company in
            let application = try company.application("SyncDrop", managed: false)
            try company.grant(
                of: company.person(title: "Chief Financial Officer"), to: application, access: "write")
            try company.grant(of: company.person("Grace Hopper", title: nil), to: application, access: "full")
            try company.grant(of: company.person("Alan Turing"), to: application, access: "full")
            try company.grant(of: company.person("Joan", title: "VPN Engineer"), to: application, access: "full")
        } exempt: { company in
            let application = try company.application("SyncDrop", managed: false)
            try company.decide("sanctioned", about: "SyncDrop")
            try company.grant(
                of: company.person(title: "Chief Financial Officer"), to: application, access: "full")
        },
        RuleCase(
            "shadow_it::offboarded_with_grants",
            """
            Ada Lovelace was offboarded, but Meetwell and Pipeflow can still get into their account and did so 14 days \
            ago.
            """
        ) { company in
            let person = try company.person(status: "deprovisioned")
            let account = try company.account(of: person, on: "google_workspace")
            let sanctioned = try company.application("Meetwell", managed: false)
            try company.decide("sanctioned", about: "Meetwell")
            try company.grant(of: person, to: sanctioned, account: account, lastUsed: company.ago(days: 20))
            try company.grant(
                of: person, to: company.application("Pipeflow", managed: false), account: account,
                lastUsed: company.ago(days: 14))
        } quiet: { company in
            try company.grant(of: company.person(status: "suspended"), to: company.application("Meetwell"))
            // The account that gave the grant is closed.
            try company.grant(of: company.person("Bob", status: "deprovisioned"), to: company.application("Pipeflow"))
        } exempt: { company in
            let tool = try company.application("Codefriend AI", managed: false, aiTool: true)
            let person = try company.person(status: "deprovisioned")
            try company.grant(of: person, to: tool, account: company.account(of: person, on: "google_workspace"))
        },
    ]

    private static let aiTools: [RuleCase] = [
        RuleCase(
            "shadow_it::ai_tool_reads_mail_or_files",
            "MailMuse AI can read the mail or files of 5 people, and nobody has checked where it sends them."
        ) { company in
            try company.shadow("MailMuse AI", users: 5, aiTool: true, readsMailOrFiles: true)
        } quiet: { company in
            try company.shadow("MailMuse AI", users: 5, aiTool: true)
            try company.shadow("SyncDrop", users: 5, readsMailOrFiles: true)
        } exempt: { company in
            try company.shadow("MailMuse AI", users: 5, aiTool: true, readsMailOrFiles: true)
            try company.decide("sanctioned", about: "MailMuse AI")
        },
        RuleCase(
            "shadow_it::ai_tool_reads_mail_or_files", severity: .high,
            "MailMuse AI can read the mail or files of 4 people, and nobody has checked where it sends them."
        ) { company in
            try company.shadow("MailMuse AI", users: 4, aiTool: true, readsMailOrFiles: true)
        } quiet: { company in
            let application = try company.application("MailMuse AI", managed: false, aiTool: true)
            try company.grant(
                of: company.person(status: "deprovisioned"), to: application, readsMailOrFiles: true)
        },
        RuleCase(
            "shadow_it::ai_tool_widely_used",
            "DeckGenie AI is used by 10 people, so company data goes into an AI tool that nobody has reviewed."
        ) { company in
            try company.shadow("DeckGenie AI", users: 10, aiTool: true)
        } quiet: { company in
            try company.shadow("DeckGenie AI", users: 9, aiTool: true)
            try company.shadow("Boardly", users: 10)
            let ownerless = try company.application("Ownerless", managed: false, aiTool: true)
            for number in 0..<9 { try company.grant(of: company.person("User \(number)"), to: ownerless) }
            try company.grant(of: nil, to: ownerless, account: company.account(on: "okta"))
            // People only sign in to this site with their accounts.
            try company.shadow("Calendly", users: 30, access: "basic")
        } exempt: { company in
            try company.shadow("DeckGenie AI", users: 10, aiTool: true)
            try company.decide("sanctioned", about: "DeckGenie AI")
        },
        RuleCase(
            "shadow_it::terminated_with_ai_tool",
            "Ada Lovelace left the company, but Codefriend AI still holds a grant to their account, last used 8 days ago."
        ) { company in
            let tool = try company.application("Codefriend AI", managed: false, aiTool: true)
            try company.decide("sanctioned", about: "Codefriend AI")
            let person = try company.person(status: "deprovisioned")
            try company.grant(
                of: person, to: tool, account: company.account(of: person, on: "google_workspace"),
                lastUsed: company.ago(days: 8))
        } quiet: { company in
            let tool = try company.application("Codefriend AI", managed: false, aiTool: true)
            try company.grant(of: company.person(), to: tool)
            try company.grant(of: company.person("Bob", status: "deprovisioned"), to: tool)
            let leaving = try company.person("Grace Hopper", hr: "terminated", terminated: TestStore.now + 1)
            try company.grant(of: leaving, to: tool)
        } exempt: { company in
            try company.grant(
                of: company.person(status: "deprovisioned"), to: company.application("Meetwell", managed: false))
        },
        RuleCase(
            "shadow_it::terminated_with_ai_tool",
            "Ada Lovelace left the company, but Codefriend AI and Typelet AI still hold grants to their account."
        ) { company in
            let person = try company.person(hr: "terminated", terminated: TestStore.now)
            for name in ["Codefriend AI", "Typelet AI"] {
                let tool = try company.application(name, managed: false, aiTool: true)
                try company.grant(of: person, to: tool, lastUsed: nil)
            }
        } quiet: { company in
            let tool = try company.application("Codefriend AI", managed: false, aiTool: true)
            try company.grant(of: company.person(status: "suspended", hr: "leave"), to: tool)
        },
    ]

    static let cases: [RuleCase] = applications + adminGrants + grants + aiTools

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
