import Auth
import Base
import Function
import HTTP
import Store
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_mcp_identity

/// A workspace learns nothing about another one: neither its data nor its existence.
@Suite(.usesStore) struct IsolationTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    private func mentionsOther(_ reply: Reply) -> Bool {
        let wire = reply.wire.lowercased()
        return wire.contains(TestWorkspace.Owner.other.mark.lowercased())
            || wire.contains(TestWorkspace.Owner.other.rawValue)
            || [store.other.readKey, store.other.writeKey].contains { wire.contains($0.prefix(9).lowercased()) }
    }

    @Test("No answer contains data of another workspace", arguments: Operation.all)
    func nothingOfTheOthersIsEverAnswered(_ operation: Operation) throws {
        let reply = store.send(operation.goodCall(store), to: operation.function)
        #expect(reply.status == operation.answer && !mentionsOther(reply), "\(reply.wire)")
        // The search finds the marks in the other workspace's own answer, unless this operation's answer has none.
        let call = operation.call(workspace: store.other.id.description)
        let theirs = store.send(operation.asAllowed(call, in: store.other), to: operation.function)
        let saysNothing =
            [
                "rules", "posture-summary", "integrations", "platforms", "posture-history",
                "execute-action",
            ].contains(operation.name) || operation.method != "GET"
            || operation.name == "app-policy"
        #expect(mentionsOther(theirs) || saysNothing)
    }

    @Test("The same names mean each workspace's own data") func theSameNamesMeanDifferentThings() throws {
        func policy(_ key: String) -> JSON {
            store.send(Operation.reads[6].call(workspace: nil).key(key), to: Operation.reads[6].function).json["status"]
                ?? .null
        }
        #expect(policy(store.own.readKey) == "sanctioned" && policy(store.other.readKey) == "blocked")
        func department(_ key: String) -> JSON? {
            store.send(Call(query: "email=alice@example.com").key(key), to: IdentityFunction.self).json["department"]
        }
        #expect(department(store.own.readKey) == "Quokka" && department(store.other.readKey) == "Wombat")
    }

    /// The data of one workspace does not affect another's numbers.
    @Test("Data of another workspace changes no answer", arguments: Operation.reads + Operation.either)
    func theOthersDataChangesNoAnswer(_ operation: Operation) throws {
        let before = store.send(operation.goodCall(store), to: operation.function)
        for number in 0..<20 {
            try store.other.addFinding("critical")
            try store.other.addIdentity("more\(number)@example.com", mfa: false)
            try store.other.addIntegration("platform\(number)")
        }
        #expect(store.send(operation.goodCall(store), to: operation.function).text == before.text)
    }

    /// The answers must have the same bytes, or a caller could tell which workspaces exist.
    @Test("An unknown workspace and another person's workspace get the same answer", arguments: Operation.all)
    func anUnknownWorkspaceAndSomeoneElsesAreAlike(_ operation: Operation) throws {
        func answer(_ workspace: Identifier) -> String {
            let call = operation.call(workspace: workspace.description).with("X-Request-Id", "fixed")
            return store.send(operation.asAllowed(call, in: store.own), to: operation.function).wire
        }
        let unknown = answer(.random())
        #expect(unknown.hasPrefix("403\n") && unknown == answer(store.other.id))
        // The other workspace's own access rules make no difference either.
        try store.other.set(plan: .trial, allowlist: #"["192.0.2.1"]"#, mfaRequired: true, sessionTimeoutHours: 1)
        #expect(unknown == answer(store.other.id))
    }

    @Test(
        "For every role, an unknown workspace and another one get the same answer",
        arguments: ["GET", "POST", "DELETE"])
    func everyRoleLearnsAsLittle(_ method: String) throws {
        for role in Role.allCases {
            func answer(_ workspace: Identifier) throws -> String {
                let operation = try #require(Operation.session.first { $0.method == method })
                let call = operation.call(workspace: workspace.description).with("X-Request-Id", "fixed")
                return store.send(call.session(store.own.token(role)), to: operation.function).wire
            }
            #expect(try answer(.random()) == answer(store.other.id), "\(role)")
        }
    }

    @Test("An unknown key id and one of another workspace get the same answer")
    func anUnknownKeyAndSomeoneElsesAreAlike() throws {
        func answer(_ key: Identifier) -> String {
            let body: JSON = ["workspaceId": .string(store.own.id.description), "keyId": .string(key.description)]
            let call = Call("DELETE", body: body).session(store.own.token()).with("X-Request-Id", "fixed")
            return store.send(call, to: APIKeysFunction.self).wire
        }
        #expect(answer(.random()).hasPrefix("404\n") && answer(.random()) == answer(store.other.readKeyID))
    }

    /// The answer is the same for every state of the other workspace's finding.
    @Test(
        "An unknown finding and one of another workspace get the same answer",
        arguments: Operation.writes.filter { $0.fields["findingId"] != nil })
    func anUnknownFindingAndSomeoneElsesAreAlike(_ operation: Operation) throws {
        func answer(_ finding: Identifier) -> String {
            var operation = operation
            operation.fields["findingId"] = .string(finding.description)
            let call = operation.call(workspace: nil).with("X-Request-Id", "fixed")
            let wire = store.send(operation.asAllowed(call, in: store.own), to: operation.function).wire
            // The number of remaining requests differs from one answer to the next.
            let lines = wire.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.filter { !$0.hasPrefix("RateLimit-Remaining") }.joined(separator: "\n")
        }
        let unknown = answer(.random())
        #expect(unknown.hasPrefix("404\n") && unknown.contains("This finding is not in this workspace."))
        for status in ["open", "in_progress", "resolved", "dismissed", "snoozed"] {
            #expect(answer(try store.other.addFinding("high", status: status, action: "suspend_user")) == unknown)
        }
    }

    @Test("A write in one workspace changes no row of another", arguments: Operation.writes)
    func whatOneWritesChangesNothingOfTheOthers(_ operation: Operation) throws {
        func rows() throws -> [String] {
            var rows: [String] = []
            for table: SQL in [
                "SELECT id || status || updated_at FROM findings WHERE workspace_id = $1 ORDER BY id",
                "SELECT app_name || status || updated_at FROM app_policies WHERE workspace_id = $1 ORDER BY app_name",
                "SELECT id FROM remediation_actions WHERE workspace_id = $1",
                "SELECT row_hash FROM audit_log WHERE workspace_id = $1 ORDER BY sequence_number",
            ] {
                rows += try store.database.rows(table, store.other.id) { try $0[0] as String }
            }
            return rows
        }
        let before = try rows()
        #expect(store.send(operation.goodCall(store), to: operation.function).status == 200)
        var theirs = operation
        if operation.fields["findingId"] != nil { theirs.fields["findingId"] = "bbbbbbbb-0000-4000-8000-000000000110" }
        #expect(
            store.send(theirs.goodCall(store), to: operation.function).status
                == (operation.fields["findingId"] == nil ? 200 : 404))
        #expect(try rows() == before && before.count > 4)
    }

    @Test("An unknown key and a revoked one get the same answer") func anUnknownKeyAndARevokedOneAreAlike() throws {
        func answer(_ key: String) -> String {
            let operation = Operation.reads[0]
            return store.send(
                operation.call(workspace: nil).key(key).with("X-Request-Id", "fixed"), to: operation.function
            ).wire
        }
        #expect(answer(store.own.revokedKey) == answer("thal_" + String(repeating: "x", count: 40)))
    }

    // MARK: Scope of queries

    private enum Unscoped: Function {
        static let onRequestGet = Handler("test", .session(.view), "", returns: .json(.anything)) { context in
            .json(try context.workspace.rows("SELECT name FROM workspaces") { try $0[0] as String })
        }
        static let onRequestPost = Handler("test", .session(.view), "", returns: .json(.anything)) { context in
            .json(try context.workspace.execute("DELETE FROM members"))
        }
        static let onRequestDelete = Handler("test", .session(.view), "", returns: .json(.anything)) { context in
            .json(
                try context.workspace.first("SELECT id FROM members WHERE workspace_id = $2", context.workspace.id) {
                    try $0[0] as String
                })
        }
    }

    @Test("A query without its workspace is refused", arguments: ["GET", "POST", "DELETE"])
    func aQueryWithoutItsWorkspaceIsRefused(_ method: String) throws {
        let workspace: JSON = .string(store.own.id.description)
        let body: JSON? = method == "GET" ? nil : ["workspaceId": workspace]
        let query = method == "GET" ? "workspaceId=\(store.own.id)" : ""
        let call = Call(method, query: query, body: body).session(store.own.token())
        let reply = store.send(call, to: Unscoped.self)
        #expect(reply.status == 500 && reply.error == "Something went wrong on our side. Try again later.")
        #expect(try store.database.first("SELECT count(*) FROM members") { try $0[0] as Int } == 12)
    }
}
