import Analysis
import Base
import TestSupport
import Testing

/// A company without any problem.
@Suite(.usesStore) struct CleanCompanyTests {
    @Test("Five hundred people without any problem lead to no finding and a risk score of 0")
    func fiveHundredPeopleInGoodOrderAreNoFinding() throws {
        let store = try TestStore()
        let company = try TestCompany(store.database)
        let applications = try ["Figma", "Notion", "Miro", "Linear", "Asana"].map { try company.application($0) }
        for number in 0..<500 {
            let isAdmin = number < 3
            // One of the people is the manager of all others.
            let manager = number == 0 ? nil : "person.0@company.example"
            let person = try company.person(
                "Person \(number)", type: isAdmin ? "admin" : "user", manager: manager,
                idpRoles: isAdmin ? ["SUPER_ADMIN"] : [])
            try company.account(of: person, on: "bamboohr", lastLogin: nil, department: "Engineering", manager: manager)
            try company.account(of: person, on: "slack", mfa: true, sso: true)
            try company.device("laptop-\(number)", of: person, serial: "C02\(number)")
            try company.agent("LAPTOP-\(number)", of: person, serial: "c02\(number) ")
            for offset in 0..<3 {
                try company.entitlement(
                    of: person, to: applications[(number + offset) % applications.count], license: true)
            }
        }
        let run = try company.workspace().analyze(now: TestStore.now)
        let findings = try store.database.rows("SELECT title FROM findings WHERE workspace_id = $1", company.id) {
            try $0[0] as String
        }
        #expect(findings == [])
        #expect(run.risk.score.value == 0)
    }
}
