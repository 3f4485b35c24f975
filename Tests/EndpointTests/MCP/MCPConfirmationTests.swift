@_spi(System) import Auth
import Base
import Synchronization
import TestSupport
import Testing

@testable import api_mcp

/// A person confirms the calls that change something, if the client can ask.
@Suite(.usesStore) struct MCPConfirmationTests {
    private let test: MCPTest
    private var store: TestStore { test.store }
    private let finding: Identifier
    private let forms: JSON = ["elicitation": ["form": [:]]]

    init() throws {
        test = try MCPTest()
        finding = try test.store.own.addFinding("high", title: "Old \"key\"")
    }

    private var input: [String: JSON] { ["findingId": .string(finding.description), "reason": "Known."] }

    /// Asks to dismiss the finding; returns the state.
    private func ask(at now: Timestamp = TestStore.now) -> String {
        test.result("dismiss_finding", input, capabilities: forms, at: now)["requestState"]?.string ?? ""
    }

    private static func accepted(_ state: String, confirm: JSON = true) -> [String: JSON] {
        [
            "requestState": .string(state),
            "inputResponses": ["confirmation": ["action": "accept", "content": ["confirm": confirm]]],
        ]
    }

    private func answer(_ more: [String: JSON], _ input: [String: JSON]? = nil, at now: Timestamp = TestStore.now)
        -> JSON
    {
        test.result("dismiss_finding", input ?? self.input, more: more, capabilities: forms, at: now)
    }

    private func isOpen() throws -> Bool { try test.status(of: finding) == "open" }

    /// Returns true if a state is refused, and the finding is still open.
    private func isRefused(_ reply: Reply) throws -> Bool {
        let sentence = reply.json["error"]?["message"]?.string ?? ""
        return try reply.status == 400 && reply.json["error"]?["code"] == -32_602
            && sentence.hasPrefix("params.requestState has expired, was used, or does not belong to this call.")
            && isOpen()
    }

    private func reply(
        _ input: [String: JSON], _ more: [String: JSON], to tool: String = "dismiss_finding", key: String? = nil,
        at now: Timestamp = TestStore.now
    ) -> Reply {
        test.send(
            "tools/call", more.merging(["name": .string(tool), "arguments": .object(input)]) { $1 },
            capabilities: forms, key: key, at: now)
    }

    @Test("A call is carried out after the person has confirmed it") func confirmed() throws {
        let asked = test.result("dismiss_finding", input, capabilities: forms)
        #expect(asked["resultType"] == "input_required" && asked["content"] == nil)
        let request = asked["inputRequests"]?["confirmation"]
        #expect(request?["method"] == "elicitation/create" && request?["params"]?["mode"] == "form")
        #expect(request?["params"]?["message"] == "Dismiss the finding \"Old 'key'\" for good?")
        #expect(request?["params"]?["requestedSchema"]?["required"] == ["confirm"])
        #expect(try isOpen())
        let state = try #require(asked["requestState"]?.string)
        let done = answer(Self.accepted(state))
        #expect(done["resultType"] == "complete" && done["isError"] == false)
        #expect(try test.status(of: finding) == "dismissed")
    }

    @Test("Every tool that changes something asks, and the ones that read don't", arguments: 0..<12)
    func whoAsks(_ index: Int) throws {
        let (tool, input) = MCPTest.inputs(finding)[index]
        for capabilities: JSON in [["elicitation": [:]], forms] {
            let result = test.result(tool, input, capabilities: capabilities)
            #expect((result["resultType"] == "input_required") == (index >= 7))
            let question = result["inputRequests"]?["confirmation"]?["params"]?["message"]?.string
            #expect(index < 7 || question?.hasSuffix("?") == true)
        }
        #expect(try isOpen())
    }

    @Test(
        "Clients that can't show a form are not asked",
        arguments: [[:], ["elicitation": ["url": [:]]], ["elicitation": true], ["sampling": [:]]] as [JSON])
    func notAsked(_ capabilities: JSON) throws {
        #expect(test.result("dismiss_finding", input, capabilities: capabilities)["isError"] == false)
        #expect(try test.status(of: finding) == "dismissed")
    }

    @Test("Older revisions are never asked") func oldRevision() throws {
        let message = MCPTest.oldMessage(
            "tools/call",
            [
                "name": "dismiss_finding", "arguments": .object(input),
                "_meta": ["io.modelcontextprotocol/clientCapabilities": ["elicitation": [:]]],
            ])
        let reply = test.send(MCPTest.call(message, key: store.own.writeKey))
        #expect(reply.json["result"]?["isError"] == false)
        #expect(try test.status(of: finding) == "dismissed")
    }

    @Test("A call that is not confirmed is not carried out") func refused() throws {
        let answers: [JSON] = [
            ["action": "decline"], ["action": "cancel"], ["action": "accept", "content": ["confirm": false]],
        ]
        for given in answers {
            let state = ask()
            let result = answer(["requestState": .string(state), "inputResponses": ["confirmation": given]])
            #expect(result["isError"] == true && result["resultType"] == "complete")
            // A refusal is final: the same state confirms nothing later.
            #expect(try isRefused(reply(input, Self.accepted(state))))
        }
        #expect(try isOpen())
    }

    @Test("A missing or malformed answer is asked for again") func askedAgain() throws {
        let answers: [JSON] = [
            .null, [:], ["confirmation": 7], ["confirmation": [:]], ["confirmation": ["action": "accept"]],
            ["confirmation": ["action": "accept", "content": ["confirm": "yes"]]],
            ["other": ["action": "accept", "content": ["confirm": true]]],
        ]
        for given in answers {
            let result = answer(["requestState": .string(ask()), "inputResponses": given])
            #expect(result["resultType"] == "input_required", "\(given)")
        }
        // An answer without a state answers no question.
        var more = Self.accepted("")
        more["requestState"] = nil
        #expect(answer(more)["resultType"] == "input_required")
        #expect(try isOpen())
    }

    @Test("A state is valid only for its key, workspace, tool and input") func bound() throws {
        let state = ask()
        let more = Self.accepted(state)
        var otherInput = input
        otherInput["reason"] = "Another."
        #expect(try isRefused(reply(otherInput, more)))
        otherInput["reason"] = nil
        #expect(try isRefused(reply(otherInput, more)))
        #expect(
            try isRefused(reply(["findingId": .string(finding.description), "days": 1], more, to: "snooze_finding")))
        // Both workspaces may ask the same about this application.
        let policy: [String: JSON] = ["app_name": "Figma", "status": "blocked"]
        let own = test.result("set_app_policy", policy, capabilities: forms)["requestState"]?.string ?? ""
        #expect(try isRefused(reply(policy, Self.accepted(own), to: "set_app_policy", key: store.other.writeKey)))
        #expect(reply(policy, Self.accepted(own), to: "set_app_policy").json["result"]?["isError"] == false)
        let second = try #require(
            store.send(
                Call(
                    "POST",
                    body: [
                        "workspaceId": .string(store.own.id.description), "name": "Second", "scope": "write",
                    ]
                ).session(store.own.token()), to: Operation.session[1].function
            ).json["key"]?.string)
        #expect(try isRefused(reply(input, more, key: second)))
        #expect(answer(more)["isError"] == false)
    }

    @Test("A state is valid for five minutes") func expiry() throws {
        let state = ask()
        #expect(try isRefused(reply(input, Self.accepted(state), at: TestStore.now + 300)))
        #expect(answer(Self.accepted(state), at: TestStore.now + 299)["isError"] == false)
    }

    @Test("A state is used once, even if the tool then fails, and whichever way its time is written")
    func once() throws {
        let state = ask()
        #expect(answer(Self.accepted(state))["isError"] == false)
        for same in [state, "+" + state, "0" + state, "+000" + state] {
            let again = reply(input, Self.accepted(same))
            #expect(again.status == 400 && again.json["error"]?["code"] == -32_602, "\(same)")
        }
    }

    @Test("The question names what is confirmed: the recommended action, and days that are written as 7.0")
    func question() throws {
        func question(_ tool: String, _ input: [String: JSON]) -> String? {
            let result = test.result(tool, input, capabilities: forms)
            return result["inputRequests"]?["confirmation"]?["params"]?["message"]?.string
        }
        let alice = try store.own.addFinding("high", title: "Alice is an admin.", action: "suspend_user")
        let id: JSON = .string(alice.description)
        #expect(
            question("remediate_finding", ["findingId": id])
                == "Request the action suspend_user about the finding \"Alice is an admin.\"?")
        #expect(
            question("remediate_finding", ["findingId": id, "actionType": "create_ticket"])
                == "Request the action create_ticket about the finding \"Alice is an admin.\"?")
        #expect(
            question("snooze_finding", ["findingId": id, "days": .number(7)])
                == "Snooze the finding \"Alice is an admin.\" for 7 days?")
        let none = test.result(
            "remediate_finding", ["findingId": .string(finding.description)], capabilities: forms)
        #expect(none["isError"] == true && none["requestState"] == nil)
    }

    @Test("A confirmation does not count if the question has become another one") func changed() throws {
        let state = ask()
        try store.database.execute(
            "UPDATE findings SET title = 'Another person' WHERE workspace_id = $1 AND id = $2", store.own.id, finding)
        #expect(try isRefused(reply(input, Self.accepted(state))))
        #expect(answer(Self.accepted(ask()))["isError"] == false)
    }

    @Test("Two requests with the same state at the same time carry out one call") func race() throws {
        let input: [String: JSON] = ["app_name": "Figma", "status": "blocked"]
        let state = try #require(
            test.result("set_app_policy", input, capabilities: forms)["requestState"]?.string)
        let statuses = Mutex<[Int]>([])
        let call = MCPTest.call(
            MCPTest.message(
                "tools/call",
                Self.accepted(state).merging(["name": "set_app_policy", "arguments": .object(input)]) { $1 },
                capabilities: forms), key: store.own.writeKey)
        let environment = store.environment()
        Threads(count: 4) { _ in
            let status = TestPipeline(MCPFunction.self, environment).send(call).status
            statuses.withLock { $0.append(status) }
        }.join()
        #expect(statuses.withLock { $0.sorted() } == [200, 400, 400, 400])
    }

    @Test("An altered state is refused") func altered() throws {
        let state = ask()
        let parts = state.split(separator: ".").map(String.init)
        let later = "\((Int(parts[0]) ?? 0) + 600).\(parts[1])"
        for altered in [
            later,
            parts[0] + "."
                + parts[1].replacing(parts[1].prefix(1), with: parts[1].hasPrefix("A") ? "B" : "A", maxReplacements: 1),
            state + "A", String(state.dropLast()), parts[1], "", ".", "x", "\(parts[0]).",
            "9999999999999999999999." + parts[1],
            String(repeating: "1", count: 10_000), "-1." + parts[1],
        ] {
            #expect(try isRefused(reply(input, Self.accepted(altered))), "\(altered.prefix(100))")
        }
        var more = Self.accepted(state)
        more["requestState"] = 7
        #expect(try isRefused(reply(input, more)))
        #expect(answer(Self.accepted(state))["isError"] == false)
    }

    @Test("Bad input and unknown findings are refused before anyone is asked") func nothingToAsk() throws {
        let bad = reply(["findingId": "x"], [:])
        #expect(bad.status == 400 && bad.json["error"]?["message"] == "findingId must be a UUID.")
        let unknown = test.result(
            "dismiss_finding", ["findingId": .string(Identifier.random().description)], capabilities: forms)
        #expect(unknown["isError"] == true && unknown["requestState"] == nil)
    }

    @Test("Housekeeping deletes the record of used confirmations after an hour") func pruned() throws {
        #expect(answer(Self.accepted(ask()))["isError"] == false)
        func used() throws -> Int {
            try store.database.counters.first("SELECT count(*) FROM counters WHERE subject LIKE 'confirmation:%'") {
                try $0[0] as Int
            } ?? 0
        }
        #expect(try used() == 1)
        let access = SystemAccess(store.database)
        try access.pruneUsedConfirmations(now: TestStore.now + 3_600)
        #expect(try used() == 1)
        try access.pruneUsedConfirmations(now: TestStore.now + 3_601)
        #expect(try used() == 0)
    }
}
