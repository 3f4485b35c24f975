@_spi(System) import Auth
import Base
import Jobs

extension Verb {
    static let jobs = Verb(
        "jobs", "Shows the state of the job queue, lists jobs, or queues a dead job again.",
        details: """
            First come totals for each kind and platform: the number of jobs of each status, and the seconds for which
            the oldest ready job has been ready. Then come the jobs of all workspaces, the newest of each status first.
            A job is dead if it failed too often.
            """,
        options: [
            Option(
                "--status", "STATUS",
                "\(JobStatus.allCases.map(\.rawValue).joined(separator: ", ")); default: all",
                words: JobStatus.allCases.map(\.rawValue)),
            Option("--limit", "N", "how many jobs of each status; default: 50"),
            Option("--retry", "UUID", "the dead job to queue again"),
        ] + Option.changing
    ) { arguments in
        let status = try arguments.word("--status", of: JobStatus.allCases.map(\.rawValue)).flatMap(JobStatus.init)
        let limit = try arguments.integer("--limit", in: 1...10_000) ?? 50
        let retried = try arguments.identifier("--retry")
        return try Administration.run(arguments) { administration in
            guard let retried else { return try show(administration, status, limit) }
            guard try administration.access.retryJob(retried, by: administration.actor) else {
                throw Failure("there is no dead job \(retried); local-runner jobs --status dead lists them")
            }
            try administration.output.say(["id": .string(retried.description)]) {
                try Terminal.say("Queued job \(retried) again.")
            }
        }
    }

    private static func show(_ administration: Administration, _ status: JobStatus?, _ limit: Int) throws {
        let lanes = try administration.access.jobLanes()
        let jobs = try administration.access.jobs(status, limit: limit)
        try administration.output.say(JobEntry.json(lanes, jobs)) {
            guard !lanes.isEmpty || !jobs.isEmpty else {
                return try Terminal.say("The queue has no jobs.")
            }
            let counted = ["KIND AND PLATFORM"] + JobStatus.allCases.map { $0.rawValue.uppercased() } + ["OLDEST READY"]
            try Terminal.say(
                table: [counted]
                    + lanes.map { lane in
                        [lane.lane] + JobStatus.allCases.map { String(lane.counts[$0] ?? 0) }
                            + [lane.oldest.map { "\($0) s" } ?? ""]
                    })
            if let status, jobs.isEmpty { return try Terminal.say("No job has the status \(status.rawValue).") }
            let header = ["ID", "KIND AND PLATFORM", "WORKSPACE", "STATUS", "ATTEMPTS", "RUN AFTER", "ERROR"]
            try Terminal.say(
                table: [header]
                    + jobs.map { job in
                        [
                            job.id, job.lane, job.workspaceID, job.status,
                            String(job.attempts), job.runAfter, job.error ?? "",
                        ]
                    })
        }
    }
}

extension JobLaneState {
    fileprivate var json: JSON {
        var members: [String: JSON] = [
            "kind": .string(lane), "oldest_ready_seconds": oldest.map(JSON.integer) ?? .null,
        ]
        for status in JobStatus.allCases { members[status.rawValue] = .integer(counts[status] ?? 0) }
        return .object(members)
    }
}

extension JobEntry {
    /// Returns the state of the queue and jobs in it as JSON.
    static func json(_ lanes: [JobLaneState], _ jobs: [JobEntry]) -> JSON {
        ["lanes": .array(lanes.map(\.json)), "jobs": .array(jobs.map(\.json))]
    }

    fileprivate var json: JSON {
        [
            "id": .string(id), "kind": .string(kind), "lane": .string(lane), "workspace_id": .string(workspaceID),
            "status": .string(status), "attempts": .integer(attempts), "run_after": .string(runAfter),
            "error": error.map(JSON.string) ?? .null,
        ]
    }
}
