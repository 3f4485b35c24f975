import Glibc
import Store

extension Verb {
    static let work = Verb(
        "work", "Runs jobs, and queues scheduled work when it is due, until it is stopped.",
        details: """
            Any number of workers may run, on any number of machines, with or without servers there. Each job runs in
            its own process. A worker that receives SIGTERM or SIGINT returns its jobs to the queue, and another worker
            starts them again.
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
