import Analysis
import Auth
import Base
import Store
import TestSupport
import Testing

/// The confidence in a finding follows from how records were matched and how long the logs are.
@Suite(.usesStore) struct EvidenceTests {
    private func confidence(_ id: String, days: Int = 0, _ story: RuleCase.Story) throws -> Double? {
        let store = try TestStore()
        let company = try TestCompany(store.database)
        try story(company)
        let workspace = try company.workspace()
        try workspace.execute(
            "UPDATE integrations SET connected_at = $2 WHERE workspace_id = $1", company.ago(days: days))
        let rule = try #require(Rule.named(id))
        return try workspace.detections(of: [rule], from: workspace.connectedSources(), at: TestStore.now)[0].only?
            .confidence
    }

    @Test("A state that a platform reports is surer than one that matching has found") func matching() throws {
        #expect(
            try confidence("identity_security::admin_without_mfa") { try $0.person(type: "admin", mfa: false) } == 0.95)
        #expect(
            try confidence("compound_risk::no_mfa_with_app_admin") { company in
                let ada = try company.person(mfa: false)
                try company.entitlement(of: ada, to: company.application("Salesforce"), admin: true)
            } == 0.9)
    }

    @Test("An account without a match is less sure, since the match may not be visible") func unmatched() throws {
        #expect(
            try confidence("access_hygiene::admin_account_without_idp_identity") {
                try $0.account(on: "slack", username: "Viktor", admin: true)
            } == 0.7)
    }

    @Test(
        "Unusual behaviour is surer the longer the logs are",
        arguments: [(1, 0.5), (13, 0.5), (14, 0.6), (29, 0.6), (30, 0.75), (59, 0.75), (60, 0.9), (400, 0.9)])
    func habits(_ days: Int, _ expected: Double) throws {
        let found = try confidence("behavioral_anomaly::brute_force", days: days) { company in
            let ada = try company.person()
            try company.failSignIns(of: ada, 10, from: 3, at: company.ago(hours: 3))
            // The first entry of the log.
            try company.event("application.lifecycle.update", of: ada, at: company.ago(days: days))
        }
        #expect(found == expected)
    }
}

extension [Detection] {
    fileprivate var only: Detection? { count == 1 ? first : nil }
}
