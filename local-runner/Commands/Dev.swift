import Base
import Glibc
import Store

extension Verb {
    static let dev = Verb(
        "dev", "Serves the functions over HTTP, with a local database and local secrets.",
        details: """
            The first start creates .dev.vars, next to the configuration, with random secrets, and a demonstration
            workspace in the database. The state folder contains the database and dev.json, which tells scripts the
            URL, tokens, API keys, the token for /cdn-cgi/handler/scheduled, and the address of the developer console.

            Values of secrets come from this process's environment, or from the file that it names with _FILE at the
            end of the secret's name, or else from .dev.vars (.dev.vars.NAME with --env NAME). Values of variables
            come from .dev.vars, or else from "vars" in the configuration.

            The script local-runner/dev builds what has changed before it runs this verb. It also takes --build-only, which
            builds and exits, and --postgresql, which makes a build that can use PostgreSQL too.
            """,
        options: [
            Option("--port", "N", "the port; 0 picks a free one; default: the configuration's"),
            Option("--ip", "ADDRESS", "the address; default: the configuration's"),
            Option(
                "--watch", nil,
                "rebuild when sources change, and serve the new build; use changes of the configuration and .dev.vars too"
            ),
            Option("--reset", nil, "empty the local state before the start"),
            Option("--no-seed", nil, "don't create the demonstration workspace"),
            Option(
                "--processes", "N", "how many jobs run at once; default: 4; 0: only the cron trigger runs jobs"),
            Option(
                "--format", "FORMAT", "the format of the log: text or json",
                words: RunnerLog.Format.allCases.map(\.rawValue)),
        ] + Option.configuration
    ) { arguments in
        let formats = RunnerLog.Format.allCases.map(\.rawValue)
        let format = try arguments.word("--format", of: formats).flatMap(RunnerLog.Format.init) ?? .text
        let processes = try arguments.integer("--processes", in: 0...256) ?? 4
        let address = (ip: arguments["--ip"], port: try arguments.integer("--port", in: 0...65_535))
        if let ip = address.ip, !ListenAddress.isIP(ip) {
            throw UsageError("--ip \(ip): must be an IP address, such as 127.0.0.1")
        }
        let project = try Project(arguments)
        var configuration = try project.configuration(needsSecrets: true)
        if let ip = address.ip { configuration.listen.ip = ip }
        if let port = address.port { configuration.listen.port = UInt16(clamping: port) }
        let folder = try project.functionsFolder
        try checkBuilt(configuration.functions, in: folder)

        try File.makeFolder(project.stateFolder, mode: 0o700)
        try StateLock.take(in: project.stateFolder)
        if arguments.has("--reset") { try LocalState.empty(project, configuration) }
        let log = RunnerLog(format: format)
        for warning in configuration.warnings { log.write("\(warning).", level: .warning) }
        let localToken = Identifier.random().description
        let settings = ServerSettings(localToken: Secret(localToken), stateFolder: project.stateFolder)
        let server = try listen(configuration, folder, settings, log)
        // Keeps the database open until the end. Otherwise each function that closes the last connection would write
        // the whole write-ahead log back into the database.
        let database = try Terminal.step("Preparing the database") { try project.database(configuration) }
        server.console = Console(project, database: database, log: log)
        let consoleURL = server.console?.url(server.address)
        let prepare = { (configuration: Configuration, seeds: Bool) in
            try DevState.prepare(
                project, configuration, database, url: server.address.url, localToken: localToken,
                consoleURL: consoleURL, seeds: seeds)
        }
        let seeds = !arguments.has("--no-seed")
        let state =
            seeds
            ? try Terminal.step("Preparing the demonstration workspace") { try prepare(configuration, true) }
            : try prepare(configuration, false)
        try Announcement(state: state, file: project.stateFile, address: server.address)
            .make(format, isTerminal: isatty(STDOUT_FILENO) == 1, log: log)

        let scheduler = Scheduler(configuration.crons, server: server, log: log)
        scheduler.start()
        let worker =
            processes == 0 || !JobWorker.canRun(configuration)
            ? nil
            : try JobWorker(
                configuration, processes: processes, functionsDirectory: folder, loop: server.loop, log: log)
        worker?.start()
        var watcher: Watcher?
        if arguments.has("--watch") {
            let reload = Reload(
                running: configuration, in: folder, server: server, scheduler: scheduler, worker: worker, log: log,
                read: { try project.configuration(needsSecrets: true) },
                prepare: { _ = try prepare($0, false) })
            let watched = Watcher(
                root: project.root, configuration: project.watchedFiles, functions: configuration.functions,
                in: folder, server: server, log: log, reload: reload.callAsFunction)
            watched.start()
            watcher = watched
        }
        server.run(beside: worker)
        watcher?.stop()
        log.flush()
        database.close()
        return 0
    }

    static func listen(
        _ configuration: Configuration, _ folder: String, _ settings: ServerSettings, _ log: RunnerLog
    ) throws -> Server {
        do throws(ServerError) {
            return try Server(configuration, functionsDirectory: folder, settings: settings, log: log)
        } catch {
            let isMetrics = error.address != nil && error.address == settings.metricsAddress
            throw Failure("\(error)\(error.advice(isMetrics ? "--metrics" : "--port"))")
        }
    }

    static func checkBuilt(_ functions: [FunctionConfiguration], in folder: String) throws {
        let missing = functions.map(\.function).filter { !File.exists("\(folder)/\($0)") }
        guard !missing.isEmpty else { return }
        let built = File.names(in: folder).filter { name in
            ConfigurationReader.isName(name) && !functions.contains { $0.function == name }
        }
        // A function of the configuration whose name is almost that of a built program is probably misspelt in the
        // configuration.
        let guesses = missing.compactMap { name in
            NearestWord.nearest(to: name, in: built).map { "\(name); did you mean \"\($0)\"?" }
        }
        if let guess = guesses.first { throw Failure("there is no function \(guess)") }
        throw Failure(
            "not built: \(missing.joined(separator: ", ")); run local-runner/dev, which builds what is missing")
    }
}

extension ServerError {
    /// Returns advice for an error that occurred when the server started to listen on an address that `option` names;
    /// empty if there is none.
    func advice(_ option: String) -> String {
        switch code {
        case EADDRINUSE:
            "; if another runner uses it, stop that one, or name another port with \(option) (0 picks a free one)"
        case EACCES where (address?.port ?? 0) < 1024:
            "; ports below 1024 need root or CAP_NET_BIND_SERVICE; name another port with \(option)"
        case EADDRNOTAVAIL: "; no interface of this machine has this address"
        default: ""
        }
    }
}

extension ListenAddress {
    /// The URL of this address for clients on the same machine.
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
