import Base
import Foundation
import TestSupport
import Testing

/// The package for web servers: each configuration in the real server, in front of the packaged functions.
@Suite(.enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"), .usesStore)
struct WebServerPackageTests {
    private let store: TestStore

    init() throws {
        store = try TestStore(filled: true)
        // The web servers' user writes to a SQLite database too.
        try Shell.run(#"chmod -R a+rwX "$1""#, [store.folder.path])
    }

    private func ask(_ server: PackagedWebServer, _ path: String, _ options: [String] = []) throws -> (Int, JSON?) {
        let output = try Shell.run(
            #"curl -sS -m 20 -w '\n%{http_code}' "$@""#,
            options + ["http://127.0.0.1:\(server.port)\(path)"])
        let (body, status) = output.cut(atLast: "\n") ?? ("", "")
        return (Int(status) ?? 0, try? JSON(parsing: Array(body.utf8)))
    }

    @Test("A packaged web server answers with the packaged functions", arguments: PackagedWebServer.Kind.allCases)
    func answers(_ kind: PackagedWebServer.Kind) throws {
        let server = try PackagedWebServer(kind, databaseURL: store.url)
        let (status, health) = try ask(server, "/api/health")
        #expect(status == 200 && health?["status"] == "ok", "\(String(describing: health)) \(server.errors)")
        // The server passes the field Authorization on, and the function knows the workspace's data.
        let (refused, _) = try ask(server, "/api/mcp/risk-score")
        #expect(refused == 401, "\(server.errors)")
        let (allowed, _) = try ask(
            server, "/api/mcp/risk-score", ["-H", "Authorization: Bearer \(store.own.readKey)"])
        #expect(allowed == 200, "\(server.errors)")
        let (queried, findings) = try ask(
            server, "/api/mcp/findings?limit=1", ["-H", "X-Api-Key: \(store.own.readKey)"])
        #expect(queried == 200 && findings?["findings"]?.array?.count == 1, "\(String(describing: findings))")
        // The function itself answers a wrong method; the server answers a path that only begins like a route.
        let (method, _) = try ask(server, "/api/health", ["-X", "DELETE"])
        #expect(method == 405)
        for path in ["/api/health/more", "/api/healthy", "/scheduled/jobs"] {
            let (other, body) = try ask(server, path)
            #expect((other == 404 || other == 200 && kind == .caddyFastCGI) && body == nil, "\(path): \(other)")
        }
    }

    @Test("The packaged script runs a scheduled function with its own variables alone") func schedules() throws {
        let server = try PackagedWebServer(.lighttpdCGI, databaseURL: store.url)
        let answer = try JSON(parsing: Array(server.run("scheduled-sync").utf8))
        #expect(answer["statusCode"] == 200)
    }
}
