import Analysis
@_spi(System) import Auth
import Base
import Demonstration
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// Runs analyses of the demonstration company in separate processes.
@Suite(.serialized, .usesStore) struct AnalysisProcessesTests {
    private let empty: EmptyDatabase
    private let database: any Database
    private let workspace: Workspace
    private let call: FunctionCall
    private static let member = "admin"

    init() throws {
        empty = try EmptyDatabase()
        database = empty.connect()
        try database.migrate()
        let summary = try Demonstration.seed(database, now: .now)
        workspace = try #require(try SystemAccess(database).workspace(summary.workspaceID))
        let member = try #require(summary.members.first { $0.role == Self.member })
        call = FunctionCall(
            function: "api-analyze", method: "POST",
            body: ["workspaceId": .string(summary.workspaceID.description)],
            credentials: TestSession.token(of: member.userID, at: .now))
    }

    /// Deletes the workspace's analysis runs, so that the next one need not wait for a minute.
    private func waitAMinute() throws {
        try database.execute("DELETE FROM analysis_runs WHERE workspace_id = $1", workspace.id)
    }

    @Test("Only one of many concurrent analyses runs") func ofManyAtOnceOneRuns() throws {
        try waitAMinute()
        let statuses = Mutex<[Int: Int]>([:])
        let (call, url) = (call, empty.url)
        let threads = Threads(count: 8) { _ in
            let status = call.send(to: url)?.status ?? 0
            statuses.withLock { $0[status, default: 0] += 1 }
        }
        threads.join()
        #expect(statuses.withLock { $0 } == [200: 1, 409: 7])
        _ = try AuditLog(database, workspaceID: workspace.id).verify()
    }

    @Test("A killed run leaves its whole result or nothing") func aKilledRunLeavesAllOrNothing() throws {
        func state() throws -> [Int] {
            try [
                "SELECT count(*) FROM findings WHERE workspace_id = $1 AND status = 'open'",
                "SELECT count(*) FROM drift_snapshots WHERE workspace_id = $1",
                "SELECT count(*) FROM audit_log WHERE workspace_id = $1 AND action = 'analysis.completed'",
            ].map { (sql: SQL) in try database.first(sql, workspace.id) { try $0[0] as Int } ?? -1 }
        }
        func forget() throws {
            try database.execute("DELETE FROM findings WHERE workspace_id = $1", workspace.id)
            try waitAMinute()
        }
        try forget()
        let none = try state()
        let start = Date()
        #expect(call.send(to: empty.url)?.status == 200)
        var duration = Date().timeIntervalSince(start)
        let all = try state()
        #expect(all[0] > 50 && all[1] == none[1] + 1 && all[2] == none[2] + 1)
        var interrupted = 0
        for _ in 0..<20 {
            try forget()
            let before = try state()
            let process = try call.start(on: empty.url)
            let moment = Double.random(in: 0...duration)
            usleep(UInt32(moment * 1_000_000))
            process.program.send(SIGKILL)
            _ = try process.waitForEnd()
            let after = try state()
            let whole = [all[0], before[1] + 1, before[2] + 1]
            #expect(after == before || after == whole)
            // A run that had finished before it was killed was faster than the one that was timed.
            if after == before { interrupted += 1 } else { duration = moment }
        }
        #expect(interrupted > 0)
        // A run that began a minute ago and died has lost its lease, so the next run begins.
        try forget()
        try database.execute(
            """
            INSERT INTO analysis_runs (workspace_id, id, status, started_at, lease_expires_at)
            VALUES ($1, $2, 'running', $3, $4)
            """, workspace.id, Identifier.random(), Timestamp.now - 60, Timestamp.now)
        #expect(call.send(to: empty.url)?.status == 200)
        #expect(try state()[0] == all[0])
        _ = try AuditLog(database, workspaceID: workspace.id).verify()
    }
}
