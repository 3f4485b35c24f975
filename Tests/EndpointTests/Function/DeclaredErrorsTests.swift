import Auth
import Base
import TestSupport
import Testing

@testable import api_mcp

/// The OpenAPI document gives examples of the errors that callers get, in their form, and of no others.
@Suite(.usesStore) struct DeclaredErrorsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    /// Returns the examples of an operation's errors.
    private func examples(_ declared: DeclaredOperation, _ status: Int) -> [JSON] {
        let response = declared.declaration["responses"]?[String(status)]
        return (response?["content"]?["application/json"]?["examples"]?.object ?? [:]).values.compactMap { $0["value"] }
    }

    /// Checks that a call gets one of the declared examples of errors with `status`.
    private func check(_ operation: Operation, _ call: Call, _ status: Int) throws {
        let declared = try #require(
            DeclaredOperation.all(of: operation.function).first { $0.method == operation.method })
        let reply = store.send(call, to: operation.function)
        #expect(
            reply.status == status && examples(declared, status).contains(reply.json), "\(operation): \(reply.text)")
    }

    @Test("Callers without access get an error that the operation declares", arguments: Operation.all)
    func access(_ operation: Operation) throws {
        let own = operation.call(workspace: store.own.id.description)
        try check(operation, own, 401)
        let allowed = operation.asAllowed(own, in: store.own)
        switch operation.access {
        case .session(let permission), .sessionOrKey(let permission):
            if !permission.roles.contains(.viewer) { try check(operation, own.session(store.own.token(.viewer)), 403) }
        case .apiKey(let scope):
            if scope == .write { try check(operation, own.key(store.own.readKey), 403) }
            try check(operation, operation.asAllowed(own, in: store.other), 403)
        }
        try store.own.set(allowlist: #"["192.0.2.1"]"#)
        try check(operation, allowed, 403)
    }

    @Test("An operation for API keys declares no error about a role or a missing workspace", arguments: Operation.keyed)
    func keys(_ operation: Operation) throws {
        let declared = try #require(
            DeclaredOperation.all(of: operation.function).first { $0.method == operation.method })
        let sentences = [400, 403].flatMap { examples(declared, $0) }.compactMap { $0["error"]?.string }
        #expect(!sentences.isEmpty && !sentences.contains { $0.contains("role") || $0 == "workspaceId is required." })
    }

    @Test("The examples of POST /api/mcp have the form of its errors") func messages() throws {
        let test = try MCPTest()
        let declared = try #require(DeclaredOperation.all(of: MCPFunction.self).first)
        let read = test.store.own.readKey
        let list = MCPTest.call(MCPTest.message("tools/list"), key: read)
        for (call, status) in [
            (list.with("Authorization", "Bearer x"), 401), (list.with("Mcp-Method", "x"), 400),
            (MCPTest.call(MCPTest.message("tools/none"), key: read), 404),
            (MCPTest.call(MCPTest.message("tools/call", ["name": "trigger_sync"]), key: read), 403),
        ] {
            let reply = test.send(call)
            let examples = examples(declared, status)
            #expect(reply.status == status && !examples.isEmpty)
            for example in examples {
                #expect(example.object.map { Set($0.keys) } == reply.json.object.map { Set($0.keys) }, "\(example)")
                #expect((example["error"]?.object == nil) == (reply.json["error"]?.object == nil), "\(example)")
            }
            if status != 400 { #expect(examples.contains { $0["error"] == reply.json["error"] }, "\(reply.text)") }
        }
    }
}
