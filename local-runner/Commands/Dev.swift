import Base
import Store

extension Verb {
    static let dev = Verb(
        "dev", "Serves the functions over HTTP, with a database and secrets of this machine's own.",
        details: """
            The first start makes .dev.vars beside the configuration, with random secrets, and a demonstration
            workspace in the database. The state folder holds the database and dev.json: the address, tokens and
            API keys, for scripts.

            Where a value comes from, first found first taken: .dev.vars (.dev.vars.NAME with --env NAME); for a
            secret, the environment of this process; for a variable, "vars".
            """,
        options: [
            Option("--port", "N", "the port; 0 picks one; that of the configuration, if not given"),
            Option("--ip", "ADDRESS", "the address; that of the configuration, if not given"),
            Option("--watch", nil, "build when sources change, and take over what was built"),
            Option("--no-seed", nil, "make no demonstration workspace"),
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
        if let port = address.port { configuration.listen.port = UInt16(port) }
        let folder = try workplace.functionsFolder
        try checkBuilt(configuration.functions, in: folder)

        try File.makeFolder(workplace.stateFolder, mode: 0o700)
        try StateLock.take(in: workplace.stateFolder)
        let log = RunnerLog(format: format)
        let server = try listen(configuration, folder, log)
        // Held open until the end: while somebody has it open, functions that close it need not checkpoint.
        let database = try workplace.database(configuration)
        let state = try DevState.prepare(
            workplace, configuration, database, url: server.address.url, seeds: !arguments.has("--no-seed"))
        let announcement = Announcement(state: state, file: workplace.stateFile)
        Terminal.say(format == .json ? announcement.json : announcement.text)

        Scheduler(configuration.crons, server: server, log: log).start()
        if arguments.has("--watch") {
            Watcher(
                root: workplace.root, functions: configuration.functions, in: folder, server: server, log: log
            )
            .start()
        }
        server.run()
        log.flush()
        database.close()
        return 0
    }

    private static func listen(
        _ configuration: Configuration, _ folder: String, _ log: RunnerLog
    ) throws -> Server {
        do throws(ServerError) {
            return try Server(configuration, functionsDirectory: folder, log: log)
        } catch {
            throw Failure("\(error); if that is another runner, stop it, or let --port 0 pick a free port")
        }
    }

    private static func checkBuilt(_ functions: [FunctionConfiguration], in folder: String) throws {
        let missing = functions.map(\.function).filter { !File.exists("\(folder)/\($0)") }
        guard missing.isEmpty else {
            throw Failure(
                "not built: \(missing.joined(separator: ", ")); run local-runner/dev, which builds what is missing"
            )
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
