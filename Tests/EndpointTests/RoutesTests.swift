import Auth
import Foundation
import Function
import TestSupport
import Testing

@testable import local_runner

/// Operation.all, for which permissions, isolation and the order of checks are tested, has every operation that takes
/// credentials. The messages to /api/mcp have requests and errors of their own form; the tests in MCP/ test the same for
/// them.
@Suite struct RoutesTests {
    private func configuration() throws -> Configuration {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try Configuration.load(
            root.appending(path: Configuration.fileName).path, environment: nil,
            defaults: ["DATABASE_URL": "sqlite:none"], needsSecrets: false)
    }

    private func route(of operation: Operation) -> String {
        (operation.isSession ? "/api/" : "/api/mcp/") + operation.name
    }

    private func handler(of operation: Operation) -> Handler {
        switch operation.method {
        case "GET": operation.function.onRequestGet
        case "POST": operation.function.onRequestPost
        default: operation.function.onRequestDelete
        }
    }

    @Test("Operation.all has every operation that takes credentials") func complete() throws {
        let routes = try configuration().functions.filter { $0.credentials != nil && $0.route != "/api/mcp" }
        let expected = routes.flatMap { function in function.methods.map { "\($0) \(function.route)" } }
        let tested = Operation.all.map { "\($0.method) \(route(of: $0))" }
        #expect(expected.sorted() == tested.sorted())
        let open = try configuration().functions.filter { $0.credentials == nil && !$0.methods.isEmpty }
        #expect(Set(open.map(\.route)) == ["/api/health", "/api/openapi.json", "/api/stripe-webhook"])
    }

    /// The runner itself refuses requests without credentials, so the configuration must name the right kind.
    @Test(
        "Each operation requires the credentials that it declares and that the configuration names",
        arguments: Operation.all)
    func credentials(_ operation: Operation) throws {
        let function = try #require(try configuration().functions.first { $0.route == route(of: operation) })
        switch (handler(of: operation).access, operation.access) {
        case (.session(let declared)?, .session(let expected)):
            #expect(declared == expected)
            // Another method of the function may accept API keys too.
            #expect(function.credentials == .session || function.credentials == .sessionOrApiKey)
        case (.sessionOrKey(let declared)?, .sessionOrKey(let expected)):
            #expect(declared == expected && function.credentials == .sessionOrApiKey)
        case (.apiKey(let declared)?, .apiKey(let expected)):
            #expect(declared == expected && function.credentials == .apiKey)
        default: Issue.record("\(operation.testDescription)")
        }
    }
}
