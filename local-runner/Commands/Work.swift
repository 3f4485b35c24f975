import Glibc

extension Verb {
    static let work = Verb(
        "work", "Runs jobs, and queues what is due by itself, until it is stopped.",
        details: """
            Any number of workers may run, on any number of machines, beside servers or without. Each job has a process
            of its own. A worker that gets SIGTERM or SIGINT gives its jobs back, and they begin anew elsewhere.
            """,
        options: [
            Option("--processes", "N", "how many jobs run at once; 4, if not given"),
            Option("--format", "FORMAT", "of the log: text or json"),
        ] + Option.configuration
    ) { arguments in
        let processes = try arguments.integer("--processes", in: 1...256) ?? 4
        let formats = RunnerLog.Format.allCases.map(\.rawValue)
        let format = try arguments.word("--format", of: formats).flatMap(RunnerLog.Format.init) ?? .text
        let workplace = try Workplace(arguments)
        let configuration = try workplace.configuration(needsSecrets: true)
        try workplace.database(configuration).close()
        signal(SIGPIPE, SIG_IGN)
        let (loop, log) = (try EventLoop(), RunnerLog(format: format))
        let worker = try JobWorker(
            configuration, processes: processes, functionsDirectory: try workplace.functionsFolder, loop: loop, log: log
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
