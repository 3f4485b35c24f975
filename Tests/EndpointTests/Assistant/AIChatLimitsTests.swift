import Auth
import Base
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import api_ai_chat

/// The number of messages that a plan includes, and the answers when Anthropic fails.
@Suite(.usesStore) struct AIChatLimitsTests {
    private let chat: ChatTest
    private var anthropic: FakeAnthropic { chat.anthropic }

    init() throws { chat = try ChatTest(filled: false) }

    private func counted() throws -> Int {
        try chat.store.database.counters.first(
            "SELECT count FROM counters WHERE subject = $1", "ai_chat:\(chat.store.own.id)"
        ) { try $0[0] as Int } ?? 0
    }

    /// Sets the count of messages that the own workspace has sent today.
    private func sent(_ count: Int) throws {
        if try counted() == 0 { _ = chat.send() }
        try chat.store.database.counters.execute(
            "UPDATE counters SET count = $1 WHERE subject = $2", count, "ai_chat:\(chat.store.own.id)")
    }

    @Test(
        "Implausible token counts in the model's answer do not end the process", arguments: [Int.max, Int.min, -1, 0])
    func takesAnyCountOfTokens(_ count: Int) throws {
        let usage: JSON = [
            "input_tokens": .integer(count), "cache_creation_input_tokens": .integer(count),
            "cache_read_input_tokens": .integer(count), "output_tokens": .integer(count),
        ]
        anthropic.says(FakeAnthropic.message([FakeAnthropic.text("Hello.")], usage: usage))
        #expect(chat.send().status == 200)
    }

    // MARK: Plans

    @Test(
        "The Free, trial and Pro plans include a fixed number of messages per day",
        arguments: [(Plan.free, 25), (.trial, 100), (.pro, 100)])
    func aPlanHasItsMessagesADay(_ plan: Plan, _ limit: Int) throws {
        try chat.store.own.set(plan: plan, trialEnd: TestStore.now)
        try sent(limit - 1)
        let last = chat.send()
        #expect(last.status == 200 && last.headers["RateLimit-Limit"] == String(limit))
        #expect(last.headers["RateLimit-Remaining"] == "0")
        let refused = chat.send()
        #expect(refused.status == 429)
        #expect(refused.error == "This workspace has used its \(limit) AI chat messages for today. Try again tomorrow.")
        #expect(refused.headers["Retry-After"] == "41400", "until midnight UTC")
        #expect(try counted() == limit)
        let tomorrow = TestStore.now + 41_400
        let token = chat.store.own.token(at: tomorrow)
        #expect(chat.send(chat.call().session(token), at: tomorrow).status == 200, "the next day")
    }

    @Test("The Enterprise plan has no message limit") func enterpriseHasNoLimit() throws {
        let reply = chat.send()
        #expect(reply.status == 200 && reply.headers["RateLimit-Limit"] == nil)
        #expect(try counted() == 0)
    }

    @Test("The message limit applies to the workspace, not to the person")
    func theWorkspaceCountsAndNotThePerson() throws {
        try chat.store.own.set(plan: .free)
        try sent(25)
        for role in Role.allCases { #expect(chat.send(as: role).status == 429) }
        #expect(chat.send(chat.call(in: chat.store.other)).status == 200)
    }

    @Test("Concurrent messages can't exceed the limit") func ofMessagesAtOnceNoneIsTooMany() throws {
        try chat.store.own.set(plan: .free)
        try sent(20)
        let send = chat.prepared(chat.call())
        let statuses = Mutex<[Int]>([])
        Threads(count: 12) { _ in
            let status = send().status
            statuses.withLock { $0.append(status) }
        }.join()
        // A refused message is first counted and then subtracted. Until then another message may be refused too, but
        // none beyond the limit is answered.
        #expect(statuses.withLock { $0.count { $0 == 200 } } == 5)
        #expect(statuses.withLock { $0.count { $0 == 429 } } == 7)
        #expect(try counted() == 25)
    }

    @Test("A message whose answer can't be stored does not count") func anAnswerThatIsLostDoesNotCount() throws {
        try chat.store.own.set(plan: .free)
        try sent(3)
        try chat.store.database.execute("ALTER TABLE chat_messages RENAME TO other_messages")
        let asked = anthropic.bodies.count
        #expect(chat.send().status >= 500 && anthropic.bodies.count == asked + 1)
        #expect(try counted() == 3)
    }

    // MARK: Failures at Anthropic

    @Test("Anthropic's rate limit is passed on as 429, and the message does not count")
    func itsRateLimitIsTold() throws {
        try chat.store.own.set(plan: .free)
        anthropic.says(FakeAnthropic.error(429, "rate_limit_error", headers: ["retry-after": "7"]))
        let reply = chat.send()
        #expect(reply.status == 429 && reply.headers["Retry-After"] == "7")
        #expect(reply.error == "The AI assistant is at its rate limit. Try again in a moment.")
        #expect(anthropic.bodies.count == 1)
        #expect(try counted() == 0, "what was not answered does not count")
    }

    @Test("A spend limit at Anthropic is passed on as 429 without Retry-After, and is not retried")
    func aSpendLimitIsNotTriedAgain() {
        anthropic.says(
            FakeAnthropic.error(429, "rate_limit_error", details: ["error_code": "enforced_spend_limit_reached"]))
        let reply = chat.send()
        #expect(reply.status == 429 && reply.headers["Retry-After"] == nil && anthropic.bodies.count == 1)
        #expect(reply.error == "The AI assistant has reached its spending limit. Try again later.")
    }

    @Test(
        "A failing Anthropic is asked four times before the answer is 503",
        arguments: [500, 502, 503, 504, 529, 408, 409])
    func whenItIsUnavailableItIsTriedThreeTimesMore(_ status: Int) throws {
        try chat.store.own.set(plan: .free)
        for _ in 0..<4 { anthropic.says(FakeAnthropic.error(status, "api_error")) }
        let reply = chat.send()
        #expect(reply.status == 503 && reply.headers["Retry-After"] == "30" && anthropic.bodies.count == 4)
        #expect(reply.error == "The AI assistant is temporarily unavailable. Try again in a moment.")
        #expect(try counted() == 0)
        for _ in 0..<3 { anthropic.says(FakeAnthropic.error(status, "overloaded_error")) }
        #expect(chat.send().status == 200 && anthropic.bodies.count == 8)
        #expect(try counted() == 1)
    }

    @Test("A broken connection to Anthropic is retried") func aBrokenConnectionIsTriedAgain() {
        anthropic.says(.cut, .cut)
        #expect(chat.send().status == 200 && anthropic.bodies.count == 3)
    }

    @Test("An unreachable Anthropic gives 503") func whatIsNotThereIsUnavailable() {
        #expect(chat.send(chat.call(), ["UPSTREAM_ANTHROPIC": "http://127.0.0.1:1"]).status == 503)
    }

    @Test("An x-should-retry: false from Anthropic prevents retries") func itsOwnSignalWins() {
        anthropic.says(FakeAnthropic.error(503, "api_error", headers: ["x-should-retry": "false"]))
        #expect(chat.send().status == 503 && anthropic.bodies.count == 1)
    }

    /// The pauses are 0.25–0.5, 0.5–1 and 1–2 seconds.
    @Test("Three retries take at least 1.75 seconds") func thePausesGrow() throws {
        for _ in 0..<4 { anthropic.says(FakeAnthropic.error(529, "overloaded_error")) }
        let begin = ContinuousClock.now
        let reply = chat.store.send(chat.call(), to: AIChat.self, variables: chat.variables)
        let elapsed = ContinuousClock.now - begin
        #expect(reply.status == 503 && elapsed >= .seconds(1.75))
    }

    @Test(
        "Other errors from Anthropic are not retried, and get our own sentences",
        arguments: [
            (400, 400, "The AI assistant can't read this message or its file."),
            (413, 413, "The message and its file are too long for the AI assistant."),
            (401, 500, "The AI assistant could not answer. Try again later."),
            (402, 500, "The AI assistant could not answer. Try again later."),
            (403, 500, "The AI assistant could not answer. Try again later."),
            (404, 500, "The AI assistant could not answer. Try again later."),
        ])
    func otherRefusalsSayNothingOfTheInside(_ theirs: Int, _ ours: Int, _ sentence: String) {
        anthropic.says(FakeAnthropic.error(theirs, "some_error"))
        let reply = chat.send()
        #expect(reply.status == ours && reply.error == sentence && anthropic.bodies.count == 1)
        #expect(!reply.wire.contains("sk-ant"))
    }

    @Test("An answer of Anthropic that is no message gives 503") func aMessageThatIsNoneIsAFailure() {
        for json: JSON in [[:], ["type": "message"], [], ["type": "error", "error": [:]]] {
            anthropic.says(.json(json))
            #expect(chat.send().status == 503)
        }
    }

    @Test("Messages with invalid fields and failed confirmations are not counted") func onlyMessagesCount() throws {
        try chat.store.own.set(plan: .free)
        #expect(chat.send("").status == 400)
        #expect(chat.send("x", ["fileBase64": "AAAA"]).status == 400)
        #expect(chat.send("x", ["confirmationToken": "x"]).status == 404)
        #expect(try counted() == 0)
    }
}
