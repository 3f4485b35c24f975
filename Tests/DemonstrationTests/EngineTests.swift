import Analysis
@_spi(System) import Auth
import Base
import Demonstration
import Findings
import Store
import TestSupport
import Testing

/// The analysis finds the problems that were planted in the demonstration company, and no others.
@Suite(.usesStore) struct EngineTests {
    /// Times on each day of the week, at different hours.
    private static let moments = (0..<7).map { SeededDatabase.moment + .days($0 * 29) + .hours($0 * 5) }

    @Test("The analysis finds exactly the planted problems", arguments: moments)
    func findsWhatIsPlantedAndNothingElse(now: Timestamp) throws {
        let seeded = try SeededDatabase(now: now)
        let run = try seeded.database.first("SELECT max(started_at) FROM analysis_runs") { try $0[0] as Timestamp }
        let found = try seeded.database.rows(
            """
            SELECT finding_key, severity, last_seen_at FROM findings WHERE workspace_id = $1 AND status <> 'resolved'
            """, seeded.workspaceID
        ) { row in (key: try row[0] as String, severity: try row[1] as Severity, seen: try row[2] as Timestamp) }
        for finding in found { #expect(finding.seen == run, "the latest run did not find \(finding.key)") }
        let severities = Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.severity) })
        let planted = try Demonstration.planted(now: now)
        #expect(!planted.isEmpty)
        for key in Set(planted.keys).union(severities.keys).sorted() {
            switch (planted[key], severities[key]) {
            case (let planted?, let found?): #expect(planted == found, "severity of \(key)")
            case (let planted?, nil): Issue.record("planted as \(planted), not found: \(key)")
            case (nil, let found): Issue.record("found as \(found.map(\.rawValue) ?? ""), not planted: \(key)")
            }
        }
    }

    @Test("A second run changes nothing but times") func aSecondRunChangesNothingButTimes() throws {
        let seeded = try SeededDatabase()
        let workspace = try #require(try SystemAccess(seeded.database).workspace(seeded.workspaceID))
        func findings() throws -> [String] {
            try seeded.database.rows(
                """
                SELECT id, finding_key, title, severity, status, affected_entities, affected_count, confidence, missed_runs,
                    created_at, source_integrations, reason
                FROM findings WHERE workspace_id = $1 ORDER BY finding_key
                """, seeded.workspaceID
            ) { row in (0..<row.columnCount).map(row.text).joined(separator: "|") }
        }
        func snapshot() throws -> JSON? {
            try seeded.database.first("SELECT metrics FROM drift_snapshots ORDER BY taken_at DESC LIMIT 1") {
                try $0[0]
            }
        }
        let (before, metrics) = (try findings(), try snapshot())
        _ = try workspace.analyze(now: SeededDatabase.moment)
        #expect(try findings() == before)
        #expect(try snapshot() == metrics)
    }
}
