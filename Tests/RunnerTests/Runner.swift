import Base
import Foundation
import TestSupport

/// A running local-runner that serves the fixture at /isolated, /reuse and /spawn.
final class Runner {
    static let dispatches = ["isolated", "reuse", "spawn"]

    let folder: TemporaryFolder
    let process: TestProcess
    let port: Int

    init(
        concurrency: Int = 8, timeout: Int = 5_000, maximumBody: Int = 1 << 20, format: String = "text",
        functionsPath: String = BuiltProducts.folder + "/runner-fixture"
    ) throws {
        folder = try TemporaryFolder()
        // The runner looks for functions where it lies itself.
        let program = folder.path("local-runner")
        try FileManager.default.linkItem(atPath: BuiltProducts.folder + "/local-runner", toPath: program)
        var functions: [String] = []
        for dispatch in Self.dispatches {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("fixture-\(dispatch)"), withDestinationPath: functionsPath)
            functions.append(
                """
                {"route": "/\(dispatch)", "function": "fixture-\(dispatch)", "methods": ["GET", "POST"],
                 "bindings": [], "dispatch": "\(dispatch)"}
                """)
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("scheduled-fixture"), withDestinationPath: functionsPath)
        try folder.write(
            Configuration.file,
            """
            {"name": "test", "compatibility_date": "2026-04-15",
             "vars": {"SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_JWT_SECRET": "\(UUID().uuidString)"},
             "dev": {"ip": "127.0.0.1", "port": 0},
             "limits": {"timeout_ms": \(timeout), "max_body_bytes": \(maximumBody), "memory_mb": 512,
                        "concurrency": \(concurrency)},
             "functions": [\(functions.joined(separator: ",")),
                {"route": "/scheduled/fixture", "function": "scheduled-fixture", "methods": [], "bindings": []}],
             "triggers": {"crons": [{"cron": "0 0 1 1 *", "function": "scheduled-fixture"}]}}
            """)
        process = try TestProcess(
            program,
            [
                "dev", "--config", folder.path(Configuration.file), "--persist-to", folder.path("state"),
                "--port", "0", "--no-seed", "--format", format,
            ], log: folder.path("log"))
        var port: Int?
        let (folder, process) = (folder, process)
        guard
            poll(
                seconds: 20,
                {
                    let state = try? JSON(parsing: Array(folder.read("state/dev.json").utf8))
                    port = state?["url"]?.string?.split(separator: ":").last.flatMap { Int($0) }
                    return port != nil || !process.isRunning
                }), let port
        else { throw TCPClient.Failure(description: "the runner does not start: \(folder.read("log"))") }
        self.port = port
    }

    private enum Configuration {
        static let file = "wrangler-like.json"
    }

    /// A new connection.
    func connect(receiveBuffer: Int32? = nil) throws -> TCPClient {
        try TCPClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// What the runner has logged.
    var log: String { folder.read("log") }

    /// Waits until the log has a line with `text`.
    func logs(_ text: String) -> Bool { poll { log.contains(text) } }

    /// Processes of functions.
    var children: [pid_t] { ProcessTable.descendants(of: process.id) }
}
