import Base
import TestSupport
import Testing

@testable import api_mcp_posture_summary

@Suite(.usesStore) struct PostureSummaryTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func read() -> JSON { store.send(Call().key(store.own.readKey), to: PostureSummaryFunction.self).json }

    @Test("Metrics without data are left out") func metricsWithoutDataAreLeftOut() {
        #expect(
            read() == [
                "summary":
                    "The risk score is 0 of 100, which is low. No findings are open or in progress. 0 integrations are connected, and 0 identities are known.",
                "metrics": [
                    "risk_score": 0, "risk_label": "Low", "total_findings": 0,
                    "severity_counts": ["critical": 0, "high": 0, "medium": 0, "low": 0], "connected_integrations": 0,
                    "identity_count": 0,
                ],
            ])
    }

    @Test("With data, all metrics and sentences are present") func allMetricsAreThere() throws {
        let own = store.own
        let okta = try own.addIntegration("okta", category: "idp")
        try own.addIntegration("slack", status: "error")
        for number in 0..<5 {
            try own.addIdentity("p\(number)@example.com", type: number == 0 ? "admin" : "user", mfa: number > 0)
        }
        try own.addIdentity("unknown@example.com", mfa: nil)
        try own.addIdentity("gone@example.com", status: "deprovisioned", type: "admin", mfa: false)
        try own.addIdentity("bot@example.com", type: "service_account", mfa: false)
        try own.addApplication("Figma", from: okta, sso: true)
        try own.addApplication("Zoom", from: okta, sso: true)
        try own.addApplication("Notes", from: okta, sso: false, isManaged: false)
        try own.addApplication("Chat", from: okta, sso: nil, isManaged: false)
        try own.addApplication("Allowed", from: okta, sso: nil, isManaged: false)
        try own.addApplication("Blocked", from: okta, sso: nil, isManaged: false)
        try own.setPolicy("sanctioned", on: "ALLOWED")
        try own.setPolicy("blocked", on: "Blocked")
        try own.addFinding("critical")
        try own.addFinding("high", status: "in_progress")
        try own.addFinding("high")
        let reply = read()
        #expect(
            reply["metrics"] == [
                "risk_score": 7, "risk_label": "Low", "total_findings": 3,
                "severity_counts": ["critical": 1, "high": 2, "medium": 0, "low": 0], "mfa_coverage_pct": 80,
                "admin_pct": 17, "sso_coverage_pct": 67, "shadow_it_count": 3, "connected_integrations": 1,
                "identity_count": 8,
            ])
        #expect(
            reply["summary"]
                == """
                The risk score is 7 of 100, which is low. Findings open or in progress: 1 critical and 2 high. \
                80% of active people use multi-factor authentication. 17% of active people are admins. \
                67% of applications are behind single sign-on. 3 applications are in use without approval. \
                1 integration is connected, and 8 identities are known.
                """)
    }

    @Test("Each metric is left out on its own") func eachMetricIsLeftOutByItself() throws {
        func metrics() -> Set<String> { Set(read()["metrics"]?.object?.keys.map { $0 } ?? []) }
        let always: Set = [
            "risk_score", "risk_label", "total_findings", "severity_counts", "connected_integrations", "identity_count",
        ]
        try store.own.addIdentity("bot@example.com", type: "service_account")
        try store.own.addIdentity("gone@example.com", status: "suspended")
        #expect(metrics() == always)
        try store.own.addIdentity("alice@example.com", mfa: nil)
        #expect(metrics() == always.union(["admin_pct"]))
        let okta = try store.own.addIntegration("okta")
        try store.own.addApplication("Figma", from: okta, sso: nil)
        #expect(metrics() == always.union(["admin_pct", "shadow_it_count"]))
        #expect(read()["summary"]?.string?.contains("No application is in use without approval.") == true)
        try store.own.addApplication("Zoom", from: okta, sso: false)
        try store.own.addIdentity("bob@example.com", mfa: false)
        #expect(metrics() == always.union(["admin_pct", "shadow_it_count", "sso_coverage_pct", "mfa_coverage_pct"]))
        #expect(read()["metrics"]?["mfa_coverage_pct"] == 0 && read()["metrics"]?["sso_coverage_pct"] == 0)
    }

    @Test(
        "Findings that are open or in progress are described in a sentence",
        arguments: [
            (["high"], "One finding is open or in progress: 1 high."),
            (["high", "high"], "Findings open or in progress: 2 high."),
            (["low", "medium", "critical"], "Findings open or in progress: 1 critical, 1 medium and 1 low."),
            (["info"], "One finding is open or in progress: 1 info."),
            (["high", "info"], "Findings open or in progress: 1 high and 1 info."),
        ])
    func findingsAreWorded(_ severities: [String], _ sentence: String) throws {
        for severity in severities { try store.own.addFinding(severity) }
        let summary = try #require(read()["summary"]?.string)
        #expect(summary.contains(" \(sentence) "), "\(summary)")
    }

    @Test("The same numbers give the same sentences") func theSameNumbersGiveTheSameWords() throws {
        try store.own.addFinding("high")
        #expect(read() == read())
        #expect(
            store.send(Call().key(store.own.readKey), to: PostureSummaryFunction.self).json["summary"]
                == read()["summary"])
    }
}
