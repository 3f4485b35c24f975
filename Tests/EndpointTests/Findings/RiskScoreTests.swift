import Base
import TestSupport
import Testing

@testable import api_mcp_risk_score

@Suite(.usesStore) struct RiskScoreTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func read() -> JSON { store.send(Call().key(store.own.readKey), to: RiskScoreFunction.self).json }

    private func add(
        _ count: Int, _ severity: String, _ category: String = "identity_security", status: String = "open"
    ) throws {
        try store.database.transaction(.write) {
            for _ in 0..<count { try store.own.addFinding(severity, category, status: status) }
        }
    }

    @Test("An empty workspace has the risk score 0") func anEmptyWorkspaceHasNoRisk() {
        #expect(
            read() == [
                "score": 0, "label": "Low", "severity_counts": ["critical": 0, "high": 0, "medium": 0, "low": 0],
                "total_findings": 0, "top_risks": [],
            ])
    }

    /// With few identities, the score is 100 × (10 × critical + 5 × high + 2 × medium + low) / 300.
    @Test("The score weighs findings by severity") func weighsSeverities() throws {
        try add(3, "critical")
        try add(14, "high")
        try add(28, "medium")
        try add(41, "low")
        let risk = read()
        #expect(risk["score"] == 66 && risk["label"] == "High" && risk["total_findings"] == 86)  // 197 / 3 = 65.7
        #expect(risk["severity_counts"] == ["critical": 3, "high": 14, "medium": 28, "low": 41])
    }

    /// The label follows the displayed score, after rounding.
    @Test(
        "The label changes at the scores 25, 50 and 75",
        arguments: [
            (7, 3, 24, "Low"), (7, 4, 25, "Medium"), (14, 8, 49, "Medium"), (14, 9, 50, "High"), (22, 3, 74, "High"),
            (22, 4, 75, "Critical"), (30, 0, 100, "Critical"), (40, 0, 100, "Critical"),
        ])
    func labelsHaveBounds(_ critical: Int, _ low: Int, _ score: Int, _ label: JSON) throws {
        try add(critical, "critical")
        try add(low, "low")
        #expect(read()["score"] == .integer(score) && read()["label"] == label)
    }

    /// From 61 identities on, the scale grows with their number; identities of every status count.
    @Test(
        "The scale grows with the number of identities",
        arguments: [(59, 20), (60, 20), (61, 20), (120, 10), (240, 5)])
    func theScaleGrowsWithIdentities(_ identities: Int, _ score: Int) throws {
        try store.database.transaction(.write) {
            for number in 0..<identities {
                try store.own.addIdentity(
                    "p\(number)@example.com", status: number % 2 == 0 ? "active" : "deprovisioned")
            }
        }
        try add(6, "critical")
        #expect(read()["score"] == .integer(score))
    }

    @Test("Half points are rounded up") func halvesAreRoundedUp() throws {
        try add(1, "low")
        try add(1, "medium")  // 100 × 3 / 300 = 1.0
        #expect(read()["score"] == 1)
        try add(1, "low")
        try store.database.transaction(.write) {
            for number in 0..<160 { try store.own.addIdentity("p\(number)@example.com") }
        }  // 100 × 4 / 800 = 0.5
        #expect(read()["score"] == 1)
    }

    @Test("License waste is counted but adds nothing to the score") func licenseWasteIsCountedAndNotScored() throws {
        try add(30, "medium", "license_waste")
        let risk = read()
        #expect(risk["score"] == 0 && risk["total_findings"] == 30 && risk["severity_counts"]?["medium"] == 30)
    }

    @Test("Only findings that are open or in progress count") func openAndInProgressCount() throws {
        for status in ["open", "in_progress", "resolved", "dismissed", "snoozed"] {
            try add(3, "critical", status: status)
        }
        let risk = read()
        #expect(risk["score"] == 20 && risk["total_findings"] == 6 && risk["severity_counts"]?["critical"] == 6)
    }

    @Test("Findings of severity info add nothing") func infoWeighsNothing() throws {
        try add(50, "info")
        #expect(read()["score"] == 0 && read()["severity_counts"]?.object?.count == 4)
    }

    @Test("The five most severe open findings are listed") func theFiveWorstOpenFindingsLead() throws {
        try store.own.addFinding("low", title: "low")
        try store.own.addFinding("high", title: "in progress", affected: 99)
        try store.database.execute("UPDATE findings SET status = 'in_progress' WHERE title = 'in progress'")
        try store.own.addFinding("high", title: "few", affected: 1)
        try store.own.addFinding("high", title: "many", affected: 9)
        try store.own.addFinding("critical", title: "newer", createdAt: TestStore.now)
        try store.own.addFinding("critical", title: "older", createdAt: TestStore.now - 60)
        try store.own.addFinding("medium", "shadow_it", title: "medium", affected: 5)
        try store.own.addFinding("info", title: "info")
        let risks = read()["top_risks"]?.array ?? []
        #expect(risks.map { $0["title"] } == ["older", "newer", "many", "few", "medium"])
        #expect(
            risks.last == ["title": "medium", "severity": "medium", "category": "shadow_it", "affected_count": 5])
    }
}
