import Base
import Glibc
import Store

extension Verb {
    static let work = Verb(
        "work", "Runs jobs, and queues scheduled work when it is due, until it is stopped.",
        details: """
            Any number of workers may run, on any number of machines, with or without servers there. Each job runs in
            its own process. A worker that receives SIGTERM or SIGINT returns its jobs to the queue, and another worker
            starts them again.

            If the environment has DATABASE_URL or DATABASE_URL_FILE, all values come from the environment, as for
            serve: .dev.vars is not read, and the database must be migrated (local-runner migrate). Otherwise they come
            from .dev.vars and "vars", as for dev, and the database is created if it is missing.
            """,
        options: [
            Option("--processes", "N", "how many jobs run at once; default: 4"),
            Option(
                "--format", "FORMAT", "the format of the log: text or json",
                words: RunnerLog.Format.allCases.map(\.rawValue)),
        ] + Option.configuration
    ) { arguments in
        let processes = try arguments.integer("--processes", in: 1...256) ?? 4
        let formats = RunnerLog.Format.allCases.map(\.rawValue)
        let format = try arguments.word("--format", of: formats).flatMap(RunnerLog.Format.init) ?? .text
        let project = try Project(arguments)
        let configuration: Configuration
        if Project.isProduction {
            configuration = try project.productionConfiguration()
            try DatabaseSource(configuration.databaseURL).open().close()
        } else {
            configuration = try project.configuration(needsSecrets: true)
            try project.database(configuration).close()
        }
        signal(SIGPIPE, SIG_IGN)
        let (loop, log) = (try EventLoop(), RunnerLog(format: format))
        for warning in configuration.warnings { log.write("\(warning).", level: .warning) }
        let worker = try JobWorker(
            configuration, processes: processes, functionsDirectory: try project.functionsFolder, loop: loop, log: log
        )
        var isStopping = false
        loop.onTermination {
            isStopping = true
            worker.stop()
        }
        loop.afterRound = log.flush
        worker.start()
        loop.run { isStopping && worker.hasEnded }
        log.finish()
        return 0
    }
}
