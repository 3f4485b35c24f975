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
    /// The longest time, in seconds, that a stored time of a job may be ahead. Jobs wait for at most an hour and run
    /// for at most a day, so a later time is damaged.
    static let longestDelay = Int.days(2)
}

extension Workspace {
    /// Claims a job for `seconds` seconds, after which another worker may claim it. With `early` it may be claimed even
    /// if it is not due yet.
    ///
    /// Every claim of a workspace's jobs, here and in `claimReady`, locks the workspace's row in job_shares while it
    /// counts the running jobs, so that two claims at the same time can't exceed the limit.
    public func claim(
        _ jobID: Identifier, early: Bool = false, seconds: Int, now: Timestamp
    ) throws -> JobClaimOutcome {
        try withWriteLock {
            try execute(
                """
                INSERT INTO job_shares (workspace_id, clock) VALUES ($1, 0)
                ON CONFLICT (workspace_id) DO UPDATE SET clock = job_shares.clock
                """)
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
    /// Each lane with ready jobs takes two look-ups in an index, whatever the number of jobs. Two workers that look at
    /// the same time see the same rows. Each takes the rows that the other one has not locked. If it gets none, it
    /// looks again, up to three times in all.
    ///
    /// Damaged rows are moved from the queue to the dead jobs, and the log names them: otherwise each look would find
    /// them again, in front of the others.
    func claimReady(
        _ demand: JobDemand, seconds: Int, now: Timestamp, _ log: Log
    ) throws -> [(workspaceID: Identifier, job: Job)] {
        try makeReady(now: now)
        let demand = JobDemand(lanes: demand.lanes, count: min(demand.count, JobDemand.most))
        guard demand.count > 0 else { return [] }
        var looks = 0
        while looks < 3 {
            let candidates = try candidates(demand)
            guard !candidates.isEmpty else { break }
            let (jobs, dead) = try database.transaction(.write) {
                var damaged: [DamagedJob] = []
                let jobs = try take(candidates, seconds: seconds, now: now, &damaged)
                return (jobs, try damaged.filter { try setAside($0, now: now) })
            }
            for job in dead { log.with("job_id", job.id).write(.error, "a job is dead: \(job.sentence)") }
            guard jobs.isEmpty else { return jobs }
            // A look that removes damaged rows makes room for other jobs, so it is followed by another one.
            if dead.isEmpty { looks += 1 }
        }
        return []
    }

    /// Makes due jobs ready, and returns true if there is a ready job that could be claimed.
    func hasReady(_ demand: JobDemand, now: Timestamp) throws -> Bool {
        try makeReady(now: now)
        return try !candidates(demand).isEmpty
    }

    /// Makes waiting jobs ready that are due, and running jobs whose lease has expired, for example because their
    /// worker has died, at most 200 of each. A lease that is missing or longer than any worker's is damaged, and counts
    /// as expired.
    private func makeReady(now: Timestamp) throws {
        let latest = now + JobLimits.longestDelay
        let isDue = try database.first(
            """
            SELECT 1 FROM jobs WHERE state = 'waiting' AND run_after <= $1
            UNION ALL SELECT 1 FROM jobs WHERE state = 'running'
                AND (lease_expires_at <= $1 OR lease_expires_at > $2 OR lease_expires_at IS NULL) LIMIT 1
            """, now, latest
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
                    SELECT id FROM jobs WHERE state = 'running'
                        AND (lease_expires_at <= $1 OR lease_expires_at > $2 OR lease_expires_at IS NULL) LIMIT 200
                    FOR UPDATE SKIP LOCKED)
                """, now, latest)
        }
    }

    /// Makes waiting jobs ready whose time is damaged: it is later than any that the product writes, so they would wait
    /// forever, and no other job with their key could be queued.
    func makeLostReady(now: Timestamp) throws {
        try database.execute(
            "UPDATE jobs SET state = 'ready' WHERE state = 'waiting' AND run_after > $1", now + JobLimits.longestDelay)
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

    /// Returns the first ready jobs of each lane, in the order of the queue, without those of workspaces that already
    /// run the largest number of jobs of their kind. Lanes without ready jobs are left out of the query, because
    /// PostgreSQL takes longer to plan a query of many parts than to run it.
    private func candidates(_ demand: JobDemand) throws -> [Candidate] {
        let ready = try readyLanes()
        var values: [SQLValue] = [demand.count.sqlValue, JobLimits.runningPerWorkspace.sqlValue]
        var branches: [SQL] = []
        for (lane, limit) in demand.lanes where limit > 0 && ready.contains(lane.name) {
            branches.append(
                """
                SELECT id, order_key, workspace_id FROM (
                    SELECT id, order_key, workspace_id FROM jobs
                    WHERE state = 'ready' AND lane = \(.placeholder(values.count + 1))
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
            SELECT id, (SELECT clock FROM job_shares WHERE job_shares.workspace_id = found.workspace_id)
            FROM (\(.list(branches, separator: " UNION ALL "))) AS found ORDER BY order_key, id LIMIT $1
            """
        var candidates: [Candidate] = []
        try database.run(sql, values) { candidates.append(Candidate(id: $0.text(0), hasShare: !$0.isNull(1))) }
        return candidates
    }

    /// Claims those of the candidates that are still ready, that no other worker is claiming at the same time, and that
    /// don't exceed their workspace's limit. Adds those whose rows are damaged to `damaged`; they may be claimed too.
    private func take(
        _ candidates: [Candidate], seconds: Int, now: Timestamp, _ damaged: inout [DamagedJob]
    ) throws -> [(workspaceID: Identifier, job: Job)] {
        var ids: [Identifier] = []
        for candidate in candidates {
            guard let id = Identifier(candidate.id), id.description == candidate.id else {
                damaged.append(DamagedJob(id: candidate.id, sentence: "Its id is not a UUID in lower case."))
                continue
            }
            if try candidate.hasShare || addShare(for: id) {
                ids.append(id)
            } else {
                damaged.append(DamagedJob(id: candidate.id, sentence: "Its workspace does not exist."))
            }
        }
        var allowed: [Identifier] = []
        let locked = try rows(
            """
            SELECT jobs.id, jobs.workspace_id, jobs.kind FROM jobs
                JOIN job_shares ON job_shares.workspace_id = jobs.workspace_id
            WHERE jobs.state = 'ready' AND jobs.id IN (\(Self.idList(from: 1)))
            ORDER BY jobs.order_key, jobs.id FOR UPDATE SKIP LOCKED
            """, ids
        ) { row in (id: try row[0] as Identifier, share: Share(workspaceID: row.text(1), kind: row.text(2))) }
        var running: [Share: Int] = [:]
        try database.run(
            "SELECT workspace_id, kind, count(*) FROM jobs WHERE state = 'running' GROUP BY workspace_id, kind", []
        ) { row in running[Share(workspaceID: row.text(0), kind: row.text(1))] = try row[2] as Int }
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
            do {
                return (workspaceID: try row.exactIdentifier(8), job: try Job(row: row))
            } catch StoreError.unexpectedValue(let column) {
                damaged.append(DamagedJob(id: row.text(0), sentence: "Its \(row.name(column)) can't be read."))
                return nil
            }
        }.compactMap { $0 }
        let order = Dictionary(allowed.enumerated().map { ($1, $0) }) { first, _ in first }
        return claimed.sorted { order[$0.job.id] ?? 0 < order[$1.job.id] ?? 0 }
    }

    /// A job that may be claimed. Its id is as it is stored, even if that is no UUID.
    private struct Candidate {
        let id: String
        /// True if its workspace has a row in job_shares.
        let hasShare: Bool
    }

    /// A job that no worker can run, with the reason.
    private struct DamagedJob {
        let id: String
        let sentence: String
    }

    private struct Share: Hashable {
        let workspaceID: String
        let kind: String
    }

    /// Adds the row in job_shares of a job's workspace. Returns false if that workspace does not exist or was erased.
    private func addShare(for id: Identifier) throws -> Bool {
        try database.execute(
            """
            INSERT INTO job_shares (workspace_id, clock) SELECT jobs.workspace_id, 0 FROM jobs
                JOIN workspaces ON workspaces.id = jobs.workspace_id
            WHERE jobs.id = $1 AND workspaces.deleted_at IS NULL
            ON CONFLICT (workspace_id) DO UPDATE SET clock = job_shares.clock
            """, id) > 0
    }

    /// Moves a damaged job to the dead jobs. Deletes it if its workspace does not exist or was erased, since a dead job
    /// must belong to a workspace. Returns false if the queue no longer has the job.
    private func setAside(_ job: DamagedJob, now: Timestamp) throws -> Bool {
        try database.execute(
            """
            INSERT INTO dead_jobs (workspace_id, id, kind, lane, urgency, unique_key, attempts, claim_no, payload, error,
                created_at, died_at)
            SELECT workspace_id, id, kind, lane, urgency, unique_key, attempts, claim_no, payload, $2, created_at, $3
            FROM jobs WHERE COALESCE(CAST(id AS text), '') = $1
                AND EXISTS (SELECT 1 FROM workspaces WHERE workspaces.id = jobs.workspace_id AND deleted_at IS NULL)
            ON CONFLICT (id) DO NOTHING
            """, job.id, job.sentence, now)
        return try database.execute("DELETE FROM jobs WHERE COALESCE(CAST(id AS text), '') = $1", job.id) > 0
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
