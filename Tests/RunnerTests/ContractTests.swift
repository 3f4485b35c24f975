import Base
import Foundation
import TestSupport
import Testing

/// The OpenAPI document that a release build serves, used by programs of other people.
@Suite(
    .serialized,
    .enabled(
        if: BuiltProducts.areRelease && SDK.isThere, "Tests/run makes a release build and installs Python packages"))
struct ContractTests {
    /// A running `local-runner dev` with the demonstration workspace. Fakes stand for Anthropic, Stripe and Okta.
    private final class Product {
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

    private func document(of product: Product) throws -> [UInt8] {
        let path = product.folder.path("openapi.json")
        try Shell.run(#"curl -sf "$1/api/openapi.json" -o "$2""#, [product.url, path])
        return Array(try Data(contentsOf: URL(filePath: path)))
    }

    @Test("The document is valid, and its examples match their schemas") func document() throws {
        let json = try JSON(parsing: document(of: Product()))
        #expect(json["openapi"] == "3.1.0" && json["paths"]?.object?.count ?? 0 >= 26)
        let problems = try SDK.run("openapi.py", json)
        #expect(problems == "", "\(problems)")
    }

    @Test("The document that is served is the one that local-runner openapi prints") func verb() throws {
        let product = try Product()
        let printed = try Shell.run(
            #""$1" openapi --config "$2/wrangler-like.json""#,
            [BuiltProducts.program("local-runner"), BuiltProducts.project]
        )
        #expect(try String(decoding: document(of: product), as: UTF8.self) == printed)
    }

    @Test("Requests that schemathesis makes find nothing wrong", .timeLimit(.minutes(5))) func requests() throws {
        let product = try Product()
        var given = product.described
        given["examples"] = 10
        given["lenient"] = [
            "connect_integration", "execute_action", "export_workspace", "send_chat_message", "remediate_finding",
            "receive_stripe_event", "list_findings", "list_actions", "list_platforms", "get_posture_history",
        ]
        // The server runs as long as its object exists.
        let problems = try withExtendedLifetime(product) { try SDK.run("openapi_fuzz.py", .object(given)) }
        #expect(problems == "", "\(problems)")
    }

    @Test("A client that openapi-python-client generates completes a session", .timeLimit(.minutes(5)))
    func generatedClient() throws {
        let product = try Product()
        let problems = try withExtendedLifetime(product) {
            try SDK.run("openapi_client.py", .object(product.described))
        }
        #expect(problems == "", "\(problems)")
    }
}
