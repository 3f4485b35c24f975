import Auth
import Base
import Connectors
import Store
import TestSupport
import Testing

/// The records of an HR system tell about employments, and never about access.
@Suite(.usesStore, .appliedBothWays) struct EmploymentTests {
    private let company: SyncCase
    private let okta: TestProvider
    private let hr: TestProvider

    private static let first = TestStore.now - .days(400)
    private static let last = TestStore.now + .days(9)

    init() throws {
        company = try SyncCase()
        okta = try company.connect("okta")
        hr = try company.connect("bamboohr")
    }

    /// Returns an employee's record.
    private func employee(
        _ id: String, _ email: String?, _ status: AccountRecord.Employment.Status = .active,
        hired: Timestamp? = Self.first, left: Timestamp? = nil, department: String? = nil,
        _ change: (inout AccountRecord) -> Void = { _ in }
    ) -> SyncRecord {
        account(id, email) { account in
            account.status = status == .terminated ? .deprovisioned : .active
            account.employment = AccountRecord.Employment(status: status)
            account.employment?.hiredAt = hired
            account.employment?.terminatedAt = left
            account.department = department
            change(&account)
        }
    }

    /// The people as `address, status, status in HR, first day, last day`.
    private var people: [String] {
        get throws {
            try company.workspace.rows(
                """
                SELECT email, status, hr_status, hired_at, terminated_at FROM identities
                WHERE workspace_id = $1 ORDER BY email
                """
            ) { row in
                let moments = [try row[3] as Timestamp?, try row[4] as Timestamp?].map { $0?.description ?? "-" }
                let texts = [try row[0] as String?, try row[1] as String?, try row[2] as String?].map { $0 ?? "-" }
                return (texts + moments).joined(separator: ", ")
            }
        }
    }

    @Test("An employment is stored with the person, whose status stays that of the account")
    func ofAPerson() throws {
        okta["users"] = [account("o1", "ann@example.com"), account("o2", "bo@example.com")]
        hr["employees"] = [
            employee("1", "ann@example.com", .terminated, left: Self.last), employee("2", "bo@example.com", .leave),
        ]
        for platform in ["okta", "bamboohr"] { try company.sync(platform) }
        #expect(
            try people == [
                "ann@example.com, active, terminated, \(Self.first), \(Self.last)",
                "bo@example.com, active, leave, \(Self.first), -",
            ])
        // HR no longer has the record.
        hr["employees"] = [employee("2", "bo@example.com")]
        try company.sync("bamboohr")
        #expect(
            try people == [
                "ann@example.com, active, -, -, -", "bo@example.com, active, active, \(Self.first), -",
            ])
    }

    @Test("The active record of a person counts, or else the latest one") func hiredAgain() throws {
        okta["users"] = [account("o1", "ann@example.com"), account("o2", "bo@example.com")]
        let again = TestStore.now - .days(30)
        hr["employees"] = [
            employee("1", "ann@example.com", .terminated, left: Self.first + .days(9)),
            employee("2", "ann@example.com", hired: again),
            employee("3", "bo@example.com", .terminated, hired: again, left: again + .days(3)),
            employee("4", "bo@example.com", .terminated, left: Self.first + .days(9)),
            employee("5", "bo@example.com", .terminated, hired: nil),
        ]
        for platform in ["okta", "bamboohr"] { try company.sync(platform) }
        #expect(
            try people == [
                "ann@example.com, active, active, \(again), -",
                "bo@example.com, active, terminated, \(again), \(again + .days(3))",
            ])
    }

    @Test("A former employee gets no identity, and an employee without an address is not matched")
    func strangers() throws {
        okta["users"] = [account("o1", "ann@example.com", name: "Ann Lee")]
        hr["employees"] = [
            employee("1", "gone@example.com", .terminated), employee("2", nil) { $0.displayName = "Ann Lee" },
            employee("3", "new@example.com"),
        ]
        for platform in ["okta", "bamboohr"] { try company.sync(platform) }
        #expect(
            try people == [
                "ann@example.com, active, -, -, -", "new@example.com, active, active, \(Self.first), -",
            ])
        // A person of that address comes.
        okta["users"] += [account("o2", "gone@example.com")]
        try company.sync("okta")
        #expect(try people[1] == "gone@example.com, active, terminated, \(Self.first), -")
    }

    @Test("Fields that could not be read keep their values, and the others change") func unread() throws {
        okta["users"] = [account("o1", "ann@example.com")]
        hr["employees"] = [employee("1", "ann@example.com", left: Self.last)]
        for platform in ["okta", "bamboohr"] { try company.sync(platform) }
        hr["employees"] = [
            employee("1", "ann@example.com", .terminated, hired: nil) { $0.unread = [.hiredAt, .terminatedAt] }
        ]
        try company.sync("bamboohr")
        #expect(try people == ["ann@example.com, active, terminated, \(Self.first), \(Self.last)"])
        hr["employees"] = [
            employee("1", "ann@example.com", hired: nil) { $0.unread = [.hrStatus, .status] }
        ]
        try company.sync("bamboohr")
        #expect(try people == ["ann@example.com, active, terminated, -, -"])
    }

    @Test("A move counts from the sync that sees another department, and only in HR") func moves() throws {
        func moved() throws -> [String] {
            try company.list(
                """
                SELECT external_id || ' ' || CASE WHEN moved_at IS NULL THEN '-' ELSE 'moved' END FROM accounts
                WHERE workspace_id = $1 ORDER BY 1
                """)
        }
        func sync(_ department: String?, _ change: (inout AccountRecord) -> Void = { _ in }) throws {
            okta["users"] = [account("o1", "ann@example.com") { $0.department = department }]
            hr["employees"] = [employee("1", "ann@example.com", department: department, change)]
            for platform in ["okta", "bamboohr"] { try company.sync(platform) }
        }
        try sync(nil)
        try sync("Sales")
        try sync(" sales")
        try sync(nil) { $0.unread = [.department] }
        #expect(try moved() == ["1 -", "o1 -"])
        try sync("Finance")
        #expect(try moved() == ["1 moved", "o1 -"])
        try sync("finance") { $0.title = "Analyst" }
        #expect(try moved() == ["1 moved", "o1 -"])
    }
}
