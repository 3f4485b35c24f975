import Base
import Store
import TestSupport
import Testing

@Suite(.usesStore) struct PlantedTests {
    @Test(
        "The snapshots of the last week drift as planted",
        arguments: (0..<7).map { Int.days($0 * 29) + .hours($0 * 5) })
    func theLastWeekHasDriftedAsPlanted(later: Int) throws {
        let now = SeededDatabase.moment + later
        let seeded = try SeededDatabase(now: now)
        let snapshots = try seeded.database.rows(
            "SELECT taken_at, metrics FROM drift_snapshots WHERE workspace_id = $1 ORDER BY taken_at DESC",
            seeded.workspaceID
        ) { row in (takenAt: try row[0] as Timestamp, metrics: try row[1] as JSON) }
        let latest = try #require(snapshots.first)
        let after = latest.metrics
        let before = try #require(snapshots.first { $0.takenAt <= latest.takenAt - .days(7) }).metrics
        func change(_ metric: String) throws -> (from: Int, to: Int) {
            (try #require(before[metric]?.integer), try #require(after[metric]?.integer))
        }
        let open = try ["critical", "high", "medium", "low"].map(change)
        let from = open.reduce(0) { $0 + $1.from }
        let to = open.reduce(0) { $0 + $1.to }
        #expect(to * 2 >= from * 3)
        #expect(open[0].to < open[0].from * 2)
        let shadowIT = try change("shadow_it_count")
        #expect(shadowIT.to - shadowIT.from >= 3)
        let compliance = try change("device_compliance_pct")
        #expect(compliance.from - compliance.to == 2)
        for metric in ["mfa_pct", "admin_pct", "sso_pct"] {
            let (from, to) = try change(metric)
            #expect(abs(from - to) < 2, "\(metric)")
        }
        let hours = try change("mean_time_to_remediate_hours")
        #expect(hours.to * 2 < hours.from * 3)
        let sentence = try seeded.texts(
            "SELECT title FROM findings WHERE workspace_id = $1 AND rule_id = 'drift_signal::findings_surge'")
        #expect(sentence.first?.contains("from \(from) to \(to) in a week") == true, "\(from), \(to): \(sentence)")
    }
}
