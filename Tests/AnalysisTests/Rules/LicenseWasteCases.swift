import Base
import TestSupport
import Testing

@Suite(.usesStore) struct LicenseWasteTests {
    private static let byApplication: [RuleCase] =
        [
            RuleCase(
                "license_waste::unused_30_days",
                "2 Figma seats have not been used for 30 days or more, but all are paid for every month."
            ) { company in
                try seats(company, lastUsed: [company.ago(days: 30), company.ago(days: 60) + 1])
            } quiet: { company in
                try seats(company, lastUsed: [company.ago(days: 30) + 1, company.ago(days: 60), nil])
            } exempt: { company in
                try exemptSeats(company, lastUsed: company.ago(days: 45))
            },
            RuleCase(
                "license_waste::unused_60_days",
                "2 Figma seats have not been used for 60 days or more, but all are paid for every month."
            ) { company in
                try seats(company, lastUsed: [company.ago(days: 60), company.ago(days: 90) + 1])
            } quiet: { company in
                try seats(company, lastUsed: [company.ago(days: 60) + 1, company.ago(days: 90), nil])
            } exempt: { company in
                try exemptSeats(company, lastUsed: company.ago(days: 75))
            },
            RuleCase(
                "license_waste::unused_90_days",
                "1 Figma seat has not been used for 90 days or more, but it is paid for every month."
            ) { company in
                try seats(company, lastUsed: [company.ago(days: 90), company.ago(days: 1)])
            } quiet: { company in
                try seats(company, lastUsed: [company.ago(days: 90) + 1, nil])
            } exempt: { company in
                try exemptSeats(company, lastUsed: company.ago(days: 100))
            },
            RuleCase(
                "license_waste::never_used",
                "1 Figma seat was never used since it was assigned, 30 days ago or more, but it is paid for every month."
            ) { company in
                try seats(company, lastUsed: [nil, company.ago(days: 1)], granted: company.ago(days: 30))
            } quiet: { company in
                try seats(company, lastUsed: [nil, company.ago(days: 1)], granted: company.ago(days: 30) + 1)
            } exempt: { company in
                // The application reports no use of any seat.
                try seats(company, lastUsed: [nil, nil])
            },
            RuleCase(
                "license_waste::mostly_unused_app",
                "3 of 5 paid Figma seats have not been used for 30 days, so the company pays for more than twice what it needs."
            ) { company in
                try seats(
                    company,
                    lastUsed: [
                        company.ago(days: 30), company.ago(days: 70), nil, company.ago(days: 1), company.ago(days: 2),
                    ])
            } quiet: { company in
                try seats(
                    company,
                    lastUsed: [
                        company.ago(days: 30), company.ago(days: 70), nil, company.ago(days: 30) + 1,
                        company.ago(days: 2), company.ago(days: 3),
                    ])
            } exempt: { company in
                try seats(company, lastUsed: [company.ago(days: 30), company.ago(days: 70), nil, company.ago(days: 1)])
            },
        ]

    private static let byHolder: [RuleCase] =
        [
            RuleCase(
                "license_waste::licensed_twice",
                "Ada Lovelace holds 2 Zendesk seats, as Light Agent and Member, and needs only one."
            ) { company in
                let ada = try company.person()
                let zendesk = try company.application("Zendesk")
                try company.entitlement(of: ada, to: zendesk, license: true)
                try company.entitlement(of: ada, to: zendesk, role: "Light Agent", license: true)
            } quiet: { company in
                let ada = try company.person()
                let zendesk = try company.application("Zendesk")
                try company.entitlement(of: ada, to: zendesk, license: true)
                try company.entitlement(of: ada, to: zendesk, role: "Light Agent")
            } exempt: { company in
                let ada = try company.person()
                for name in ["Zendesk", "Figma"] {
                    try company.entitlement(of: ada, to: try company.application(name), license: true)
                }
            },
            RuleCase(
                "license_waste::admin_seat_inactive",
                "Ada Lovelace holds an admin seat of Figma that has not been used for 30 days, which is paid for and still opens everything."
            ) { company in
                try company.entitlement(
                    of: try company.person(), to: try company.application(), admin: true, license: true,
                    lastUsed: company.ago(days: 30))
            } quiet: { company in
                try company.entitlement(
                    of: try company.person(), to: try company.application(), admin: true, license: true,
                    lastUsed: company.ago(days: 30) + 1)
            } exempt: { company in
                let ada = try company.person()
                let figma = try company.application()
                try company.entitlement(of: ada, to: figma, admin: true, lastUsed: company.ago(days: 30))
                try company.entitlement(of: ada, to: figma, license: true, lastUsed: company.ago(days: 30))
                try company.entitlement(of: ada, to: figma, admin: true, license: true, lastUsed: nil)
            },
            RuleCase(
                "license_waste::service_account_seat",
                "The service account ci-build holds a paid Datadog seat that an API key would replace."
            ) { company in
                try company.entitlement(
                    of: try company.person("ci-build", type: "service_account"),
                    to: try company.application("Datadog"), license: true)
            } quiet: { company in
                try company.entitlement(
                    of: try company.person("ci-build", type: "service_account"),
                    to: try company.application("Datadog"))
            } exempt: { company in
                try company.entitlement(
                    of: try company.person(), to: try company.application("Datadog"), license: true)
            },
            RuleCase(
                "license_waste::external_seat_unused",
                "Ada Lovelace is external to the company and holds a Figma seat that has not been used for 30 days, but the company pays for it."
            ) { company in
                try company.entitlement(
                    of: try company.person(type: "external"), to: try company.application(), license: true,
                    lastUsed: company.ago(days: 30))
            } quiet: { company in
                try company.entitlement(
                    of: try company.person(type: "external"), to: try company.application(), license: true,
                    lastUsed: company.ago(days: 30) + 1)
            } exempt: { company in
                try seats(company, lastUsed: [company.ago(days: 30)])
            },
        ]
        + [("zoom", "Zoom"), ("box", "Box"), ("datadog", "Datadog"), ("salesforce", "Salesforce")].map {
            platform, name in
            RuleCase(
                "license_waste::\(platform)_unused_90_days",
                "Ada Lovelace has not used \(name) for 90 days, but the company still pays for the seat."
            ) { company in
                try company.account(of: try company.person(), on: platform, lastLogin: company.ago(days: 90))
            } quiet: { company in
                try company.account(of: try company.person(), on: platform, lastLogin: company.ago(days: 90) + 1)
            } exempt: { company in
                try company.account(on: platform, lastLogin: nil)
                try company.account(on: platform, kind: "service_account", lastLogin: company.ago(days: 90))
                try company.account(on: platform, status: "suspended", lastLogin: company.ago(days: 90))
                let former = try company.person(status: "deprovisioned")
                try company.account(of: former, on: platform, lastLogin: company.ago(days: 90))
                // The platform reports its seats, so that another rule covers those that are unused.
                let bob = try company.person("Bob")
                try company.account(of: bob, on: platform, lastLogin: company.ago(days: 90))
                try company.entitlement(
                    of: bob, to: company.application(name, from: platform), from: platform, license: true)
            }
        }

    /// Adds seats of one application, each of a different person.
    private static func seats(_ company: TestCompany, lastUsed: [Timestamp?], granted: Timestamp? = nil) throws {
        let figma = try company.application("Figma")
        for (number, moment) in lastUsed.enumerated() {
            try company.entitlement(
                of: try company.person("Person \(number)"), to: figma, license: true,
                granted: granted ?? company.ago(days: 200), lastUsed: moment)
        }
    }

    /// Adds seats that other rules find, a suspended person's seat, and access that is no seat.
    private static func exemptSeats(_ company: TestCompany, lastUsed: Timestamp) throws {
        let figma = try company.application("Figma")
        try company.entitlement(of: try company.person(), to: figma, admin: true, license: true, lastUsed: lastUsed)
        try company.entitlement(of: try company.person("Alan Turing"), to: figma, lastUsed: lastUsed)
        for (name, type, status) in [
            ("Grace Hopper", "external", "active"), ("ci-build", "service_account", "active"),
            ("Joan Clarke", "user", "suspended"),
        ] {
            try company.entitlement(
                of: try company.person(name, type: type, status: status), to: figma, license: true, lastUsed: lastUsed)
        }
    }

    static let cases: [RuleCase] = byApplication + byHolder

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
