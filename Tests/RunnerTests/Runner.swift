import Base
import Foundation
import TestSupport

/// A running `local-runner dev` that serves the fixture at /isolated, /reuse and /spawn.
final class Runner {
    static let dispatches = ["isolated", "reuse", "spawn"]

    /// Options of the runner under test.
    struct Options {
        var concurrency = 8
        var timeout = 5_000
        var maximumBody = 1 << 20
        var format = "text"
        var functionsPath = BuiltProducts.folder + "/runner-fixture"
        /// The value of TRUSTED_PROXIES: addresses without a limit of their own.
        var trustedProxies = ""
        /// The origins whose pages may call the functions.
        var origins = ""
        /// The duration of the scheduled function, in milliseconds.
        var scheduledSleep = 0
        /// Additional members of each function's entry, as JSON.
        var members = ""
        /// The runner's environment.
        var environment: [String: String] = [:]
        /// A program with arguments that executes the runner.
        var launcher: [String] = []
        /// The name of the runner's state folder.
        var state = "state"
        /// More words of the command line.
        var words: [String] = []
    }

    let folder: TemporaryFolder
    let process: TestProcess
    let port: Int
    /// The content of dev.json.
    let state: JSON

    convenience init(
        concurrency: Int = 8, timeout: Int = 5_000, maximumBody: Int = 1 << 20, format: String = "text",
        functionsPath: String = BuiltProducts.folder + "/runner-fixture"
    ) throws {
        try self.init(
            Options(
                concurrency: concurrency, timeout: timeout, maximumBody: maximumBody, format: format,
                functionsPath: functionsPath))
    }

    init(_ options: Options) throws {
        folder = try TemporaryFolder()
        // The runner looks for functions in its own folder.
        let program = folder.path("local-runner")
        try FileManager.default.linkItem(atPath: BuiltProducts.folder + "/local-runner", toPath: program)
        var functions: [String] = []
        for dispatch in Self.dispatches {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("fixture-\(dispatch)"), withDestinationPath: options.functionsPath)
            functions.append(
                """
                {"route": "/\(dispatch)", "function": "fixture-\(dispatch)", "methods": ["GET", "POST"],
                 "bindings": ["CORS_ALLOWED_ORIGINS"], "dispatch": "\(dispatch)"\(options.members)}
                """)
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("scheduled-fixture"), withDestinationPath: options.functionsPath)
        try folder.write(
            Configuration.file,
            """
            {"name": "test", "compatibility_date": "2026-04-15",
             "vars": {"SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_JWT_SECRET": "\(UUID().uuidString)",
                      "TRUSTED_PROXIES": "\(options.trustedProxies)",
                      "CORS_ALLOWED_ORIGINS": "\(options.origins)",
                      "FIXTURE_SLEEP": "\(options.scheduledSleep)"},
             "dev": {"ip": "127.0.0.1", "port": 0},
             "limits": {"timeout_ms": \(options.timeout), "max_body_bytes": \(options.maximumBody),
                        "memory_mb": 512, "concurrency": \(options.concurrency)},
             "functions": [\(functions.joined(separator: ",")),
                {"route": "/scheduled/fixture", "function": "scheduled-fixture", "methods": [],
                 "bindings": ["FIXTURE_SLEEP"]}],
             "triggers": {"crons": [{"cron": "0 0 1 1 *", "function": "scheduled-fixture"},
                                    {"cron": "0 0 2 1 *", "function": "scheduled-fixture"}]}}
            """)
        let words =
            options.launcher + [
                program, "dev", "--config", folder.path(Configuration.file), "--persist-to",
                folder.path(options.state), "--port", "0", "--no-seed", "--format", options.format,
            ] + options.words
        process = try TestProcess(
            words[0], Array(words.dropFirst()), environment: options.environment, log: folder.path("log"))
        var found: (port: Int, state: JSON)?
        let (folder, process) = (folder, process)
        guard
            poll(
                seconds: 20,
                {
                    let state = try? JSON(parsing: Array(folder.read("\(options.state)/dev.json").utf8))
                    let port = state?["url"]?.string?.split(separator: ":").last.flatMap { Int($0) }
                    if let state, let port { found = (port, state) }
                    return found != nil || !process.isRunning
                }), let found
        else { throw TCPClient.Failure(description: "the runner does not start: \(folder.read("log"))") }
        (port, state) = found
    }

    private enum Configuration {
        static let file = "wrangler-like.json"
    }

    /// Opens a connection, from `address` if it is not nil.
    func connect(from address: String? = nil, receiveBuffer: Int32? = nil) throws -> TCPClient {
        try TCPClient(port: port, from: address, receiveBuffer: receiveBuffer)
    }

    /// The header field that gives access to /cdn-cgi/*.
    var localAuthorization: String { "Authorization: Bearer \(state["localToken"]?.string ?? "")" }

    /// The runner's log so far.
    var log: String { folder.read("log") }

    /// Waits until the log contains `text`; returns false if it does not in time.
    func logs(_ text: String) -> Bool { poll { log.contains(text) } }

    /// The runner's descendants, which are the processes of functions.
    var children: [pid_t] { ProcessTable.descendants(of: process.id) }
}
