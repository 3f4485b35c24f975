import Assistant
import Auth
import Base
import Foundation
import Function
import HTTP
import Synchronization
import TestSupport

@testable import api_ai_chat

/// A fake of Anthropic's API: it gives the replies of the test's script in order. A request in which `problem` finds a
/// fault gets 418 and is recorded as unexpected.
final class FakeAnthropic: Sendable {
    private final class Script: Sendable {
        let replies = Mutex<[FakeProvider.Reply]>([])
        func next() -> FakeProvider.Reply? { replies.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    private let script = Script()
    let provider: FakeProvider

    init() throws {
        let script = script
        provider = try FakeProvider { request in
            guard Self.problem(request) == nil else { return nil }
            return script.next() ?? Self.message([Self.text("Fine.")])
        }
    }

    /// Adds replies to the script. After the last one, the model says `Fine.`
    func says(_ replies: FakeProvider.Reply...) { script.replies.withLock { $0 += replies } }

    static func message(
        _ content: [JSON], stop: String = "end_turn", usage: JSON = ["input_tokens": 100, "output_tokens": 20]
    ) -> FakeProvider.Reply {
        .json([
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-7",
            "content": .array(content), "stop_reason": .string(stop), "stop_sequence": nil, "usage": usage,
        ])
    }

    static func text(_ text: String) -> JSON { ["type": "text", "text": .string(text)] }

    /// Returns a reply with calls of tools, after the text `words` if there is one.
    static func calls(_ calls: (name: String, input: JSON)..., saying words: String? = nil) -> FakeProvider.Reply {
        let blocks = calls.map { call -> JSON in
            [
                "type": "tool_use", "id": .string("toolu_" + UUID().uuidString), "name": .string(call.name),
                "input": call.input,
            ]
        }
        return message((words.map { [text($0)] } ?? []) + blocks, stop: "tool_use")
    }

    static func error(_ status: Int, _ type: String, headers: Headers = [:], details: JSON? = nil) -> FakeProvider.Reply
    {
        var error: [String: JSON] = ["type": .string(type), "message": "inner words sk-ant-leak"]
        error["details"] = details
        return .json(["type": "error", "error": .object(error)], status: status, headers: headers)
    }

    /// The bodies of all requests so far.
    var bodies: [JSON] { provider.requests.map(\.json) }

    /// The tool results in the last message of the last request.
    var toolResults: [JSON] {
        bodies.last?["messages"]?.array?.last?["content"]?.array?.filter { $0["type"] == "tool_result" } ?? []
    }

    /// Returns the fault of a request, by rules of the real API and by the values that the product must send; nil for
    /// none.
    static func problem(_ request: FakeProvider.Request) -> String? {
        let body = request.json
        guard request.method == "POST", request.target == "/v1/messages" else { return "another endpoint" }
        guard request.headers["anthropic-version"] == "2026-10-21",
            request.headers["Authorization"] == "Bearer " + ChatTest.key,
            request.headers["Content-Type"] == "application/json"
        else { return "headers" }
        let known: Set = ["model", "max_tokens", "system", "messages", "tools", "tool_choice"]
        guard let members = body.object, known.isSuperset(of: members.keys) else { return "unknown members" }
        guard body["max_tokens"] == 4096, body["model"]?.string != nil else { return "model" }
        guard let messages = body["messages"]?.array, messages.first?["role"] == "user" else { return "messages" }
        var waiting: Set<String> = []
        for message in messages {
            guard let content = message["content"]?.array, !content.isEmpty else { return "empty content" }
            let isUser = message["role"] == "user"
            var answered: Set<String> = []
            for block in content {
                switch block["type"]?.string {
                case "text": if block["text"]?.string?.isEmpty != false { return "empty text" }
                case "tool_result": answered.insert(block["tool_use_id"]?.string ?? "")
                case "document", "image": if !isUser { return "a document of the assistant's" }
                default: break
                }
            }
            guard answered == waiting else { return "tool results that do not match the calls" }
            waiting = Set(content.compactMap { $0["type"] == "tool_use" ? $0["id"]?.string : nil })
        }
        return waiting.isEmpty ? nil : "a call without a result"
    }
}

/// A store, a fake of Anthropic's API, and functions that send messages to the chat.
struct ChatTest {
    static let key = "sk-ant-the-key-of-the-tests"

    let store: TestStore
    let anthropic: FakeAnthropic

    init(filled: Bool = true) throws {
        store = try TestStore(filled: filled)
        anthropic = try FakeAnthropic()
    }

    var variables: [String: String] {
        [
            "ENVIRONMENT": "development", "UPSTREAM_ANTHROPIC": anthropic.provider.url, "ANTHROPIC_API_KEY": Self.key,
            "CONFIRMATION_SECRET": "the secret of the tests' tokens, long enough",
        ]
    }

    func call(
        _ message: JSON = "Hello", as role: Role = .admin, in workspace: TestWorkspace? = nil,
        _ more: [String: JSON] = [:]
    ) -> Call {
        let workspace = workspace ?? store.own
        var body: [String: JSON] = ["workspaceId": .string(workspace.id.description), "message": message]
        body.merge(more) { $1 }
        return Call("POST", body: .object(body)).session(workspace.token(role))
    }

    func send(_ call: Call, at now: Timestamp = TestStore.now, _ more: [String: String] = [:]) -> Reply {
        store.send(call, to: QuickChat.self, variables: variables.merging(more) { $1 }, at: now)
    }

    /// Returns a closure that sends the call through a new pipeline, for use on another thread.
    func prepared(_ call: Call) -> @Sendable () -> Reply {
        let environment = store.environment(variables)
        return { TestPipeline(QuickChat.self, environment).send(call) }
    }

    /// Sends a message to the own workspace's chat, as an admin by default.
    func send(
        _ message: JSON = "Hello", as role: Role = .admin, at now: Timestamp = TestStore.now,
        _ more: [String: JSON] = [:]
    ) -> Reply {
        send(call(message, as: role, more), at: now)
    }

    /// Returns all remediation actions of a workspace, of the own one by default, each as `TYPE PLATFORM ENTITY
    /// STATUS`.
    func actions(of workspace: TestWorkspace? = nil) throws -> [String] {
        try store.database.rows(
            """
            SELECT action_type, target_platform, target_entity_id, status FROM remediation_actions
            WHERE workspace_id = $1 ORDER BY created_at, id
            """, (workspace ?? store.own).id
        ) { row in try (0..<4).map { try row[$0] as String }.joined(separator: " ") }
    }

    /// Adds records that some actions need: a connected Jira, an application Figma of Entra, and a grant of Alice's
    /// Okta account to Figma.
    func addWhatActionsNeed() throws {
        try store.own.addIntegration("jira", category: "itsm")
        let entra = try store.own.addIntegration("microsoft_entra", category: "idp")
        try store.own.addApplication("Figma", from: entra)
        try store.database.execute(
            """
            INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, identity_id, application_id,
                external_id, scopes, access, updated_at)
            SELECT accounts.workspace_id, $2, accounts.integration_id, accounts.id, accounts.identity_id,
                applications.id, 'grant-1', '[]', 'read', accounts.updated_at
            FROM accounts JOIN applications ON applications.integration_id = accounts.integration_id
            WHERE accounts.workspace_id = $1 AND applications.name = 'Figma'
            """, store.own.id, Identifier.random())
    }

    /// Returns the id of Alice's identity in the own workspace.
    func alice() throws -> Identifier {
        try store.database.rows(
            "SELECT id FROM identities WHERE workspace_id = $1 AND email = 'alice@example.com'", store.own.id
        ) { try $0[0] as Identifier }[0]
    }
}

/// The chat function with very short pauses before retries.
enum QuickChat: Function {
    static let maximumBodyLength = AIChat.maximumBodyLength
    static let onRequestPost = AIChat.handler(pause: 0.001)
}
