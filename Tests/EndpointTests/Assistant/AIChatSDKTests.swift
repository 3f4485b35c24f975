import Auth
import Base
import TestSupport
import Testing

/// Compares the product's requests to Anthropic with those of Anthropic's own SDK.
@Suite(.enabled(if: SDK.isThere), .usesStore) struct AIChatSDKTests {
    @Test("Our requests are the same as those of Anthropic's SDK") func ourRequestsAreWhatTheSDKSends() throws {
        let chat = try ChatTest()
        let id: [String: JSON] = ["sessionId": .string(Identifier.random().description)]
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]
        let files = [("a.pdf", Array("%PDF-1.7 x".utf8)), ("b.png", png), ("c.txt", Array("Grüße".utf8))]
        for (name, bytes) in files {
            let more: [String: JSON] = [
                "fileName": .string(name), "fileBase64": .string(Base64.standard.encode(bytes)),
            ]
            #expect(chat.send("Read this", more.merging(id) { $1 }).status == 200)
        }
        for _ in 0..<7 {
            chat.anthropic.says(
                FakeAnthropic.calls(
                    (name: "lookup_identity", input: ["email": "alice@example.com"]), (name: "none", input: [:])))
        }
        #expect(chat.send("Who is Alice?", id).status == 200)
        chat.anthropic.says(FakeAnthropic.calls((name: "suspend_user", input: ["email": "alice@example.com"])))
        #expect(chat.send("Suspend Alice", id).status == 200)
        for role in Role.allCases { #expect(chat.send("Thanks", as: role).status == 200) }
        let requests = chat.anthropic.provider.requests
        #expect(requests.count == 18 && requests.contains { $0.json["tool_choice"] != nil })
        let answers: [FakeProvider.Reply] = [
            FakeAnthropic.message([FakeAnthropic.text("x")]), FakeAnthropic.calls((name: "x", input: [:])),
        ]
        let said = try SDK.run(
            "anthropic_requests.py",
            [
                "key": .string(ChatTest.key), "requests": .array(requests.map { SDK.described($0, body: $0.json) }),
                "messages": .array(try answers.map { try JSON(parsing: $0.body) }),
            ])
        #expect(said == "compared 18\n")
    }
}
