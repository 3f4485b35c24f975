import Actions
@_spi(System) import Auth
import Base
import Foundation
import Integrations
import TestSupport
import Testing

@testable import Jobs
@testable import Store

/// Measures the job queue with 10,000 workspaces and 30,000 integrations.
@Suite(.serialized, .usesStore) struct JobCostTests {
    private static let workspaces = 10_000
    private static let integrations = 3
    private let store: TestStore
    private let database: RecordingDatabase
    private let access: SystemAccess
    private let now = TestStore.now

    init() throws {
        store = try TestStore()
        database = RecordingDatabase(store.database)
        access = SystemAccess(database)
        try fill()
        try store.database.analyzeStatistics()
        database.statements = [:]
    }

    /// Adds workspaces, integrations and jobs. The due times of integrations and housekeeping are spread over the next
    /// hour; some jobs wait, some are ready, some run.
    private func fill() throws {
        let isServer = TestStore.Engine.ofThisRun == .postgreSQL
        let id: (String) -> String = { number in
            let digits =
                isServer ? "lpad(to_hex(\(number)), 12, '0')" : "substr('000000000000' || printf('%x', \(number)), -12)"
            let text = "'00000000-0000-4000-8000-' || \(digits)"
            return isServer ? "CAST(\(text) AS uuid)" : text
        }
        // Spreads the times evenly over the next 3,600 seconds.
        let due: (String) -> String = { number in
            isServer
                ? "CAST('\(now)' AS timestamptz) + make_interval(secs => \(number) * 7919 % 3600)"
                : "strftime('%Y-%m-%dT%H:%M:%SZ', '\(now)', '+' || (\(number) * 7919 % 3600) || ' seconds')"
        }
        let numbers = { (count: Int) in
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))"
        }
        let workspace = id("(n - 1) / \(Self.integrations) + 1")
        let all = Self.workspaces * Self.integrations
        for text in [
            """
            \(numbers(Self.workspaces))
            INSERT INTO workspaces (id, name, plan, created_at, next_housekeeping_at)
            SELECT \(id("n")), 'W', 'pro', '\(now)', \(due("n")) FROM numbers
            """,
            """
            \(numbers(Self.workspaces))
            INSERT INTO audit_heads (workspace_id, sequence_number, row_hash)
            SELECT \(id("n")), -1, '\(AuditLog.origin)' FROM numbers
            """,
            "\(numbers(Self.workspaces)) INSERT INTO job_shares (workspace_id, clock) SELECT \(id("n")), 0 FROM numbers",
            """
            \(numbers(all))
            INSERT INTO integrations (workspace_id, id, platform, category, status, credentials, next_auto_sync_at,
                created_at)
            SELECT \(workspace), \(id("n + 1000000")),
                CASE n % 3 WHEN 0 THEN 'okta' WHEN 1 THEN 'slack' ELSE 'github' END, 'idp', 'connected',
                \(isServer ? "'\\x00'" : "x'00'"), \(due("n")), '\(now)'
            FROM numbers
            """,
            """
            \(numbers(all / 2))
            INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, run_after, created_at, payload,
                lease_expires_at)
            SELECT \(workspace), \(id("n + 2000000")), 'remediation', 'remediation',
                CASE WHEN n % 30 = 0 THEN 'ready' WHEN n % 30 = 1 THEN 'running' ELSE 'waiting' END, 0,
                \(now.seconds) + n, \(isServer ? "CAST('\(now + .hours(2))' AS timestamptz)" : "'\(now + .hours(2))'"),
                '\(now)', '{}', \(isServer ? "CAST('\(now + .hours(2))' AS timestamptz)" : "'\(now + .hours(2))'")
            FROM numbers
            """,
        ] { try store.database.execute(SQL(text: text)) }
    }

    private static let lanes =
        [JobLane(.remediation), JobLane(.analysis), JobLane(.housekeeping)]
        + ["okta", "slack", "github"].map { JobLane(.sync, at: $0) }

    /// Does a worker's work of one minute in which a sixtieth of all jobs is due: queues, claims and finishes them, and
    /// looks for more each second. Returns the number of finished jobs.
    private func workForAMinute() throws -> Int {
        var finished = 0
        for second in 1...60 {
            let moment = now + second
            if second % 10 == 0 {
                try access.queueDueSyncs(now: moment, Log())
                try access.queueDueHousekeeping(now: moment, Log())
            }
            while true {
                let claimed = try access.claimReady(
                    JobDemand(lanes: Self.lanes.map { ($0, 16) }, count: 16), seconds: 60, now: moment, Log())
                for (workspaceID, job) in claimed {
                    try #require(try access.workspace(workspaceID)).finish(job, now: moment)
                }
                finished += claimed.count
                guard claimed.count == 16 else { break }
            }
        }
        return finished
    }

    @Test("Finding and claiming due jobs reads no large table as a whole")
    func findingAndClaimingWhatIsDueReadsNoLargeTableWhole() throws {
        let finished = try workForAMinute()
        // Due jobs of both kinds, and the ready ones.
        #expect(finished > 490 + 160 + 490)
        var explained = 0
        for sql in database.statements.keys
        where ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(where: { sql.text.hasPrefix($0) }) {
            let plan = try database.plan(of: sql)
            explained += 1
            for table in ["jobs", "integrations", "workspaces", "job_shares", "audit_heads"] {
                let readsAll = plan.contains { line in
                    line.contains("Seq Scan on \(table)") || line.hasPrefix("SCAN \(table)") && !line.contains("USING")
                }
                #expect(!readsAll, "\(sql.text)\n\(plan.joined(separator: "\n"))")
            }
        }
        #expect(explained > 10)
    }

    /// A twentieth of a processor is three seconds per minute. For PostgreSQL this includes the server's time.
    @Test("Finding and claiming due jobs takes less than a twentieth of a processor")
    func findingAndClaimingWhatIsDueTakesLessThanATwentiethOfAProcessor() throws {
        func processorTime() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let (processor, start) = (processorTime(), ContinuousClock.now)
        let finished = try workForAMinute()
        let used =
            TestStore.Engine.ofThisRun == .sqlite
            ? processorTime() - processor : (ContinuousClock.now - start) / .seconds(1)
        print("the queue: \(finished) jobs of a minute in \(used) s")
        #expect(used < 3)
    }
}
