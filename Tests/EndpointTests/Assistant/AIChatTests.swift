import Auth
import Base
import HTTP
import Store
import TestSupport
import Testing

@testable import api_ai_chat

/// Conversations with the assistant.
@Suite(.usesStore) struct AIChatTests {
    private let chat: ChatTest
    private var anthropic: FakeAnthropic { chat.anthropic }

    init() throws { chat = try ChatTest() }

    private func expectNoSurprise() { #expect(anthropic.provider.unexpected.isEmpty) }

    @Test("The assistant answers in the documented shape") func answersInTheDocumentedShape() throws {
        anthropic.says(FakeAnthropic.message([FakeAnthropic.text("All is well.")]))
        let reply = chat.send("How are we?")
        #expect(reply.status == 200)
        var members = try #require(reply.json.object)
        #expect(members.removeValue(forKey: "sessionId")?.string.flatMap { Identifier($0) } != nil)
        #expect(
            JSON.object(members) == [
                "response": "All is well.", "tokens_used": 120, "model": "claude-opus-4-7", "stop_reason": "end_turn",
            ])
        let body = try #require(anthropic.bodies.first)
        #expect(body["model"] == "claude-opus-4-7" && body["max_tokens"] == 4096)
        #expect(body["messages"] == [["role": "user", "content": [["type": "text", "text": "How are we?"]]]])
        expectNoSurprise()
    }

    @Test("A variable sets the model") func theModelIsAVariable() {
        _ = chat.send(chat.call(), ["ANTHROPIC_MODEL": "claude-sonnet-5"])
        #expect(anthropic.bodies.first?["model"] == "claude-sonnet-5")
    }

    @Test("Every role may use the chat") func everyRoleMayChat() {
        for role in Role.allCases { #expect(chat.send(as: role).status == 200) }
    }

    @Test(
        "The model's stop reasons are mapped to documented ones, and unknown ones to end_turn",
        arguments: [
            ("end_turn", "end_turn"), ("max_tokens", "max_tokens"), ("stop_sequence", "end_turn"),
            ("pause_turn", "end_turn"), ("refusal", "end_turn"), ("model_context_window_exceeded", "max_tokens"),
            ("something_new", "end_turn"),
        ])
    func thereAreThreeStopReasons(_ theirs: String, _ ours: String) {
        anthropic.says(FakeAnthropic.message([FakeAnthropic.text("x")], stop: theirs))
        #expect(chat.send().json["stop_reason"]?.string == ours)
    }

    @Test("An answer without text is replaced by a sentence") func aMessageWithoutWordsIsSaidToBeNone() {
        anthropic.says(FakeAnthropic.message([]), FakeAnthropic.message([], stop: "refusal"))
        let first = chat.send()
        #expect(first.json["response"] == "The assistant gave no answer.")
        let again = chat.send("More", ["sessionId": first.json["sessionId"] ?? .null])
        #expect(again.json["response"] == "The assistant declined to answer this.")
        expectNoSurprise()
    }

    /// A truncated message may contain an incomplete tool input.
    @Test("A tool call in a truncated message is not run") func aCallThatWasCutOffIsNotRun() throws {
        let finding = try chat.store.own.addFinding("high")
        let use: JSON = [
            "type": "tool_use", "id": "toolu_1", "name": "dismiss_finding",
            "input": ["finding_id": .string(finding.description)],
        ]
        anthropic.says(FakeAnthropic.message([use], stop: "max_tokens"))
        let reply = chat.send()
        #expect(reply.json["stop_reason"] == "max_tokens" && reply.json["toolCalls"] == nil)
        #expect(try chat.store.own.auditEntries().isEmpty)
        #expect(chat.send("And now?", ["sessionId": reply.json["sessionId"] ?? .null]).status == 200)
        expectNoSurprise()
    }

    /// Anthropic's API refuses each request with a blank text block, so a stored one would end the conversation.
    @Test("A blank answer does not break the conversation", arguments: ["\n\n", "", " \t", "\u{00A0}"])
    func aBlankAnswerDoesNotSpoilTheConversation(_ text: String) throws {
        anthropic.says(FakeAnthropic.message([FakeAnthropic.text(text)]))
        let first = chat.send()
        #expect(first.status == 200)
        let stored = try chat.store.database.rows("SELECT content FROM chat_messages WHERE role = 'assistant'") {
            try $0[0] as JSON
        }
        #expect(stored == [.array([FakeAnthropic.text("(No answer.)")])])
        anthropic.says(FakeAnthropic.message([FakeAnthropic.text("Hello.")]))
        #expect(chat.send("And now?", ["sessionId": first.json["sessionId"] ?? .null]).status == 200)
        expectNoBlankText()
    }

    @Test("A blank text block next to a tool call is not sent back") func blankTextNextToACallIsLeftOut() throws {
        anthropic.says(
            FakeAnthropic.calls((name: "get_risk_score", input: [:]), saying: "\n\n"),
            FakeAnthropic.message([FakeAnthropic.text("Fine.")]))
        #expect(chat.send().status == 200)
        expectNoBlankText()
    }

    @Test("A blank text block that an earlier release stored is left out")
    func blankTextOfAnEarlierReleaseIsLeftOut() throws {
        anthropic.says(FakeAnthropic.message([FakeAnthropic.text("One.")]))
        let first = chat.send()
        try chat.store.database.execute(
            "UPDATE chat_messages SET content = $1 WHERE role = 'assistant'", #"[{"type":"text","text":"\n\n"}]"#)
        anthropic.says(FakeAnthropic.message([FakeAnthropic.text("Two.")]))
        #expect(chat.send("And now?", ["sessionId": first.json["sessionId"] ?? .null]).status == 200)
        expectNoBlankText()
    }

    private func expectNoBlankText() {
        for body in anthropic.bodies {
            for message in body["messages"]?.array ?? [] {
                let blocks = message["content"]?.array ?? []
                #expect(!blocks.isEmpty)
                for block in blocks where block["type"] == "text" {
                    #expect(block["text"]?.string?.contains { !$0.isWhitespace } == true)
                }
            }
        }
        expectNoSurprise()
    }

    // MARK: Reading tools

    @Test("The model reads data through tools, and all its tokens are counted")
    func readsThroughToolsAndCountsAllTokens() throws {
        anthropic.says(
            FakeAnthropic.calls((name: "get_risk_score", input: [:]), (name: "list_findings", input: ["limit": 1])),
            FakeAnthropic.message(
                [FakeAnthropic.text("Two findings.")],
                usage: [
                    "input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 30,
                    "cache_creation_input_tokens": 400,
                ]))
        let reply = chat.send()
        #expect(reply.json["response"] == "Two findings." && reply.json["tokens_used"] == 553)
        let calls = try #require(reply.json["toolCalls"]?.array)
        #expect(calls.map { $0["name"]?.string } == ["get_risk_score", "list_findings"])
        #expect(calls.allSatisfy { $0["requiresConfirmation"] == false && $0["confirmationToken"] == nil })
        #expect(calls[1]["input"] == ["limit": 1])
        let results = anthropic.toolResults
        #expect(results.count == 2 && results.allSatisfy { $0["is_error"] == nil })
        #expect(results[0]["content"]?.string?.contains(#""risk_score":"#) == true)
        #expect(results[1]["content"]?.string?.contains("Finding Quokka") == true)
        expectNoSurprise()
    }

    @Test(
        "Every reading tool returns data of the own workspace only",
        arguments: [
            ("get_risk_score", [:], "top_risks"), ("list_findings", ["severity": "critical"], "Finding Quokka"),
            ("list_findings", ["category": "shadow_it"], "Shadow Quokka"),
            ("lookup_identity", ["email": "ALICE@example.com"], "Quokka editor"), ("get_integrations", [:], "okta"),
            ("get_posture_summary", [:], "identity_count"), ("list_rules", ["category": "shadow_it"], "shadow_it::"),
            ("check_app_policy", ["app_name": "figma"], "sanctioned"),
        ] as [(String, JSON, String)])
    func everyReadingToolReads(_ name: String, _ input: JSON, _ expected: String) {
        for role in Role.allCases {
            anthropic.says(FakeAnthropic.calls((name: name, input: input)))
            #expect(chat.send(as: role).status == 200)
            let result = anthropic.toolResults.first
            #expect(result?["content"]?.string?.contains(expected) == true && result?["is_error"] == nil)
            #expect(result?["content"]?.string?.contains("Wombat") == false)
        }
    }

    /// The last request allows no tool calls, so the model must answer with text.
    @Test("One message leads to at most eight requests to the model") func theLoopIsBounded() throws {
        for _ in 0..<20 { anthropic.says(FakeAnthropic.calls((name: "get_risk_score", input: [:]))) }
        let reply = chat.send()
        #expect(reply.status == 200 && anthropic.bodies.count == 8)
        #expect(anthropic.bodies.last?["tool_choice"] == ["type": "none"])
        #expect(anthropic.bodies.dropLast().allSatisfy { $0["tool_choice"] == nil })
        #expect(chat.send("More", ["sessionId": reply.json["sessionId"] ?? .null]).status == 200)
        expectNoSurprise()
    }

    @Test("A tool result that is too long is cut off") func aLongResultIsCutOff() throws {
        for number in 0..<50 {
            try chat.store.own.addFinding("critical", title: String(repeating: "x", count: 2_000) + "\(number)")
        }
        anthropic.says(FakeAnthropic.calls((name: "list_findings", input: ["limit": 50])))
        #expect(chat.send().status == 200)
        let text = try #require(anthropic.toolResults.first?["content"]?.string)
        #expect(text.utf8.count < 50_000 && text.hasSuffix("(The rest is cut off. Ask for less.)"))
    }

    // MARK: Sessions

    private func messages(_ index: Int) -> [JSON] { anthropic.bodies[index]["messages"]?.array ?? [] }

    @Test("A session continues with its earlier messages") func aSessionGoesOn() throws {
        anthropic.says(
            FakeAnthropic.calls((name: "get_integrations", input: [:])),
            FakeAnthropic.message([FakeAnthropic.text("Okta.")]))
        let first = chat.send("What is connected?")
        let second = chat.send("Since when?", ["sessionId": first.json["sessionId"] ?? .null])
        #expect(second.status == 200 && second.json["sessionId"] == first.json["sessionId"])
        let sent = messages(2)
        #expect(sent.map { $0["role"]?.string } == ["user", "assistant", "user", "assistant", "user"])
        #expect(sent[3]["content"] == [FakeAnthropic.text("Okta.")])
        #expect(sent[4]["content"] == [FakeAnthropic.text("Since when?")])
        expectNoSurprise()
    }

    /// Later requests may write the id in upper case.
    @Test("A request may choose its session's id") func aProgramMayChooseTheSession() {
        let id = Identifier.random().description
        #expect(chat.send("One", ["sessionId": .string(id)]).json["sessionId"]?.string == id)
        _ = chat.send("Two", ["sessionId": .string(id.uppercased())])
        #expect(messages(1).count == 3)
    }

    @Test("Without a session, no message is remembered") func withoutASessionNothingIsRemembered() {
        _ = chat.send("One")
        _ = chat.send("Two")
        #expect(messages(1).count == 1)
    }

    /// Another user's session id acts like an unknown one: a new session with no history.
    @Test("A session belongs to one user of one workspace") func aSessionIsItsUsersAlone() throws {
        let id: [String: JSON] = ["sessionId": .string(Identifier.random().description)]
        _ = chat.send("The secret plan", id)
        #expect(chat.send("What plan?", as: .viewer, id).status == 200)
        #expect(chat.send(chat.call("What plan?", in: chat.store.other, id)).status == 200)
        #expect(messages(1).count == 1 && messages(2).count == 1)
        _ = chat.send("Go on", id)
        #expect(messages(3).count == 3)
    }

    @Test("Old messages are dropped from a long history") func theHistoryIsBounded() throws {
        let id: [String: JSON] = ["sessionId": .string(Identifier.random().description)]
        for number in 0..<10 { _ = chat.send(.string("\(number)" + String(repeating: "x", count: 31_000)), id) }
        let sent = messages(9)
        #expect(sent.count == 11 && sent[0]["content"]?.array?[0]["text"]?.string?.first == "4")
        #expect(JSONWriter.bytes(JSON.array(sent)).count < 200_000)
        expectNoSurprise()
    }

    /// Concurrent turns of a session are each stored as a whole.
    @Test("Concurrent turns of a session do not mix") func turnsAtOnceDoNotMix() throws {
        let id: [String: JSON] = ["sessionId": .string(Identifier.random().description)]
        _ = chat.send("Begin", id)
        for _ in 0..<6 { anthropic.says(FakeAnthropic.calls((name: "get_risk_score", input: [:]))) }
        let send = chat.prepared(chat.call("At once", id))
        Threads(count: 6) { _ in #expect(send().status == 200) }.join()
        #expect(chat.send("End", id).status == 200)
        expectNoSurprise()
    }

    // MARK: Refused requests

    @Test("Every field of a message is checked") func fieldsAreChecked() {
        for (fields, sentence) in [
            (["message": .null], "message is required."), (["message": ""], "message must be a text"),
            (["message": "a\u{0}b"], "message must be a text"), (["message": 7], "message must be a text"),
            (["message": .string(String(repeating: "x", count: 32_001))], "message must be a text"),
            (["sessionId": "x"], "sessionId must be a UUID."), (["fileBase64": "abc"], "fileBase64 must be a file"),
            (["fileName": ""], "fileName must be a string"), (["confirmationToken": ""], "confirmationToken must be"),
        ] as [([String: JSON], String)] {
            let reply = chat.send(chat.call("x", fields))
            #expect(reply.status == 400 && reply.error?.hasPrefix(sentence) == true, "\(reply.text)")
        }
        #expect(chat.send("a\n\tb – 漢字").status == 200)
        #expect(anthropic.bodies.count == 1)
    }

    @Test("Without an API key for Anthropic, the chat answers 503") func withoutAKeyThereIsNoAssistant() {
        let reply = chat.send(chat.call(), ["ANTHROPIC_API_KEY": ""])
        #expect(reply.status == 503 && reply.error == "The AI assistant is not set up on this server.")
        #expect(chat.send(chat.call(), ["CONFIRMATION_SECRET": "short"]).status == 500)
    }

    @Test("In an expired trial, the chat is refused") func anExpiredTrialHasNoAssistant() throws {
        try chat.store.own.set(plan: .trial, trialEnd: TestStore.now - .days(8))
        #expect(chat.send().status == 403 && anthropic.bodies.isEmpty)
    }
}
