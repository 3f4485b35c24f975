import Base
import Foundation
import TestSupport

/// A running `local-runner serve` with the fixture at /isolated, /reuse and /spawn.
final class ServeRunner {
    /// Options of the server under test.
    struct Options {
        /// The value of DATABASE_URL.
        var database: String
        /// More words of the command line.
        var words: [String] = ["--ip", "127.0.0.1", "--port", "0"]
        /// Variables of the server in addition to DATABASE_URL and the required secret.
        var environment: [String: String] = [:]
        /// A program with arguments that executes the server.
        var launcher: [String] = []
        /// The time limit of a request, in milliseconds.
        var timeout = 30_000
        /// False if the required secret has no value.
        var hasSecret = true
    }

    let folder: TemporaryFolder
    let process: TestProcess
    private(set) var port = 0
    private(set) var metricsPort = 0

    /// Starts a server, and waits until it listens or has ended.
    init(_ options: Options) throws {
        folder = try TemporaryFolder()
        // The runner looks for functions in its own folder.
        try FileManager.default.linkItem(
            atPath: BuiltProducts.folder + "/local-runner", toPath: folder.path("local-runner"))
        var functions: [String] = []
        for dispatch in Runner.dispatches {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("fixture-\(dispatch)"),
                withDestinationPath: BuiltProducts.folder + "/runner-fixture")
            functions.append(
                """
                {"route": "/\(dispatch)", "function": "fixture-\(dispatch)", "methods": ["GET", "POST"],
                 "bindings": ["ENVIRONMENT", "TEST_VARIABLE"], "dispatch": "\(dispatch)"}
                """)
        }
        try folder.write(
            "wrangler-like.json",
            """
            {"name": "test", "vars": {"ENVIRONMENT": "development", "TEST_VARIABLE": "from vars", "UPSTREAM_OKTA": ""},
             "secrets": {"required": ["CONFIRMATION_SECRET"], "optional": ["SUPABASE_JWT_SECRET"]},
             "limits": {"timeout_ms": \(options.timeout), "max_body_bytes": 1048576, "memory_mb": 512, "concurrency": 8},
             "functions": [\(functions.joined(separator: ","))]}
            """)
        var environment = ["DATABASE_URL": options.database]
        if options.hasSecret { environment["CONFIRMATION_SECRET"] = String(repeating: "s", count: 32) }
        let command =
            options.launcher + [
                folder.path("local-runner"), "serve", "--config", folder.path("wrangler-like.json"),
            ] + options.words
        process = try TestProcess(
            command[0], Array(command.dropFirst()), environment: environment.merging(options.environment) { $1 },
            log: folder.path("log"))
        let process = process
        _ = poll(seconds: 20) {
            lines.contains { $0["message"]?.string?.hasPrefix("listening on ") == true } || !process.isRunning
        }
        // The second line, if there is one, is written together with the first.
        port = port(after: "listening on ")
        metricsPort = port(after: "metrics on ")
    }

    /// The lines of the log so far.
    var lines: [JSON] { log.split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) } }

    /// The log so far.
    var log: String { folder.read("log") }

    private func port(after beginning: String) -> Int {
        lines.compactMap(\.["message"]?.string).first { $0.hasPrefix(beginning) }
            .flatMap { $0.split(separator: ":").last.flatMap { Int($0) } } ?? 0
    }

    /// Opens a connection to the main port.
    func connect() throws -> TCPClient { try TCPClient(port: port) }

    /// Sends a GET request on a new connection; returns the status and the body.
    func get(_ path: String, _ fields: [String] = [], port: Int? = nil) throws -> (status: Int, text: String) {
        let reply = try TCPClient(port: port ?? self.port).request("GET", path, ["Connection: close"] + fields)
        return (reply.status, reply.text)
    }
}
