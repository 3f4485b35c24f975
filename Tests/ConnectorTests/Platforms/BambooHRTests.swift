import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let bambooHR = ConnectorCase(
        connector: BambooHR.self, config: ["company": "acme", "api_key": "keyBambooHRSecret"],
        org: { BambooHRCompany.answer($0, isEmpty: false) }, emptyOrg: { BambooHRCompany.answer($0, isEmpty: true) },
        isPage: { $0.path == "/api/v1/employees" },
        throttled: { FakeProvider.Reply(429, headers: ["Retry-After": "1"]) },
        refused: FakeProvider.Reply(
            401, headers: ["X-BambooHR-Error-Message": "API key not provided or invalid", "Content-Type": "text/html"]),
        renewsTokens: false, counts: ["account": 6])
}

/// A company as BambooHR's API shows it, with two employees on a page, and two rows on a page of the data set.
enum BambooHRCompany {
    /// The employees' fields in the list, as its documentation names them, and their last day in the data set.
    private static let employees: [(fields: [String: JSON], lastDay: JSON)] = [
        (employee(1, "Grace", "Hopper", title: "Admiral", department: "Board"), .null),
        (
            employee(2, "Augusta", "King", preferred: "Ada", manager: "1").merging(["hireDate": "2021-08-30"]) { $1 },
            "0000-00-00"
        ),
        // The last day is still to come.
        (employee(3, "Alan", "Turing", manager: "1"), "2026-05-20"),
        (
            employee(4, "Joan", "Clarke", manager: "1").merging(
                ["status": "Inactive", "employmentStatusName": "Terminated"]) { $1 }, "2026-03-15"
        ),
        (employee(5, "Edith", "Clarke", manager: "1").merging(["employmentStatusName": "Parental Leave"]) { $1 }, ""),
        (employee(6, "Mary", "Jackson", manager: "1").merging(["workEmail": .null]) { $1 }, .null),
    ]

    private static func employee(
        _ number: Int, _ first: String, _ last: String, preferred: String? = nil, title: String = "Engineer",
        department: String = "Engineering", manager: String? = nil
    ) -> [String: JSON] {
        [
            "employeeId": .string(String(number)), "firstName": .string(first), "lastName": .string(last),
            "preferredName": preferred.map(JSON.string) ?? .null,
            "photoUrl": .string("https://images.example/\(number)"),
            "jobTitleName": .string(title), "status": "Active", "_restrictedFields": [],
            "workEmail": .string("\(first).\(last)@Acme.com"), "hireDate": "2020-12-30",
            "departmentName": .string(department), "employmentStatusName": "Full-Time",
            "reportsToId": manager.map(JSON.string) ?? .null,
        ]
    }

    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        // The decoded credentials: keyBambooHRSecret:x
        guard request.headers["Host"] == "acme.bamboohr.com",
            request.headers["Authorization"] == "Basic a2V5QmFtYm9vSFJTZWNyZXQ6eA==",
            request.headers["Accept"] == "application/json"
        else { return nil }
        let employees = isEmpty ? [] : Self.employees
        switch (request.method, request.path) {
        case ("GET", "/api/v1/employees"):
            guard request.parameter("fields") == "workEmail,hireDate,departmentName,employmentStatusName,reportsToId",
                let limit = request.parameter("page[limit]").flatMap({ Int($0) }), (1...2_500).contains(limit)
            else { return nil }
            let from = request.parameter("page[after]").flatMap { Int($0.dropFirst("after-".count)) } ?? 0
            guard (0...employees.count).contains(from) else { return nil }
            let page = employees.dropFirst(from).prefix(min(limit, 2)).map { JSON.object($0.fields) }
            let next = from + page.count
            return .json([
                "data": .array(page),
                "meta": [
                    "total": .integer(employees.count),
                    "page": [
                        "limit": .integer(limit), "prevCursor": .null,
                        "nextCursor": next < employees.count ? .string("after-\(next)") : .null,
                    ],
                ],
                "_links": ["self": ["href": "https://api.bamboohr.com/api/v1/employees"]],
            ])
        case ("POST", "/api/v2/datasets/employee/data"):
            guard request.json["fields"] == ["eeid", "terminationDate"], request.json["orderBy"] == "eeid asc",
                request.json["pageSize"] == 1_000, let number = request.json["page"]?.integer, number >= 1
            else { return nil }
            let rows = employees.dropFirst((number - 1) * 2).prefix(2).map { employee -> JSON in
                ["fields": ["eeid": employee.fields["employeeId"] ?? .null, "terminationDate": employee.lastDay]]
            }
            return .json([
                "data": .array(rows), "links": [:],
                "meta": [
                    "page": .integer(number), "pageSize": 2, "totalPages": .integer((employees.count + 1) / 2),
                    "totalItems": .integer(employees.count),
                ],
            ])
        default: return nil
        }
    }
}

@Suite struct BambooHRTests {
    private func accounts(_ answer: @escaping ConnectorCase.Script) throws -> [String: AccountRecord] {
        let provider = try FakeProvider(answer)
        let connector = try ConnectorCase.bambooHR.connect(provider)
        let accounts = try pull { connector }.accounts
        #expect(provider.unexpected.isEmpty)
        return accounts
    }

    @Test("Employees are mapped to our records") func mapsWhatBambooHRSays() throws {
        let accounts = try accounts(ConnectorCase.bambooHR.org)
        let ada = try #require(accounts["2"])
        #expect(ada.displayName == "Ada King" && ada.metadata == ["legal_name": "Augusta King"])
        #expect(ada.email == "augusta.king@acme.com" && ada.status == .active && ada.kind == .user)
        #expect(ada.department == "Engineering" && ada.title == "Engineer" && ada.managerExternalID == "1")
        #expect(ada.employment?.status == .active && ada.employment?.terminatedAt == nil)
        #expect(ada.employment?.hiredAt == Timestamp("2021-08-30T00:00:00Z"))
        #expect(ada.mfaEnabled == nil && ada.isAdmin == false && ada.lastLoginAt == nil && ada.unread == [])
        #expect(accounts["1"]?.managerExternalID == nil && accounts["1"]?.unread == [])
        #expect(accounts["5"]?.employment?.status == .leave && accounts["5"]?.status == .active)
        #expect(accounts["6"]?.email == nil && accounts["6"]?.metadata == ["address": "none"])
    }

    /// An employment ends at the end of the last day in the company's time zone, which the API does not tell. The last
    /// zone in which a day ends is twelve hours behind UTC.
    @Test("A last day counts until it is over everywhere") func lastDays() throws {
        let accounts = try accounts(ConnectorCase.bambooHR.org)
        #expect(accounts["3"]?.employment?.terminatedAt == Timestamp("2026-05-21T12:00:00Z"))
        #expect(accounts["3"]?.employment?.status == .active && accounts["3"]?.status == .active)
        #expect(accounts["4"]?.employment?.terminatedAt == Timestamp("2026-03-16T12:00:00Z"))
        #expect(accounts["4"]?.employment?.status == .terminated && accounts["4"]?.status == .deprovisioned)
        // The end of the employment is not the end of an access.
        #expect(accounts["4"]?.deprovisionedAt == nil)
    }

    /// A recorded answer of a real company (JupiterOne/graph-bamboohr, iterateEmployees, of 15 February 2022) has these
    /// combinations of values: Inactive employees whose last day is still to come, Active ones whose first day is still
    /// to come, 0000-00-00 for no last day, and employees without a work address.
    @Test(
        "The values of a recorded answer are read",
        arguments: [
            ("Active", "Full-Time", "2020-12-30", "0000-00-00", .active, nil),
            ("Active", "Contractor", "2022-03-17", "0000-00-00", .active, nil),
            ("Inactive", "Terminated", "2021-04-01", "2022-05-20", .terminated, "2022-05-21T12:00:00Z"),
            ("Inactive", "Terminated", "2020-08-30", "2020-09-26", .terminated, "2020-09-27T12:00:00Z"),
        ] as [(String, String, String, String, AccountRecord.Employment.Status, String?)])
    func recorded(
        _ status: String, _ kind: String, _ first: String, _ last: String, _ expected: AccountRecord.Employment.Status,
        _ end: String?
    ) {
        let employee: JSON = [
            "employeeId": "4", "firstName": "Charlotte", "lastName": "Abbott", "preferredName": .null,
            "jobTitleName": "Sr. HR Administrator", "status": .string(status), "workEmail": "redacted@email.com",
            "departmentName": "Human Resources", "employmentStatusName": .string(kind), "hireDate": .string(first),
            "reportsToId": .null,
        ]
        let lastDay = BambooHRRecords.lastDay(["fields": ["eeid": 4, "terminationDate": .string(last)]])
        let account = BambooHRRecords.employee(employee, id: "4", lastDay: lastDay).account
        #expect(account.employment?.status == expected && account.unread == [])
        #expect(account.employment?.hiredAt == Timestamp(first + "T00:00:00Z"))
        #expect(account.employment?.terminatedAt == end.flatMap { Timestamp($0) })
    }

    @Test("A last day before the first one belongs to an earlier employment") func hiredAgain() {
        let employee: JSON = [
            "employeeId": "4", "firstName": "Ada", "lastName": "King", "status": "Active", "hireDate": "2026-02-01",
        ]
        func account(_ last: String) -> AccountRecord {
            let lastDay = BambooHRRecords.lastDay(["fields": ["terminationDate": .string(last)]])
            return BambooHRRecords.employee(employee, id: "4", lastDay: lastDay).account
        }
        #expect(account("2025-06-30").employment?.terminatedAt == nil)
        #expect(account("2026-02-01").employment?.terminatedAt == Timestamp("2026-02-02T12:00:00Z"))
    }

    @Test(
        "Other dates are unread, not absent",
        arguments: ["2026-02-30", "30/06/2026", "soon", "2026-06-30T00:00:00Z"])
    func oddDates(_ text: String) throws {
        let employee: JSON = ["employeeId": "4", "status": "Active", "hireDate": .string(text)]
        let lastDay = BambooHRRecords.lastDay(["fields": ["terminationDate": .string(text)]])
        let account = BambooHRRecords.employee(employee, id: "4", lastDay: lastDay).account
        #expect(account.unread.isSuperset(of: [.hiredAt, .terminatedAt]))
        #expect(account.employment?.hiredAt == nil && account.employment?.terminatedAt == nil)
    }

    @Test("A refused cursor starts the list again") func beginsAgain() throws {
        let provider = try FakeProvider(ConnectorCase.bambooHR.org)
        provider.fail(
            .json(["error": ["code": "BadPage", "message": "The cursor is not valid."]], status: 400),
            when: { $0.parameter("page[after]") == "after-4" })
        let connector = try ConnectorCase.bambooHR.connect(provider)
        #expect(try pull { connector }.accounts.count == 6)
    }

    @Test("There are no actions") func noActions() throws {
        let connector = try ConnectorCase.bambooHR.connect(FakeProvider(ConnectorCase.bambooHR.org))
        let target = ActionTarget(actionID: .random(), externalID: "2")
        #expect(BambooHR.actions.isEmpty)
        #expect(throws: ConnectorError.self) { try connector.perform(.suspendUser, on: target) }
        #expect(try connector.outcome(of: .suspendUser, on: target) == nil)
    }
}
