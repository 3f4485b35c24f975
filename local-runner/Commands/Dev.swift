import Base
import Glibc
import Store

extension Verb {
    static let dev = Verb(
        "dev", "Serves the functions over HTTP, with a database and secrets of this machine's own.",
        details: """
            The first start makes .dev.vars beside the configuration, with random secrets, and a demonstration
            workspace in the database. The state folder holds the database and dev.json: the address, tokens and
            API keys, for scripts, and the token of /cdn-cgi/handler/scheduled.

            Where a value comes from, first found first taken: .dev.vars (.dev.vars.NAME with --env NAME); for a
            secret, the environment of this process; for a variable, "vars".
            """,
        options: [
            Option("--port", "N", "the port; 0 picks one; that of the configuration, if not given"),
            Option("--ip", "ADDRESS", "the address; that of the configuration, if not given"),
            Option("--watch", nil, "build when sources change, and take over what was built"),
            Option("--no-seed", nil, "make no demonstration workspace"),
            Option(
                "--processes", "N", "how many jobs run at once; 4, if not given, and with 0 only the cron trigger's"),
            Option("--format", "FORMAT", "of the log: text or json"),
        ] + Option.configuration
    ) { arguments in
        let workplace = try Workplace(arguments)
        let formats = RunnerLog.Format.allCases.map(\.rawValue)
        let format = try arguments.word("--format", of: formats).flatMap(RunnerLog.Format.init) ?? .text
        let address = (ip: arguments["--ip"], port: try arguments.integer("--port", in: 0...65_535))
        if let ip = address.ip, !ListenAddress.isIP(ip) {
            throw UsageError("--ip \(ip): write an IP address, such as 127.0.0.1")
        }
        var configuration = try workplace.configuration(needsSecrets: true)
        if let ip = address.ip { configuration.listen.ip = ip }
        if let port = address.port { configuration.listen.port = UInt16(clamping: port) }
        let folder = try workplace.functionsFolder
        try checkBuilt(configuration.functions, in: folder)

        try File.makeFolder(workplace.stateFolder, mode: 0o700)
        try StateLock.take(in: workplace.stateFolder)
        let log = RunnerLog(format: format)
        let localToken = Identifier.random().description
        let server = try listen(configuration, folder, workplace.stateFolder, Secret(localToken), log)
        // Held open until the end: while somebody has it open, functions that close it need not checkpoint.
        let database = try workplace.database(configuration)
        let state = try DevState.prepare(
            workplace, configuration, database, url: server.address.url, localToken: localToken,
            seeds: !arguments.has("--no-seed"))
        Announcement(state: state, file: workplace.stateFile, address: server.address)
            .make(format, isTerminal: isatty(STDOUT_FILENO) == 1, log: log)

        Scheduler(configuration.crons, server: server, log: log).start()
        let processes = try arguments.integer("--processes", in: 0...256) ?? 4
        let worker =
            processes == 0 || !JobWorker.canRun(configuration)
            ? nil
            : try JobWorker(
                configuration, processes: processes, functionsDirectory: folder, loop: server.loop, log: log)
        worker?.start()
        if arguments.has("--watch") {
            Watcher(
                root: workplace.root, functions: configuration.functions, in: folder, server: server, log: log
            )
            .start()
        }
        server.run(beside: worker)
        log.flush()
        database.close()
        return 0
    }

    private static func listen(
        _ configuration: Configuration, _ folder: String, _ stateFolder: String, _ localToken: Secret, _ log: RunnerLog
    ) throws -> Server {
        do throws(ServerError) {
            return try Server(
                configuration, functionsDirectory: folder, stateFolder: stateFolder, localToken: localToken, log: log)
        } catch {
            throw Failure("\(error)\(error.advice(configuration.listen))")
        }
    }

    private static func checkBuilt(_ functions: [FunctionConfiguration], in folder: String) throws {
        let missing = functions.map(\.function).filter { !File.exists("\(folder)/\($0)") }
        guard !missing.isEmpty else { return }
        let built = File.names(in: folder).filter { name in
            ConfigurationReader.isName(name) && !functions.contains { $0.function == name }
        }
        // A name that is nearly that of a program is misspelt.
        let guesses = missing.compactMap { name in
            NearestWord.nearest(to: name, in: built).map { "\(name); did you mean \"\($0)\"?" }
        }
        if let guess = guesses.first { throw Failure("there is no function \(guess)") }
        throw Failure(
            "not built: \(missing.joined(separator: ", ")); run local-runner/dev, which builds what is missing")
    }
}

extension ServerError {
    /// The advice on what to do about it. Empty if there is none.
    func advice(_ address: ListenAddress) -> String {
        switch code {
        case EADDRINUSE: "; if that is another runner, stop it, or let --port 0 pick a free port"
        case EACCES where address.port < 1024:
            "; ports below 1024 are for root and for programs with CAP_NET_BIND_SERVICE: choose another, such as --port 8788"
        case EADDRNOTAVAIL: "; no interface of this machine has this address"
        default: ""
        }
    }
}

extension ListenAddress {
    /// The URL for clients on this machine.
    var url: String {
        let ip =
            switch ip {
            case "0.0.0.0": "127.0.0.1"
            case "::": "::1"
            default: ip
            }
        return "http://\(ListenAddress(ip: ip, port: port).authority)"
    }
}
