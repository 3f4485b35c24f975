@_spi(System) import Auth
import Base
import Jobs

extension Verb {
    static let jobs = Verb(
        "jobs", "Shows how the queue of jobs stands, lists them, or queues a dead one anew.",
        details: """
            First for each kind, and platform: how many jobs there are of each status, and for how many seconds the
            oldest that is ready has been so. Then the jobs of all workspaces, the newest of each status first. A job
            is dead when it has failed too often.
            """,
        options: [
            Option(
                "--status", "STATUS", "\(JobStatus.allCases.map(\.rawValue).joined(separator: ", ")); all, if not given"
            ),
            Option("--limit", "N", "how many of each status; 50, if not given"),
            Option("--retry", "UUID", "the dead job to queue anew"),
        ] + Option.configuration
    ) { arguments in
        let status = try arguments.word("--status", of: JobStatus.allCases.map(\.rawValue)).flatMap(JobStatus.init)
        let limit = try arguments.integer("--limit", in: 1...10_000) ?? 50
        let retried = try arguments.identifier("--retry")
        let workplace = try Workplace(arguments)
        let database = try workplace.database(try workplace.configuration())
        defer { database.close() }
        let access = SystemAccess(database)
        if let retried {
            guard try access.retryJob(retried) else { throw Failure("there is no dead job \(retried)") }
            Terminal.say("Queued job \(retried) anew.")
            return 0
        }
        let counted = ["KIND"] + JobStatus.allCases.map { $0.rawValue.uppercased() } + ["OLDEST READY"]
        Terminal.say(
            table: [counted]
                + (try access.jobLanes()).map { lane in
                    [lane.lane] + JobStatus.allCases.map { String(lane.counts[$0] ?? 0) }
                        + [lane.oldest.map { "\($0) s" } ?? ""]
                })
        let header = ["ID", "KIND", "WORKSPACE", "STATUS", "ATTEMPTS", "RUN AFTER", "ERROR"]
        Terminal.say(
            table: [header]
                + (try access.jobs(status, limit: limit)).map { job in
                    [
                        job.id.description, job.kind, job.workspaceID.description, job.status, String(job.attempts),
                        job.runAfter.description, job.error ?? "",
                    ]
                })
        return 0
    }
}
