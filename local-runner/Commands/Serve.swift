import Base
import Glibc

extension Verb {
    static let serve = Verb(
        "serve", "Serves the functions over HTTP in production.",
        details: """
            It has no demonstration data, no local tokens and no pages for developers. All values come from the
            environment (NAME, or NAME_FILE for a file that contains it), or else from "vars" in the configuration;
            .dev.vars is not read, and a required secret without a value is an error. The database must be migrated
            (local-runner migrate).

            GET /healthz and /_/health show that the server lives; /readyz and /_/ready that it can use the database
            and is not stopping. /metrics is described in local-runner/OPERATING.md.

            SIGTERM and SIGINT let running requests finish; a second signal ends everything at once.
            """,
        options: [
            Option("--port", "N", "the port; 0 picks a free one; default: PORT, or else 8080"),
            Option("--ip", "ADDRESS", "the address; default: HOST, or else 0.0.0.0, which is all of the machine's"),
            Option("--function", "NAME", "serve only this function, at every path"),
            Option("--workers", "N", "run schedules, and this number of jobs at once; default: 0, neither"),
            Option(
                "--drain", "SECONDS", "the longest time from the first signal to the end; default: 25"),
            Option(
                "--metrics", "HOST:PORT",
                "a port with /metrics, without a token; without it, /metrics needs the token in METRICS_TOKEN"),
            Option(
                "--format", "FORMAT", "the format of the log: text or json; default: json",
                words: RunnerLog.Format.allCases.map(\.rawValue)),
        ] + Option.configuration.filter { $0.name != "--persist-to" }
    ) { arguments in
        let serviceManager = ServiceManager.take()
        let formats = RunnerLog.Format.allCases.map(\.rawValue)
        let format = try arguments.word("--format", of: formats).flatMap(RunnerLog.Format.init) ?? .json
        let workers = try arguments.integer("--workers", in: 0...256) ?? 0
        let drain = try arguments.integer("--drain", in: 0...3_600) ?? 25
        let metrics = try arguments["--metrics"].map { text in
            guard let address = ListenAddress(text) else {
                throw UsageError("--metrics \(text): must be an IP address and a port, such as 127.0.0.1:9090")
            }
            return address
        }
        let listen = try listenAddress(arguments, Environment.process)
        let project = try Project(arguments)
        var configuration = try project.productionConfiguration()
        configuration.listen = listen
        let folder = try project.functionsFolder
        let all = configuration
        if let name = arguments["--function"] { try keep(name, in: &configuration) }
        try checkBuilt(workers > 0 ? all.functions : configuration.functions, in: folder)

        let log = RunnerLog(format: format)
        for warning in configuration.warnings { log.write("\(warning).", level: .warning) }
        let settings = ServerSettings(
            pages: OwnPages(metricsToken: Environment.process["METRICS_TOKEN"].map { Secret($0) }),
            metricsAddress: metrics, servesAnyPath: arguments.has("--function"), drainSeconds: drain)
        let server = try Verb.listen(configuration, folder, settings, log)
        server.serviceManager = serviceManager
        log.write("listening on \(server.address.authority)", level: .info)
        if let address = server.metricsAddress { log.write("metrics on \(address.authority)", level: .info) }
        log.flush()
        let worker = try workers == 0 ? nil : startWorkers(workers, all, folder, server, log)
        server.run(beside: worker)
        return 0
    }

    /// Returns the address that the options or the environment name. By default it is port 8080 of all IPv4 addresses.
    private static func listenAddress(
        _ arguments: Arguments, _ environment: Environment
    ) throws(UsageError) -> ListenAddress {
        var address = ListenAddress(ip: "0.0.0.0", port: 8080)
        let (ip, name) = arguments["--ip"].map { ($0, "--ip") } ?? (environment["HOST"], "HOST")
        if let ip {
            guard ListenAddress.isIP(ip) else {
                throw UsageError("\(name) \(ip): must be an IP address, such as 127.0.0.1")
            }
            address.ip = ip
        }
        if let port = try arguments.integer("--port", in: 0...65_535) {
            address.port = UInt16(clamping: port)
        } else if let text = environment["PORT"] {
            guard let port = UInt16(text) else {
                throw UsageError("PORT \(text): must be a whole number from 0 to 65535")
            }
            address.port = port
        }
        return address
    }

    /// Removes all functions except the one called `name` from the configuration. Throws `UsageError` if there is none,
    /// or if HTTP does not reach it.
    private static func keep(_ name: String, in configuration: inout Configuration) throws {
        let names = configuration.functions.filter { !$0.methods.isEmpty }.map(\.function)
        guard let function = configuration.functions.first(where: { $0.function == name }) else {
            throw UsageError("--function \(name) is unknown; \(NearestWord.advice(name, names))")
        }
        guard !function.methods.isEmpty else {
            throw UsageError("--function \(name): schedules run this function, not requests; use --workers N")
        }
        configuration.functions = [function]
    }

    /// Starts to run jobs and schedules. Schedules of the function that runs jobs are left out, since it runs all the
    /// time.
    private static func startWorkers(
        _ processes: Int, _ configuration: Configuration, _ folder: String, _ server: Server, _ log: RunnerLog
    ) throws -> JobWorker {
        let worker = try JobWorker(
            configuration, processes: processes, functionsDirectory: folder, loop: server.loop, log: log,
            metrics: server.metrics)
        server.scheduledFunctions = configuration.functions
        Scheduler(configuration.crons.filter { $0.function != JobWorker.function }, server: server, log: log).start()
        worker.start()
        return worker
    }
}

extension ListenAddress {
    /// Reads an IP address and a port, such as `127.0.0.1:9090` or `[::1]:9090`. Returns nil if the text is not of this
    /// form.
    init?(_ text: String) {
        guard let (host, port) = text.cut(atLast: ":"), let port = UInt16(port) else { return nil }
        var ip = String(host)
        if ip.hasPrefix("["), ip.hasSuffix("]") { ip = String(ip.dropFirst().dropLast()) }
        guard Self.isIP(ip) else { return nil }
        self.init(ip: ip, port: port)
    }
}
