import Analysis
import Store
import TestSupport
import Testing

/// An account, key, grant or role of a person who has left is no finding if its platform was not synced since: it may
/// have been closed in the meantime.
@Suite(.usesStore) struct UnsyncedPlatformTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: String
        let platform: String
        /// Adds the access of a person who left 12 days ago.
        let access: @Sendable (TestCompany, TestCompany.Person) throws -> Void

        var testDescription: String { rule }
    }

    static let cases = [
        Case(rule: "access_hygiene::offboarded_but_active", platform: "slack") { try $0.account(of: $1, on: "slack") },
        Case(rule: "access_hygiene::gitlab_offboarded_active", platform: "gitlab") {
            try $0.account(of: $1, on: "gitlab")
        },
        Case(rule: "access_hygiene::inactive_user_with_entitlements", platform: "zoom") {
            try $0.entitlement(of: $1, to: $0.application("Figma"), from: "zoom")
        },
        Case(rule: "access_hygiene::inactive_user_with_admin", platform: "zoom") {
            try $0.entitlement(of: $1, to: $0.application("Figma"), from: "zoom", admin: true)
        },
        Case(rule: "compound_risk::offboarded_with_access_key", platform: "aws") {
            try $0.key(of: $1, on: "aws")
        },
        Case(rule: "shadow_it::offboarded_with_grants", platform: "google_workspace") {
            try $0.grant(
                of: $1, to: $0.application("Gong", managed: false),
                account: $0.account(of: $1, on: "google_workspace"))
        },
    ]

    @Test("Access of people who left counts only if its platform was synced since", arguments: cases)
    func unsynced(_ one: Case) throws {
        for (days, expected) in [(11, 1), (13, 0)] {
            let store = try TestStore()
            let company = try TestCompany(store.database)
            try one.access(company, company.person(status: "deprovisioned", deprovisioned: company.ago(days: 12)))
            try company.set(one.platform, lastSync: company.ago(days: days))
            let workspace = try company.workspace()
            let rule = try #require(Rule.named(one.rule))
            let found = try workspace.detections(of: [rule], from: workspace.connectedSources(), at: TestStore.now)[0]
            #expect(found.count == expected, "synced \(days) days ago")
        }
    }
}
