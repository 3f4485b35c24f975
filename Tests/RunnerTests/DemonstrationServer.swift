import Base
import Foundation
import TestSupport

/// A running `local-runner dev` with the demonstration workspace. Fakes stand for Anthropic, Stripe and Okta.
final class DemonstrationServer {
    let folder: TemporaryFolder
    /// The content of dev.json.
    let state: JSON
    private let process: TestProcess
    private let upstream: FakeProvider

    var url: String { state["url"]?.string ?? "" }

    init() throws {
        folder = try TemporaryFolder()
        upstream = try FakeProvider { request in
            guard !request.target.hasPrefix("/api/v1") else { return nil }
            return .json([
                "id": "x", "url": "https://checkout.stripe.com/x", "type": "message", "role": "assistant",
                "model": "claude-opus-4-7", "stop_reason": "end_turn",
                "content": [["type": "text", "text": "Hello."]], "usage": ["input_tokens": 1, "output_tokens": 1],
            ])
        }
        try Self.writeConfiguration(in: folder, upstream: upstream.url)
        let folder = folder
        let process = try TestProcess(
            BuiltProducts.program("local-runner"),
            [
                "dev", "--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state"),
                "--port",
                "0",
            ],
            environment: [
                "ANTHROPIC_API_KEY": "sk-ant-test", "STRIPE_SECRET_KEY": "sk_test",
                "STRIPE_WEBHOOK_SECRET": "whsec_the_long_secret_of_the_tests",
            ], log: folder.path("log"))
        var state: JSON?
        let isReady = poll(seconds: 30) {
            state = try? JSON(parsing: Array(folder.read("state/dev.json").utf8))
            return state?["url"] != nil || !process.isRunning
        }
        guard isReady, let state else {
            throw TCPClient.Failure(description: "the product does not start: \(folder.read("log"))")
        }
        (self.process, self.state) = (process, state)
    }

    /// Writes the project's configuration with other values of some variables: fakes of upstream servers, and limits
    /// that thousands of requests of one client do not exceed.
    private static func writeConfiguration(in folder: TemporaryFolder, upstream: String) throws {
        let file = URL(filePath: BuiltProducts.project + "/wrangler-like.json")
        var document = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
        let values = [
            "UPSTREAM_ANTHROPIC": upstream, "UPSTREAM_STRIPE": upstream, "UPSTREAM_OKTA": upstream,
            "STRIPE_PRICE_MONTHLY": "price_monthly", "STRIPE_PRICE_ANNUAL": "price_annual",
            "API_KEY_HOURLY_LIMIT": "1000000", "TRUSTED_PROXIES": "127.0.0.1",
        ]
        document["vars"] = (document["vars"] as? [String: Any] ?? [:]).merging(values) { $1 }
        try JSONSerialization.data(withJSONObject: document).write(
            to: URL(filePath: folder.path("wrangler-like.json")))
    }

    /// The options with which other verbs find the server's configuration and database.
    var options: [String] {
        ["--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state")]
    }

    /// Returns the value of a member of an object in dev.json.
    func value(_ object: String, _ name: String) -> JSON { state[object]?[name] ?? .null }

    /// The server, the credentials and the workspace, for the scripts.
    var described: [String: JSON] {
        [
            "url": .string(url), "session": value("tokens", "admin"), "key": value("apiKeys", "write"),
            "workspaceId": state["workspaceId"] ?? .null,
        ]
    }
}
