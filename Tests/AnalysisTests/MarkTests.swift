import Analysis
import Auth
import Base
import Store
import TestSupport
import Testing

/// The marks of a workspace: what is marked as usual raises no finding.
@Suite(.usesStore) struct MarkTests {
    /// A rule that fires in a company, and a mark with which it does not.
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: String
        let mark: WorkspaceMark
        let values: [String]
        /// Values of the mark that do not concern the company's problem.
        let others: [String]
        let story: RuleCase.Story

        var testDescription: String { "\(mark.rawValue), \(rule)" }
    }

    static let cases = [
        Case(
            rule: "identity_security::stale_admin", mark: .emergencyAccounts, values: ["break.glass@company.example"],
            others: ["glass@company.example"]
        ) { try $0.person("Break Glass", type: "admin", lastLogin: $0.ago(days: 40)) },
        Case(
            rule: "identity_security::admin_without_mfa", mark: .emergencyAccounts,
            values: ["break.glass@company.example"],
            others: ["other@company.example"]
        ) { try $0.person("Break Glass", type: "admin", mfa: false) },
        Case(
            rule: "access_hygiene::aws_admin_not_in_idp", mark: .emergencyAccounts, values: ["break-glass"],
            others: ["glass"]
        ) { try $0.account(on: "aws", username: "break-glass", admin: true, metadata: ["console": "yes"]) },
        Case(
            rule: "access_hygiene::account_without_idp_identity", mark: .companyDomains, values: ["company.example"],
            others: []
        ) { try $0.account(on: "slack", username: "Viktor", email: "viktor@partner.example") },
        Case(
            rule: "access_hygiene::external_accounts_outside_idp", mark: .companyDomains,
            values: ["company.example", "partner.example"], others: ["company.example", "artner.example"]
        ) { try $0.account(on: "slack", username: "Viktor", email: "viktor@partner.example", kind: "external") },
        Case(
            rule: "behavioral_anomaly::password_spray", mark: .trustedNetworks, values: ["198.51.100.0/24"],
            others: ["198.51.101.0/24", "2001:db8::/32"]
        ) { try $0.spray(people: 10) },
        Case(
            rule: "access_hygiene::ghost_employee", mark: .contractorMarks, values: ["address:ada"],
            others: ["address:lovelace", "title:ada", "department:ada"]
        ) { company in
            try company.person(hr: nil)
            try company.account(of: company.person("Grace Hopper"), on: "bamboohr")
        },
        Case(
            rule: "access_risk::external_with_many_apps", mark: .contractorMarks, values: ["address:ada.l"],
            others: ["address:da."]
        ) { company in
            let ada = try company.person(type: "external")
            for number in 1...10 { try company.entitlement(of: ada, to: try company.application("App \(number)")) }
        },
    ]

    private func count(_ one: Case, marked values: [String]) throws -> Int {
        let store = try TestStore()
        let company = try TestCompany(store.database)
        try one.story(company)
        let workspace = try company.workspace()
        for value in values {
            try workspace.execute(
                "INSERT INTO workspace_marks (workspace_id, kind, value) VALUES ($1, $2, $3)", one.mark.rawValue, value)
        }
        let rule = try #require(Rule.named(one.rule))
        return try workspace.detections(of: [rule], from: workspace.connectedSources(), at: TestStore.now)[0].count
    }

    @Test("A marked account, address or person raises no finding, and others do", arguments: cases)
    func marks(_ one: Case) throws {
        #expect(try count(one, marked: []) == 1)
        #expect(try count(one, marked: one.others) == 1)
        #expect(try count(one, marked: one.values) == 0)
    }
}
