import Base
import Function
import HTTP
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_export_audit_log
@testable import api_mcp_app_policy

/// Calls from pages of other origins (CORS).
@Suite(.usesStore) struct AllowedOriginsTests {
    private static let app = "https://app.example.com"
    private static let listed = ["CORS_ALLOWED_ORIGINS": app + ", http://localhost:3000"]

    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    private func values(_ reply: Reply, _ name: String) -> [String] {
        reply.headers.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    private func fieldsOfCORS(_ reply: Reply) -> [String] {
        reply.headers.fields.map { $0.name.lowercased() }.filter { $0.hasPrefix("access-control-") || $0 == "vary" }
    }

    private static func preflight(from origin: String = app, for method: String = "POST") -> Call {
        Call("OPTIONS").with("Origin", origin).with("Access-Control-Request-Method", method)
            .with("Access-Control-Request-Headers", "authorization,content-type")
    }

    @Test("Without the variable, no response has a field of CORS", arguments: Operation.all)
    func noneByDefault(_ operation: Operation) {
        for call in [operation.goodCall(store), Call(operation.method), Self.preflight()] {
            let reply = store.send(call.with("Origin", Self.app), to: operation.function)
            #expect(fieldsOfCORS(reply) == [], "\(reply.wire)")
        }
        #expect(store.send(Self.preflight(), to: operation.function).status == 405)
    }

    @Test("A preflight request of a listed origin is answered without credentials", arguments: Operation.all)
    func preflightOfAListedOrigin(_ operation: Operation) throws {
        for origin in [Self.app, "http://localhost:3000"] {
            let reply = store.send(
                Self.preflight(from: origin, for: operation.method), to: operation.function, variables: Self.listed)
            #expect(reply.status == 204 && reply.body.isEmpty && reply.headers["Content-Length"] == nil)
            #expect(values(reply, "Access-Control-Allow-Origin") == [origin] && values(reply, "Vary") == ["Origin"])
            let methods = try #require(reply.headers["Access-Control-Allow-Methods"]).components(separatedBy: ", ")
            #expect(methods.contains(operation.method) && !methods.contains("OPTIONS"))
            #expect(
                reply.headers["Access-Control-Allow-Headers"]
                    == "Authorization, Content-Type, Idempotency-Key, MCP-Protocol-Version, Mcp-Method, Mcp-Name, X-Api-Key, "
                    + "X-Request-Id")
            #expect(reply.headers["Access-Control-Max-Age"] == "600")
            #expect(reply.headers["Access-Control-Allow-Credentials"] == nil)
            #expect(reply.headers["X-Frame-Options"] == "DENY")
        }
        #expect(try store.own.auditEntries().isEmpty)
    }

    @Test(
        "Any other OPTIONS request gets 405",
        arguments: [
            preflight(from: "https://evil.example"), preflight(from: "null"), preflight(from: "*"),
            preflight(from: "https://app.example.com:443"), preflight(from: "https://app.example.com/"),
            preflight(from: "HTTPS://app.example.com"), preflight(from: "http://app.example.com"),
            preflight(from: "https://app.example.com.evil.example"), preflight(from: ""), Call("OPTIONS"),
            Call("OPTIONS").with("Origin", app),
        ])
    func otherOptions(_ call: Call) {
        let reply = store.send(call, to: APIKeysFunction.self, variables: Self.listed)
        #expect(reply.status == 405 && reply.headers["Allow"] == "GET, HEAD, POST, DELETE")
        #expect(reply.headers["Access-Control-Allow-Methods"] == nil && values(reply, "Vary") == ["Origin"])
        let isListed = call.headers["Origin"] == Self.app
        #expect(values(reply, "Access-Control-Allow-Origin") == (isListed ? [Self.app] : []))
    }

    @Test("Responses to a listed origin may be read by its pages, errors included", arguments: Operation.all)
    func responses(_ operation: Operation) {
        let good = operation.goodCall(store)
        for call in [good, Call(operation.method), good.with("Authorization", "Bearer x"), Call("PUT")] {
            let listed = store.send(
                call.with("Origin", Self.app), to: operation.function, variables: Self.listed)
            #expect(values(listed, "Access-Control-Allow-Origin") == [Self.app], "\(listed.wire)")
            #expect(values(listed, "Vary") == ["Origin"])
            #expect(
                values(listed, "Access-Control-Expose-Headers") == [
                    "Content-Disposition, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
                        + "X-Next-Cursor, X-Request-Id"
                ])
            #expect(listed.headers["Access-Control-Allow-Credentials"] == nil)
            for origin in ["https://evil.example", nil] {
                var other = call
                other.headers["Origin"] = origin
                let reply = store.send(other, to: operation.function, variables: Self.listed)
                #expect(fieldsOfCORS(reply) == ["vary"], "\(reply.wire)")
            }
        }
    }

    @Test("A streamed response that fails at its beginning may be read too") func failedStream() throws {
        try store.database.execute("UPDATE workspaces SET plan = 'enterprise'")
        let operation = try #require(Operation.all.first { $0.name == "export-audit-log" })
        let variables = Self.listed.merging(["AUDIT_SIGNING_KEY": "malformed"]) { $1 }
        let reply = store.send(
            operation.goodCall(store).with("Origin", Self.app), to: ExportAuditLog.self, variables: variables)
        #expect(reply.status == 500 && values(reply, "Access-Control-Allow-Origin") == [Self.app])
        #expect(values(reply, "Vary") == ["Origin"])
    }

    @Test(
        "A malformed variable answers 500 without a field of CORS",
        arguments: ["*", "https://app.example.com/", "app.example.com"])
    func malformed(_ value: String) {
        for call in [Self.preflight(), Call().key(store.own.readKey).with("Origin", "*")] {
            let reply = store.send(call, to: AppPolicyFunction.self, variables: ["CORS_ALLOWED_ORIGINS": value])
            #expect(reply.status == 500 && fieldsOfCORS(reply) == [])
        }
    }
}

/// The values of the variable.
@Suite struct AllowedOriginsVariableTests {
    private func origins(_ value: String) -> AllowedOrigins? {
        try? AllowedOrigins(Environment(["CORS_ALLOWED_ORIGINS": value]))
    }

    @Test(
        "Origins are accepted as browsers write them",
        arguments: [
            "https://app.example.com", "http://localhost", "http://localhost:3000", "https://[2001:db8::1]:8443",
            "http://127.0.0.1:8080", "https://a-b.example", "http://localhost:443", "https://xn--bcher-kva.example",
        ])
    func accepted(_ origin: String) {
        #expect(origins(origin)?.contains(origin) == true && origins(" \(origin) ,")?.contains(origin) == true)
        #expect(origins("https://first.example,\(origin)")?.contains(origin) == true)
    }

    @Test(
        "Origins in any other form are refused",
        arguments: [
            "*", "null", "https://*.example.com", "https://app.example.com/", "https://app.example.com/path",
            "https://App.example.com", "HTTPS://app.example.com", "app.example.com", "https://", "https://:443",
            "https://app.example.com:443", "http://app.example.com:80", "https://app.example.com:0",
            "https://app.example.com:+8443", "https://app.example.com:08443", "https://app.example.com:99999",
            "https://app.example.com:", "https://user@app.example.com", "https://app..example.com",
            "https://app.example.com?x", "ftp://app.example.com", "file://", "https://[app]", "https://[127.0.0.1]",
            "https://a.example https://b.example", "https://büro.example", "https://-a.example",
        ])
    func refused(_ value: String) { #expect(origins(value) == nil) }

    @Test("Without a value there are no origins") func none() throws {
        for value in ["", " ", ","] { #expect((origins(value)?.isEmpty ?? true) == true) }
        #expect(try AllowedOrigins(Environment([:])).fields(for: "https://app.example.com").isEmpty)
    }
}
