import Analysis
import Auth
import Base
import Foundation
import Store
import Sync
import TestSupport
import Testing

/// The rules that need an HR system, with records that BambooHR's connector reads and a real sync stores. The records
/// of other platforms are those of a `TestCompany`.
@Suite(.usesStore) struct HRConnectorTests {
    /// A company's BambooHR, with the fields of its employees. Each has a row in the data set with the last day.
    private final class HR: @unchecked Sendable {
        var employees: [[String: JSON]] = []

        func answer(_ request: FakeProvider.Request) -> FakeProvider.Reply? {
            switch request.method + " " + request.path {
            case "GET /api/v1/employees":
                return .json([
                    "data": .array(
                        employees.map { employee in .object(employee.filter { $0.key != "terminationDate" }) }),
                    "meta": ["total": .integer(employees.count), "page": ["nextCursor": .null]],
                ])
            case "POST /api/v2/datasets/employee/data":
                let rows = employees.map { employee -> JSON in
                    [
                        "fields": [
                            "eeid": employee["employeeId"] ?? .null,
                            "terminationDate": employee["terminationDate"] ?? "0000-00-00",
                        ]
                    ]
                }
                return .json(["data": .array(rows), "meta": ["page": 1, "totalPages": 1]])
            default: return nil
            }
        }
    }

    /// Returns the day that lies this number of days after today, as HR writes it.
    private static func day(_ days: Int) -> JSON {
        .string(String((TestStore.now + .days(days)).description.prefix(10)))
    }

    /// Returns an employee who has worked for the company for a year.
    private static func employee(
        _ number: Int, _ name: String, _ change: [String: JSON] = [:]
    ) -> [String: JSON] {
        let names = name.split(separator: " ").map(String.init)
        let address = name.lowercased().split(separator: " ").joined(separator: ".") + "@company.example"
        let fields: [String: JSON] = [
            "employeeId": .string(String(number)), "firstName": .string(names[0]), "lastName": .string(names[1]),
            "preferredName": .null, "photoUrl": .null, "jobTitleName": "Engineer", "status": "Active",
            "workEmail": .string(address), "hireDate": day(-400), "departmentName": "Engineering",
            "employmentStatusName": "Full-Time", "reportsToId": .null, "_restrictedFields": [],
        ]
        return fields.merging(change) { $1 }
    }

    private static func left(_ days: Int) -> [String: JSON] {
        ["status": "Inactive", "employmentStatusName": "Terminated", "terminationDate": day(days)]
    }

    /// Syncs the company's BambooHR once for each of the lists of employees, and returns the sentences of a rule's
    /// findings. `story` adds records of other platforms before.
    private func findings(
        of rule: String, _ states: [[String: JSON]]..., story: (TestCompany) throws -> Void
    ) throws -> [String] {
        try findings(of: [try #require(Rule.named(rule))], states, story: story)[0]
    }

    /// Returns the sentences of the findings of each rule. The syncs are eight days apart, the last one an hour ago.
    private func findings(
        of rules: [Rule], _ states: [[[String: JSON]]], story: (TestCompany) throws -> Void
    ) throws -> [[String]] {
        let store = try TestStore()
        let company = try TestCompany(store.database)
        try story(company)
        let hr = HR()
        let provider = try FakeProvider { hr.answer($0) }
        var tools = SyncTools(
            Environment([
                "ENVIRONMENT": "development", "UPSTREAM_BAMBOOHR": provider.url,
                "CREDENTIALS_KEY": "k1:" + Data(repeating: 7, count: 32).base64EncodedString(),
            ]))
        tools.firstPause = 0.001
        let workspace = try company.workspace()
        let config: [String: JSON] = ["company": "company", "api_key": "key"]
        for (index, employees) in states.enumerated() {
            hr.employees = employees
            let moment = company.ago(days: (states.count - 1 - index) * 8, hours: 1)
            let id = try workspace.connect("bamboohr", config: config, with: tools, seconds: 20, now: moment).id
            _ = try workspace.sync(id, with: tools, SyncTime(pull: 600, all: 900), now: { moment })
        }
        #expect(provider.unexpected.isEmpty)
        // A new connection counts from its first sync.
        try store.database.execute(
            "UPDATE integrations SET connected_at = $2 WHERE workspace_id = $1", company.id, company.ago(days: 200))
        let sources = try workspace.connectedSources()
        return try workspace.detections(of: rules, from: sources, at: TestStore.now).map { $0.map(\.title) }
    }

    @Test("People who left according to HR are found once their last day is over everywhere") func leavers() throws {
        let found = try findings(
            of: "access_hygiene::terminated_in_hr_but_active",
            [
                Self.employee(1, "Ada Lovelace", Self.left(-3)),
                // The last day is not over, or still to come, or an earlier employment's; or the person is on leave.
                Self.employee(2, "Grace Hopper", Self.left(0)), Self.employee(3, "Alan Turing", Self.left(20)),
                Self.employee(4, "Joan Clarke", ["terminationDate": Self.day(-500)]),
                Self.employee(5, "Edith Clarke", ["employmentStatusName": "Medical Leave"]),
                // A record without a last day, of a person who has not begun.
                Self.employee(6, "Mary Jackson", ["status": "Inactive", "hireDate": Self.day(9)]),
                // The earlier record of a person who works here again.
                Self.employee(7, "Katherine Johnson", Self.left(-300)), Self.employee(8, "Katherine Johnson"),
            ]
        ) { company in
            for name in [
                "Ada Lovelace", "Grace Hopper", "Alan Turing", "Joan Clarke", "Edith Clarke", "Mary Jackson",
                "Katherine Johnson",
            ] {
                try company.person(name, hr: nil)
            }
        }
        #expect(
            found == [
                "Ada Lovelace left 2 days ago according to BambooHR, but the Okta account is active and was used 1 day ago."
            ])
    }

    @Test("A department of HR that the directory knows too is compared, by person") func departments() throws {
        let found = try findings(
            of: "access_hygiene::department_mismatch",
            [
                Self.employee(1, "Ada Lovelace", ["departmentName": "Sales"]),
                Self.employee(2, "Grace Hopper", ["departmentName": "Sales"]),
                Self.employee(3, "Alan Turing", ["departmentName": "Research"]),
                Self.employee(4, "Joan Clarke", ["departmentName": .null, "_restrictedFields": ["departmentName"]]),
            ]
        ) { company in
            try company.person("Ada Lovelace", hr: nil)
            try company.person("Grace Hopper", department: "Sales", hr: nil)
            try company.person("Alan Turing", hr: nil)
            try company.person("Joan Clarke", department: "Sales", hr: nil)
        }
        #expect(
            found == [
                """
                Ada Lovelace is in Sales according to BambooHR and in Engineering according to Okta, so access follows \
                the wrong department.
                """
            ])
    }

    @Test("HR names a manager by the employee, whose person is compared") func managers() throws {
        let found = try findings(
            of: "access_hygiene::manager_mismatch",
            [
                Self.employee(1, "Ada Lovelace", ["reportsToId": "2"]), Self.employee(2, "Grace Hopper"),
                Self.employee(3, "Alan Turing", ["reportsToId": "2"]),
                Self.employee(4, "Joan Clarke", ["reportsToId": "2"]),
                Self.employee(5, "Edith Clarke", ["reportsToId": .null]),
            ]
        ) { company in
            try company.person("Ada Lovelace", manager: "edith.clarke@company.example", hr: nil)
            try company.person("Grace Hopper", hr: nil)
            try company.person("Alan Turing", manager: "grace.hopper@company.example", hr: nil)
            try company.person("Joan Clarke", manager: "g.hopper@company.example", hr: nil)
            try company.person("Edith Clarke", manager: "grace.hopper@company.example", hr: nil)
        }
        #expect(
            found == [
                """
                Ada Lovelace reports to Grace Hopper in BambooHR and to Edith Clarke in Okta, so the wrong person \
                approves access.
                """
            ])
    }

    @Test("Only people without any kind of record in HR are ghosts") func ghosts() throws {
        let found = try findings(
            of: "access_hygiene::ghost_employee",
            [
                Self.employee(1, "Grace Hopper"),
                // Records without an address, with another one, and of people who have left.
                Self.employee(2, "Alan Turing", ["workEmail": .null]),
                Self.employee(3, "Joan Clarke", ["workEmail": "jclarke@company.example"]),
                Self.employee(4, "Edith Clarke", Self.left(-30)),
                Self.employee(5, "Augusta King", ["preferredName": "Gussie", "workEmail": .null]),
            ]
        ) { company in
            for name in [
                "Ada Lovelace", "Grace Hopper", "Alan Turing", "Joan Clarke", "Edith Clarke", "Augusta King",
            ] {
                try company.person(name, hr: nil)
            }
            try company.person("Contractor", type: "external", hr: nil)
        }
        #expect(
            found == [
                "Ada Lovelace has an active Okta account with 0 applications, but BambooHR has no one with that name."
            ])
        let silent = try findings(
            of: "access_hygiene::ghost_employee",
            [
                Self.employee(1, "Grace Hopper"),
                Self.employee(
                    2, "No Body",
                    [
                        "firstName": .null, "lastName": .null, "workEmail": .null,
                        "_restrictedFields": ["firstName", "lastName", "workEmail"],
                    ]),
            ]
        ) { try $0.person("Ada Lovelace", hr: nil) }
        #expect(silent == [])
    }

    @Test("New hires without any account are found, and future or unmatched ones are not") func newHires() throws {
        let hires = [
            Self.employee(1, "Ada Lovelace", ["hireDate": Self.day(-5)]),
            Self.employee(2, "Grace Hopper", ["hireDate": Self.day(5)]),
            Self.employee(3, "Alan Turing", ["hireDate": Self.day(-5), "workEmail": .null]),
            Self.employee(4, "Joan Clarke", ["hireDate": Self.day(-5), "workEmail": "jclarke@company.example"]),
            Self.employee(5, "Edith Clarke", ["hireDate": Self.day(-5)]),
        ]
        func story(_ company: TestCompany) throws {
            try company.person("Joan Clarke", hr: nil)
            let edith = try company.person("Edith Clarke", hr: nil, idp: false)
            try company.account(of: edith, on: "slack")
        }
        #expect(
            try findings(of: "access_hygiene::new_hire_without_account", hires, story: story) == [
                """
                Ada Lovelace started 5 days ago according to BambooHR and has no account, so their work begins on \
                borrowed accounts.
                """
            ])
        #expect(
            try findings(of: "identity_security::new_hire_outside_idp", hires, story: story) == [
                """
                Edith Clarke started 5 days ago and already works in Slack without an account in Okta, so none of its \
                rules apply to those sign-ins.
                """
            ])
    }

    @Test("Former employees with access to code are found, also if no directory knows them") func code() throws {
        let found = try findings(
            of: "compound_risk::terminated_with_repository_write",
            [
                Self.employee(1, "Ada Lovelace", Self.left(-3)), Self.employee(2, "Grace Hopper", Self.left(3)),
                Self.employee(3, "Alan Turing"),
            ]
        ) { company in
            for name in ["Ada Lovelace", "Grace Hopper", "Alan Turing"] {
                try company.account(of: company.person(name, hr: nil, idp: false), on: "github")
            }
        }
        #expect(
            found == [
                """
                Ada Lovelace left according to BambooHR but can still push code to GitHub, where no one expects changes \
                from them.
                """
            ])
    }

    @Test("People who leave soon are found with their downloads and their rights") func leavingSoon() throws {
        let employees = [
            Self.employee(1, "Ada Lovelace", ["terminationDate": Self.day(9)]),
            Self.employee(2, "Grace Hopper", ["terminationDate": Self.day(-500)]),
            Self.employee(3, "Alan Turing", Self.left(-3)), Self.employee(4, "Joan Clarke"),
        ]
        func story(_ company: TestCompany) throws {
            let figma = try company.application()
            for name in ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Joan Clarke"] {
                let person = try company.person(name, hr: nil)
                try company.finding("behavioral_anomaly::unusual_downloads", "high", about: person)
                try company.entitlement(of: person, to: figma, admin: true)
            }
        }
        #expect(
            try findings(of: "finding_correlation::departing_with_downloads", employees, story: story) == [
                """
                Ada Lovelace is leaving the company according to BambooHR and downloaded an unusual number of files, \
                which may be leaving too.
                """
            ])
        #expect(
            try findings(of: "compound_risk::leaver_soon_is_admin", employees, story: story) == [
                """
                Ada Lovelace leaves within 10 days according to BambooHR and still administers Figma, so nobody else may \
                be able to when they are gone.
                """
            ])
    }

    @Test("The lag counts people who left, from the end of their last day") func lag() throws {
        func found(_ days: Int) throws -> [String] {
            try findings(
                of: "drift_signal::termination_lag",
                [
                    Self.employee(1, "Ada Lovelace", Self.left(days)), Self.employee(2, "Grace Hopper", Self.left(5)),
                    Self.employee(3, "Alan Turing"),
                ]
            ) { company in
                for name in ["Ada Lovelace", "Grace Hopper", "Alan Turing"] { try company.person(name, hr: nil) }
            }
        }
        #expect(
            try found(-6) == [
                """
                Access of the 1 person who left in the last 30 days ended 5.0 days late on average, so former employees \
                could still sign in.
                """
            ])
        #expect(try found(-2) == [])
    }

    @Test("A move to another department counts from the sync that saw it") func movers() throws {
        func state(_ department: JSON) -> [[String: JSON]] {
            [
                Self.employee(1, "Ada Lovelace", ["departmentName": department]),
                Self.employee(2, "Grace Hopper", ["departmentName": "Sales"]), Self.employee(3, "Alan Turing"),
            ]
        }
        func story(_ company: TestCompany) throws {
            let figma = try company.application()
            for name in ["Ada Lovelace", "Grace Hopper", "Alan Turing"] {
                try company.entitlement(of: company.person(name, hr: nil), to: figma, admin: true)
            }
        }
        let rule = "access_hygiene::mover_keeps_access"
        #expect(
            try findings(of: rule, state("Support"), state("Sales"), state("Sales"), story: story) == [
                """
                Ada Lovelace moved to Sales 8 days ago according to BambooHR and still administers Figma, a right that \
                the old job needed.
                """
            ])
        #expect(try findings(of: rule, state("Support"), state("Sales"), story: story) == [])
        #expect(try findings(of: rule, state("Sales"), state("Sales"), story: story) == [])
    }

    @Test("An account that is used long before the first day is found") func early() throws {
        let found = try findings(
            of: "access_hygiene::account_long_before_start",
            [
                Self.employee(1, "Ada Lovelace", ["hireDate": Self.day(20)]),
                Self.employee(2, "Grace Hopper", ["hireDate": Self.day(9)]),
                Self.employee(3, "Alan Turing", ["hireDate": Self.day(20)]),
            ]
        ) { company in
            for name in ["Ada Lovelace", "Grace Hopper"] {
                try company.person(name, hr: nil, created: company.ago(days: 20))
            }
            // An account of an earlier employment.
            try company.person("Alan Turing", hr: nil)
        }
        #expect(
            found == [
                """
                Ada Lovelace starts in 19 days according to BambooHR but used the Okta account 1 day ago, before any \
                contract applies.
                """
            ])
    }

    /// An HR record has no second factor, no sign-in and no administrator, and is neither an account that stays active
    /// nor one that no identity provider knows.
    @Test("Rules about accounts find nothing in HR's records") func noAccounts() throws {
        let rules = Rule.all.filter { !$0.needs.contains(.category("hr")) && $0.category != .driftSignal }
        let employees = [
            Self.employee(1, "Ada Lovelace"), Self.employee(2, "Grace Hopper"),
            Self.employee(3, "Alan Turing", ["workEmail": .null]),
            Self.employee(4, "Joan Clarke", Self.left(-30)), Self.employee(5, "Edith Clarke", Self.left(-30)),
        ]
        func found(_ employees: [[String: JSON]]) throws -> [[String]] {
            try findings(of: rules, [employees]) { company in
                for name in ["Ada Lovelace", "Mary Jackson", "Dorothy Vaughan"] { try company.person(name, hr: nil) }
                // The access ended when the person left.
                try company.person(
                    "Joan Clarke", status: "deprovisioned", hr: nil, deprovisioned: company.ago(days: 29))
            }
        }
        let (without, with) = (try found([]), try found(employees))
        for (index, rule) in rules.enumerated() { #expect(with[index] == without[index], "\(rule.id)") }
    }
}
