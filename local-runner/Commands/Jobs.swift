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
                "--status", "STATUS", "\(JobStatus.allCases.map(\.rawValue).joined(separator: ", ")); default: all"
            ),
            Option("--limit", "N", "how many jobs of each status; default: 50"),
            Option("--retry", "UUID", "the dead job to queue again"),
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
            Terminal.say("Queued job \(retried) again.")
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
