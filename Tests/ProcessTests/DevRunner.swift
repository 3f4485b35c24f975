import Base
import Foundation
import TestSupport

/// `local-runner dev` with the project's configuration, an hourly limit that no test reaches, and separate state.
final class DevRunner: Sendable {
    let workspaceID: Identifier
    let writeKey: String
    private let port: Int
    // Only keeps the runner alive; the property is not used otherwise.
    private nonisolated(unsafe) let process: TestProcess

    init(in folder: TemporaryFolder, arguments: [String]) throws {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let configuration = folder.path("wrangler-like.json")
        let text = try String(contentsOf: top.appending(path: "wrangler-like.json"), encoding: .utf8)
        try folder.write(
            "wrangler-like.json",
            text.replacingOccurrences(
                of: #""API_KEY_HOURLY_LIMIT": "1000""#, with: #""API_KEY_HOURLY_LIMIT": "1000000000""#))
        let process = try TestProcess(
            BuiltProducts.program("local-runner"),
            ["dev", "--config", configuration, "--persist-to", folder.path("state"), "--port", "0"] + arguments,
            log: folder.path("log"))
        self.process = process
        var state: JSON?
        _ = poll(seconds: 60) {
            state = try? JSON(parsing: Array(folder.read("state/dev.json").utf8))
            return state != nil || !process.isRunning
        }
        guard let state, let key = state["apiKeys"]?["write"]?.string,
            let id = state["workspaceId"]?.string.flatMap({ Identifier($0) }),
            let port = state["url"]?.string?.split(separator: ":").last.flatMap({ Int($0) })
        else { throw TCPClient.Failure(description: "the runner does not start: \(folder.read("log"))") }
        (workspaceID, writeKey, self.port) = (id, key, port)
    }

    /// Sends a body with an API key; returns the status, or 0 without an answer.
    func post(_ path: String, _ body: JSON, key: String) -> Int {
        let text = String(decoding: JSONWriter.bytes(body), as: UTF8.self)
        let fields = ["Connection: close", "X-Api-Key: \(key)", "Content-Type: application/json"]
        let reply = try? TCPClient(port: port, seconds: 60).request("POST", path, fields, body: text)
        return reply?.status ?? 0
    }

    /// Sends a request on a new connection.
    func request(_ method: String, _ path: String, _ fields: [String]) throws -> HTTPReply {
        try TCPClient(port: port, seconds: 60).request(method, path, ["Connection: close"] + fields)
    }

    /// Returns the status of GET /api/health and the state of the database that it names; 0 and "" without an answer.
    func health() -> (status: Int, database: String) {
        let reply = try? TCPClient(port: port).request("GET", "/api/health", ["Connection: close"])
        let json = try? JSON(parsing: reply?.body ?? [])
        return (reply?.status ?? 0, json?["services"]?["database"]?.string ?? "")
    }
}
