import Analysis
import Auth
@_spi(System) import Auth
import Base
import Store
import TestSupport
import Testing

@testable import api_posture_history

@Suite(.usesStore) struct PostureHistoryTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func send(_ query: String = "") -> Reply {
        store.send(Call(query: query).key(store.own.readKey), to: PostureHistoryFunction.self)
    }

    private func times(_ query: String = "") -> [String] {
        (send(query).json["history"]?.array ?? []).compactMap { $0["taken_at"]?.string }
    }

    private func add(_ time: Timestamp, _ metrics: JSON = [:], to workspace: TestWorkspace? = nil) throws {
        let workspace = workspace ?? store.own
        try store.database.execute(
            "INSERT INTO drift_snapshots (workspace_id, id, taken_at, metrics) VALUES ($1, $2, $3, $4)",
            workspace.id, workspace.nextID(), time, metrics)
    }

    @Test("A workspace without an analysis has an empty history") func empty() {
        #expect(send().json == ["history": [], "returned": 0])
    }

    @Test("A day has its metrics, without those that are not known") func metrics() throws {
        try add(
            TestStore.now - .days(1),
            [
                "risk_score": 12, "critical": 1, "high": 2, "medium": 3, "low": 4, "mfa_pct": 80, "admin_pct": 5,
                "sso_pct": 70, "shadow_it_count": 6, "device_compliance_pct": 90, "mean_time_to_remediate_hours": 30,
            ])
        try add(TestStore.now, ["critical": 0, "high": 1, "medium": 0, "low": 0])
        #expect(
            send().json == [
                "history": [
                    [
                        "taken_at": "2026-04-14T12:30:00Z", "risk_score": 12,
                        "severity_counts": ["critical": 1, "high": 2, "medium": 3, "low": 4], "mfa_coverage_pct": 80,
                        "admin_pct": 5, "sso_coverage_pct": 70, "shadow_it_count": 6, "device_compliance_pct": 90,
                        "mean_time_to_remediate_hours": 30,
                    ],
                    [
                        "taken_at": "2026-04-15T12:30:00Z",
                        "severity_counts": ["critical": 0, "high": 1, "medium": 0, "low": 0],
                    ],
                ], "returned": 2,
            ])
    }

    @Test("Each day has its last snapshot, the oldest day first") func lastOfEachDay() throws {
        for time in [
            "2026-04-13T23:59:59Z", "2026-04-14T00:00:00Z", "2026-04-14T23:59:59Z", "2026-04-15T00:00:00Z",
            "2026-04-15T12:00:00Z", "2026-04-15T12:00:00Z",
        ] { try add(try #require(Timestamp(time))) }
        #expect(times() == ["2026-04-13T23:59:59Z", "2026-04-14T23:59:59Z", "2026-04-15T12:00:00Z"])
        #expect(times("days=2") == ["2026-04-14T23:59:59Z", "2026-04-15T12:00:00Z"])
        #expect(times("days=1") == ["2026-04-15T12:00:00Z"])
    }

    @Test("The history has 30 days unless the caller asks for up to 365") func days() throws {
        try store.database.transaction(.write) {
            for day in 0..<400 {
                for hour in 0..<3 { try add(TestStore.now - .days(day) - .hours(hour)) }
            }
        }
        #expect(times().count == 30 && times("days=365").count == 365)
        for bad in ["0", "366", "x", ""] {
            let reply = send("days=" + bad)
            #expect(reply.status == 400 && reply.error == "days must be an integer from 1 to 365.")
        }
    }

    @Test("Another workspace's snapshots are not shown") func isolation() throws {
        try add(TestStore.now, to: store.other)
        #expect(times().isEmpty)
    }

    @Test("A run of the analysis adds its score to the history") func ofAnAnalysis() throws {
        let workspace = try #require(try SystemAccess(store.database).workspace(store.own.id))
        try store.own.addFinding("critical")
        let run = try workspace.analyze(now: TestStore.now)
        let day = try #require(send().json["history"]?.array?.last)
        #expect(day["risk_score"] == .integer(run.risk.score.value) && run.risk.score.value > 0)
        #expect(day["severity_counts"]?["critical"] == 1)
    }
}
