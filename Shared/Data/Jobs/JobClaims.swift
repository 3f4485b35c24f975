@_spi(System) public import Auth
public import Base
import Store

/// The result of an attempt to claim one job.
public enum JobClaimOutcome: Sendable {
    /// The caller has claimed the job, and must run it.
    case claimed(Job)
    /// The job is already running.
    case running
    /// The job is not due yet.
    case notDue
    /// The workspace already runs the largest allowed number of jobs of this kind. A worker will run the job when one
    /// of them ends.
    case full
    /// There is no such job.
    case missing
}

/// Limits on the number of running jobs.
public enum JobLimits {
    /// The largest number of running jobs of one kind in one workspace.
    public static let runningPerWorkspace = 4
}

extension Workspace {
    /// Claims a job for `seconds` seconds, after which another worker may claim it. With `early` it may be claimed even
    /// if it is not due yet.
    ///
    /// Every claim of a workspace's jobs, here and by workers, locks the workspace's row in job_shares while it counts
    /// the running jobs, so that two claims at the same time can't exceed the limit.
    public func claim(
        _ jobID: Identifier, early: Bool = false, seconds: Int, now: Timestamp
    ) throws -> JobClaimOutcome {
        try withWriteLock {
            try execute("UPDATE job_shares SET clock = clock WHERE workspace_id = $1")
            let found = try first(
                "SELECT state, kind, run_after, lease_expires_at FROM jobs WHERE workspace_id = $1 AND id = $2", jobID
            ) { row in
                (
                    state: try row[0] as String, kind: try row[1] as String, runAfter: try row[2] as Timestamp,
                    lease: try row[3] as Timestamp?
                )
            }
            guard let found else { return .missing }
            if found.state == "running", found.lease.map({ $0 > now }) ?? true { return .running }
            guard early || found.runAfter <= now else { return .notDue }
            let running = try first(
                """
                SELECT count(*) FROM jobs WHERE workspace_id = $1 AND kind = $2 AND state = 'running' AND id <> $3
                """, found.kind, jobID
            ) { try $0[0] as Int }
            guard running ?? 0 < JobLimits.runningPerWorkspace else { return .full }
            let job = try first(
                """
                UPDATE jobs SET state = 'running', attempts = attempts + 1, claim_no = claim_no + 1, lease_expires_at = $3
                WHERE workspace_id = $1 AND id = $2 RETURNING \(Job.columns)
                """, jobID, now + seconds, decode: Job.init)
            return job.map { .claimed($0) } ?? .missing
        }
    }
}

/// The number of jobs of each lane that a worker can take.
struct JobDemand {
    let lanes: [(lane: JobLane, limit: Int)]
    /// The largest number of jobs in all lanes together. At most `JobDemand.most` of them are claimed.
    let count: Int

    /// The largest number of jobs that are claimed at once.
    static let most = 16
}

extension SystemAccess {
    /// Claims ready jobs in the order of the queue, for `seconds` seconds.
    ///
    /// Each lane with ready jobs takes one look-up in an index, whatever the number of jobs. Two workers that look at
    /// the same time see the same rows. Each takes the rows that the other one has not locked. If it gets none, it
    /// looks again.
    func claimReady(_ demand: JobDemand, seconds: Int, now: Timestamp) throws -> [(workspaceID: Identifier, job: Job)] {
        try makeReady(now: now)
        var claimed: [(workspaceID: Identifier, job: Job)] = []
        for _ in 0..<3 {
            let rest = JobDemand(lanes: demand.lanes, count: min(demand.count, JobDemand.most) - claimed.count)
            guard rest.count > 0 else { break }
            let candidates = try candidates(rest)
            guard !candidates.isEmpty else { break }
            let taken = try database.transaction(.write) { try take(candidates, seconds: seconds, now: now) }
            claimed += taken
            if taken.count == candidates.count || !claimed.isEmpty { break }
        }
        return claimed
    }

    /// Returns true if there is a ready job that could be claimed.
    func hasReady(_ demand: JobDemand, now: Timestamp) throws -> Bool {
        try makeReady(now: now)
        return try !candidates(demand).isEmpty
    }

    /// Makes waiting jobs ready that are due, and running jobs whose lease has expired because their worker has died,
    /// at most 200 of each.
    private func makeReady(now: Timestamp) throws {
        let isDue = try database.first(
            """
            SELECT 1 FROM jobs WHERE state = 'waiting' AND run_after <= $1
            UNION ALL SELECT 1 FROM jobs WHERE state = 'running' AND lease_expires_at <= $1 LIMIT 1
            """, now
        ) { _ in true }
        guard isDue == true else { return }
        try database.transaction(.write) {
            try database.execute(
                """
                UPDATE jobs SET state = 'ready' WHERE state = 'waiting' AND id IN (
                    SELECT id FROM jobs WHERE state = 'waiting' AND run_after <= $1 ORDER BY run_after LIMIT 200
                    FOR UPDATE SKIP LOCKED)
                """, now)
            try database.execute(
                """
                UPDATE jobs SET state = 'ready', lease_expires_at = NULL WHERE state = 'running' AND id IN (
                    SELECT id FROM jobs WHERE state = 'running' AND lease_expires_at <= $1 LIMIT 200
                    FOR UPDATE SKIP LOCKED)
                """, now)
        }
    }

    /// Returns the lanes that have ready jobs. Each takes one look-up in an index.
    private func readyLanes() throws -> Set<String> {
        Set(
            try database.rows(
                """
                WITH RECURSIVE lanes (lane) AS (
                    SELECT min(lane) FROM jobs WHERE state = 'ready'
                    UNION ALL
                    SELECT (SELECT min(lane) FROM jobs WHERE state = 'ready' AND lane > lanes.lane) FROM lanes
                    WHERE lane IS NOT NULL)
                SELECT lane FROM lanes WHERE lane IS NOT NULL
                """
            ) { try $0[0] as String })
    }

    /// Returns the first ready jobs of each lane, in the order of the queue. Lanes without ready jobs are left out of
    /// the query, because PostgreSQL takes longer to plan a query of many parts than to run it.
    private func candidates(_ demand: JobDemand) throws -> [Identifier] {
        let ready = try readyLanes()
        var values: [SQLValue] = [demand.count.sqlValue, JobLimits.runningPerWorkspace.sqlValue]
        var branches: [SQL] = []
        for (lane, limit) in demand.lanes where limit > 0 && ready.contains(lane.name) {
            branches.append(
                """
                SELECT id, order_key FROM (
                    SELECT id, order_key FROM jobs WHERE state = 'ready' AND lane = \(.placeholder(values.count + 1))
                        AND NOT EXISTS (SELECT 1 FROM full_shares
                            WHERE full_shares.workspace_id = jobs.workspace_id AND full_shares.kind = jobs.kind)
                    ORDER BY order_key, id LIMIT \(.placeholder(values.count + 2))) AS lane
                """)
            values += [lane.name.sqlValue, limit.sqlValue]
        }
        guard !branches.isEmpty else { return [] }
        let sql: SQL = """
            WITH full_shares AS (
                SELECT workspace_id, kind FROM jobs WHERE state = 'running' GROUP BY workspace_id, kind
                HAVING count(*) >= $2)
            SELECT id FROM (\(.list(branches, separator: " UNION ALL "))) AS found ORDER BY order_key, id LIMIT $1
            """
        var ids: [Identifier] = []
        try database.run(sql, values) { ids.append(try $0[0]) }
        return ids
    }

    /// Claims those of the jobs `ids` that are still ready, that no other worker is claiming at the same time, and that
    /// don't exceed their workspace's limit.
    private func take(
        _ ids: [Identifier], seconds: Int, now: Timestamp
    ) throws -> [(workspaceID: Identifier, job: Job)] {
        var allowed: [Identifier] = []
        let locked = try rows(
            """
            SELECT jobs.id, jobs.workspace_id, jobs.kind FROM jobs
                JOIN job_shares ON job_shares.workspace_id = jobs.workspace_id
            WHERE jobs.state = 'ready' AND jobs.id IN (\(Self.idList(from: 1)))
            ORDER BY jobs.order_key, jobs.id FOR UPDATE SKIP LOCKED
            """, ids
        ) { row in
            (
                id: try row[0] as Identifier,
                share: Share(workspaceID: try row[1] as Identifier, kind: try row[2] as String)
            )
        }
        var running: [Share: Int] = [:]
        try database.run(
            "SELECT workspace_id, kind, count(*) FROM jobs WHERE state = 'running' GROUP BY workspace_id, kind", []
        ) { row in running[Share(workspaceID: try row[0], kind: try row[1])] = try row[2] as Int }
        for (id, share) in locked where running[share, default: 0] < JobLimits.runningPerWorkspace {
            running[share, default: 0] += 1
            allowed.append(id)
        }
        guard !allowed.isEmpty else { return [] }
        let claimed = try rows(
            """
            UPDATE jobs SET state = 'running', attempts = attempts + 1, claim_no = claim_no + 1, lease_expires_at = $17
            WHERE id IN (\(Self.idList(from: 1))) RETURNING \(Job.columns), workspace_id
            """, allowed, now + seconds
        ) { row -> (workspaceID: Identifier, job: Job)? in
            // A row that can't be decoded must not block the other jobs. It remains claimed until its lease expires.
            do { return (workspaceID: try row[8] as Identifier, job: try Job(row: row)) } catch { return nil }
        }.compactMap { $0 }
        let order = Dictionary(allowed.enumerated().map { ($1, $0) }) { first, _ in first }
        return claimed.sorted { order[$0.job.id] ?? 0 < order[$1.job.id] ?? 0 }
    }

    private struct Share: Hashable {
        let workspaceID: Identifier
        let kind: String
    }

    /// Returns placeholders for the largest number of ids, so that there is only one statement to prepare.
    private static func idList(from first: Int) -> SQL {
        .list((0..<JobDemand.most).map { .placeholder(first + $0) })
    }

    private func rows<Value>(
        _ sql: SQL, _ ids: [Identifier], _ more: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> [Value] {
        guard let last = ids.last else { return [] }
        let padded = ids + Array(repeating: last, count: JobDemand.most - ids.count)
        var values: [Value] = []
        try database.run(sql, padded.map(\.sqlValue) + more.map(\.sqlValue)) { values.append(try decode($0)) }
        return values
    }
}
