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
    private func document(of product: DemonstrationServer) throws -> [UInt8] {
        let path = product.folder.path("openapi.json")
        try Shell.run(#"curl -sf "$1/api/openapi.json" -o "$2""#, [product.url, path])
        return Array(try Data(contentsOf: URL(filePath: path)))
    }

    @Test("The document is valid, and its examples match their schemas") func document() throws {
        let json = try JSON(parsing: document(of: DemonstrationServer()))
        #expect(json["openapi"] == "3.1.0" && json["paths"]?.object?.count ?? 0 >= 26)
        let problems = try SDK.run("openapi.py", json)
        #expect(problems == "", "\(problems)")
    }

    @Test("The document that is served is the one that local-runner openapi prints") func verb() throws {
        let product = try DemonstrationServer()
        let printed = try Shell.run(
            #""$1" openapi --config "$2/wrangler-like.json""#,
            [BuiltProducts.program("local-runner"), BuiltProducts.project]
        )
        #expect(try String(decoding: document(of: product), as: UTF8.self) == printed)
    }

    @Test("Requests that schemathesis makes find nothing wrong", .timeLimit(.minutes(30))) func requests() throws {
        let product = try DemonstrationServer()
        var given = product.described
        given["examples"] = 10
        given["lenient"] = [
            "connect_integration", "execute_action", "export_workspace", "send_chat_message", "remediate_finding",
            "receive_stripe_event", "send_mcp_message", "list_findings", "list_actions", "list_platforms",
            "get_posture_history",
        ]
        // The server runs as long as its object exists.
        let problems = try withExtendedLifetime(product) { try SDK.run("openapi_fuzz.py", .object(given)) }
        #expect(problems == "", "\(problems)")
    }

    @Test("A client that openapi-python-client generates completes a session", .timeLimit(.minutes(30)))
    func generatedClient() throws {
        let product = try DemonstrationServer()
        let problems = try withExtendedLifetime(product) {
            try SDK.run("openapi_client.py", .object(product.described))
        }
        #expect(problems == "", "\(problems)")
    }
}
