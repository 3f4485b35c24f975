import Base
import Foundation
import TestSupport
import Testing

/// The runner itself refuses requests without credentials, with the same answer as the function.
@Suite(.usesStore) struct RefusalTests {
    @Test("The runner refuses a request without credentials with the function's own answer")
    func theSameAnswer() throws {
        let folder = try TemporaryFolder()
        let runner = try DevRunner(in: folder, arguments: ["--format", "json"])
        let configuration = try JSON(parsing: Array(folder.read("wrangler-like.json").utf8))
        var routes = 0
        for function in configuration["functions"]?.array ?? [] where function["credentials"] != nil {
            let route = try #require(function["route"]?.string)
            for method in (function["methods"]?.array ?? []).compactMap(\.string) {
                func answer(_ fields: [String]) throws -> [String] {
                    let reply = try runner.request(method, route, fields)
                    let kept = reply.fields.filter { !["date", "x-request-id"].contains($0.name) }
                    return ["\(reply.status)", reply.text] + kept.map { "\($0.name): \($0.value)" }.sorted()
                }
                let own = try answer([])
                #expect(own.first == "401")
                #expect(own == (try answer(["Authorization: Bearer nonsense"])), "\(method) \(route)")
                routes += 1
            }
        }
        #expect(routes >= 24)
    }
}
