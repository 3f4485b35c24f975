import Auth
import Base
import Findings
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import Assistant

/// The model may only propose an action. The action is requested if the same person confirms exactly this proposal,
/// once, in time, in the same workspace and conversation.
@Suite(.usesStore) struct AIChatConfirmationTests {
    private let chat: ChatTest
    private var anthropic: FakeAnthropic { chat.anthropic }
    private static let input: JSON = ["email": "alice@example.com", "reason": "She left."]

    init() throws { chat = try ChatTest() }

    /// Makes the model propose to suspend Alice; returns the answer of the chat.
    private func propose(_ more: [String: JSON]) -> Reply { propose("suspend_user", Self.input, more) }

    private func propose(
        _ name: String = "suspend_user", _ input: JSON = input, as role: Role = .admin, _ more: [String: JSON] = [:]
    ) -> Reply {
        anthropic.says(FakeAnthropic.calls((name: name, input: input), saying: "I would suspend her."))
        return chat.send("Suspend Alice", as: role, more)
    }

    private func token(_ reply: Reply) -> JSON { reply.json["toolCalls"]?.array?.last?["confirmationToken"] ?? .null }

    /// Sends the same request again, with a confirmation token.
    private func confirm(
        _ token: JSON, as role: Role = .admin, at now: Timestamp = TestStore.now, _ more: [String: JSON] = [:]
    ) -> Reply {
        chat.send("Suspend Alice", as: role, at: now, more.merging(["confirmationToken": token]) { $1 })
    }

    private func expectRefused(_ reply: Reply, _ comment: Comment? = nil) throws {
        #expect(reply.status == 404, comment)
        #expect(reply.error == "The confirmation token has expired or is not valid.", comment)
        #expect(try chat.actions().isEmpty && chat.store.own.auditEntries().isEmpty, comment)
    }

    @Test("A proposed action does not happen before a person confirms it")
    func nothingHappensBeforeItIsConfirmed() throws {
        let reply = propose()
        #expect(reply.status == 200 && reply.json["stop_reason"] == "tool_use")
        let call = try #require(reply.json["toolCalls"]?.array?.first)
        #expect(call["name"] == "suspend_user" && call["input"] == Self.input && call["requiresConfirmation"] == true)
        #expect(token(reply).string?.utf8.count == 64)
        #expect(
            reply.json["response"]
                == "I would suspend her.\n\nsuspend_user for alice@example.com on okta needs your confirmation, within 5 minutes."
        )
        #expect(try chat.actions().isEmpty && chat.store.own.auditEntries().isEmpty)
        #expect(anthropic.bodies.count == 1, "the model is not asked while a person is")
    }

    @Test("A confirmed action is queued without asking the model again") func confirmedItHappens() throws {
        let first = propose()
        let reply = confirm(token(first))
        #expect(reply.status == 200 && anthropic.bodies.count == 1, "the model has no part in it")
        #expect(reply.json["response"] == "suspend_user for alice@example.com on okta is queued.")
        #expect(reply.json["tokens_used"] == 0 && reply.json["stop_reason"] == "end_turn")
        #expect(reply.json["model"] == "claude-opus-4-7" && reply.json["sessionId"] == first.json["sessionId"])
        let call = try #require(reply.json["toolCalls"]?.array?.first)
        #expect(call["id"] == first.json["toolCalls"]?.array?.first?["id"] && call["input"] == Self.input)
        #expect(call["requiresConfirmation"] == false && call["confirmationToken"] == nil)
        #expect(try chat.actions() == ["suspend_user okta \(chat.alice()) queued"])
        let entry = try #require(try chat.store.own.auditEntries().first)
        #expect(entry.action == "remediation.requested" && entry.userID == chat.store.own.members[.admin])
        #expect(entry.details["reason"] == "She left.")
    }

    @Test("The conversation continues after a confirmation, and the model never sees a token")
    func theConversationGoesOnAfterwards() throws {
        let first = propose()
        let session: [String: JSON] = ["sessionId": first.json["sessionId"] ?? .null]
        #expect(confirm(token(first), session).status == 200)
        #expect(chat.send("Thank you", session).status == 200)
        let roles = anthropic.bodies.last?["messages"]?.array?.map { $0["role"]?.string ?? "" }
        #expect(roles == ["user", "assistant", "user", "assistant", "user", "assistant", "user"])
        #expect(anthropic.provider.unexpected.isEmpty)
        let sent = JSONWriter.bytes(anthropic.bodies.last ?? .null)
        #expect(
            !String(decoding: sent, as: UTF8.self).contains(token(first).string ?? "-"), "the model never sees a token")
    }

    @Test("Several proposals are confirmed one by one") func severalAreConfirmedOneByOne() throws {
        anthropic.says(
            FakeAnthropic.calls(
                (name: "suspend_user", input: ["email": "alice@example.com"]),
                (name: "revoke_sessions", input: ["email": "alice@example.com"]),
                (name: "suspend_user", input: ["email": "ALICE@example.com"])))
        let calls = chat.send("Suspend Alice").json["toolCalls"]?.array ?? []
        #expect(calls.map { $0["name"]?.string } == ["suspend_user", "revoke_sessions"], "the same is proposed once")
        #expect(confirm(calls[1]["confirmationToken"] ?? .null).status == 200)
        #expect(try chat.actions() == ["revoke_sessions okta \(chat.alice()) queued"])
        #expect(confirm(calls[0]["confirmationToken"] ?? .null).status == 200)
        #expect(try chat.actions().count == 2)
    }

    // MARK: Invalid tokens

    @Test("A confirmation token can't be used twice") func aReplayedTokenIsRefused() throws {
        let token = token(propose())
        #expect(confirm(token).status == 200)
        let reply = confirm(token)
        #expect(reply.status == 404 && reply.error == "The confirmation token has expired or is not valid.")
        #expect(try chat.actions().count == 1 && chat.store.own.auditEntries().count == 1)
    }

    @Test("Exactly one of many concurrent confirmations with the same token is carried out")
    func ofManyAtOnceOneIsCarriedOut() throws {
        let token = token(propose())
        let statuses = Mutex<[Int]>([])
        let send = chat.prepared(chat.call("Suspend Alice", ["confirmationToken": token]))
        Threads(count: 8) { _ in
            let status = send().status
            statuses.withLock { $0.append(status) }
        }.join()
        #expect(statuses.withLock { $0.sorted() } == [200] + [Int](repeating: 404, count: 7))
        #expect(try chat.actions().count == 1)
    }

    @Test("A confirmation token expires after five minutes") func aLateTokenIsRefused() throws {
        let token = token(propose())
        try expectRefused(confirm(token, at: TestStore.now + 300))
        #expect(confirm(token, at: TestStore.now + 299).status == 200)
    }

    @Test("A token whose stored expiry was extended is refused") func aTokenWhoseTimeWasPutOffIsRefused() throws {
        let token = token(propose())
        try chat.store.database.execute("UPDATE confirmation_tokens SET expires_at = $1", TestStore.now + .days(1))
        try expectRefused(confirm(token))
    }

    @Test("An altered token is refused") func anAlteredTokenIsRefused() throws {
        let token = try #require(token(propose()).string)
        let characters = Array(token)
        for place in [0, 20, 22, 40, 63] {
            var altered = characters
            altered[place] = altered[place] == "A" ? "B" : "A"
            try expectRefused(confirm(.string(String(altered))), "character \(place)")
        }
        for text in ["x", token + "A", String(token.dropLast()), token.uppercased(), String(repeating: "A", count: 64)]
        {
            try expectRefused(confirm(.string(text)), "\(text)")
        }
    }

    @Test("A token that another user confirms is refused") func anotherUsersTokenIsRefused() throws {
        let token = token(propose())
        for role in Role.allCases where role != .admin { try expectRefused(confirm(token, as: role), "\(role)") }
        #expect(confirm(token).status == 200, "it still holds for its own")
    }

    @Test("A token from another session is refused") func aTokenOfAnotherSessionIsRefused() throws {
        let token = token(propose())
        let other = chat.send("Hello").json["sessionId"] ?? .null
        try expectRefused(confirm(token, ["sessionId": other]))
        try expectRefused(confirm(token, ["sessionId": .string(Identifier.random().description)]))
    }

    /// The confirming request must name the conversation that the first request named.
    @Test("A token from a named session is refused without that session")
    func aTokenOfANamedSessionIsRefusedWithoutIt() throws {
        let session: [String: JSON] = ["sessionId": .string(Identifier.random().description)]
        let token = token(propose(session))
        try expectRefused(confirm(token))
        #expect(confirm(token, session).status == 200)
    }

    @Test("A token from another workspace is refused") func aTokenOfAnotherWorkspaceIsRefused() throws {
        let token = token(propose())
        // The same person is a member of both workspaces.
        let call = chat.call("Suspend Alice", in: chat.store.other, ["confirmationToken": token])
        try chat.store.database.execute(
            "UPDATE members SET user_id = $1 WHERE workspace_id = $2 AND role = 'admin'",
            chat.store.own.members[.admin], chat.store.other.id)
        let own = call.session(chat.store.own.token(.admin))
        try expectRefused(chat.send(own))
        #expect(try chat.actions(of: chat.store.other).isEmpty)
    }

    /// A token confirms the request that it was issued for. A request with another message is a different request.
    @Test("A token for another message is refused") func aTokenForAnotherMessageIsRefused() throws {
        let token = token(propose())
        try expectRefused(chat.send("Suspend Bob", ["confirmationToken": token]))
    }

    /// The token is a code over the proposal, so it is not valid for a row that has changed.
    @Test("A token is refused if the stored proposal was changed") func aTokenForOtherInputIsRefused() throws {
        let token = token(propose())
        for change: SQL in [
            #"UPDATE confirmation_tokens SET tool_input = '{"email":"quokka@example.com"}'"#,
            "UPDATE confirmation_tokens SET tool_name = 'revoke_sessions'",
            "UPDATE confirmation_tokens SET target = 'google_workspace/' || target",
            "UPDATE confirmation_tokens SET names_session = NOT names_session",
        ] {
            try chat.store.database.execute(change)
            try expectRefused(confirm(token))
        }
    }

    @Test("A token that was made with another secret is refused") func aTokenOfAnotherSecretIsRefused() throws {
        let token = token(propose())
        let reply = chat.send(
            chat.call("Suspend Alice", ["confirmationToken": token]),
            ["CONFIRMATION_SECRET": "another secret of the tests, long enough"])
        try expectRefused(reply)
    }

    @Test("Each token confirms only its own proposal") func anotherProposalsTokenConfirmsOnlyThat() throws {
        let first = token(propose())
        let second = token(propose("revoke_sessions"))
        #expect(confirm(second).status == 200)
        #expect(try chat.actions() == ["revoke_sessions okta \(chat.alice()) queued"])
        #expect(confirm(first).status == 200)
    }

    // MARK: Permissions at the time of confirmation

    @Test("A person who has lost the role or the membership can't confirm")
    func aRoleThatWasLostConfirmsNothing() throws {
        let token = token(propose())
        try chat.store.database.execute(
            "UPDATE members SET role = 'viewer' WHERE user_id = $1", chat.store.own.members[.admin])
        let reply = confirm(token)
        #expect(reply.status == 403 && reply.error == "Your role or plan does not allow this.")
        try chat.store.database.execute(
            "DELETE FROM members WHERE user_id = $1", chat.store.own.members[.admin])
        #expect(confirm(token).status == 403)
        #expect(try chat.actions().isEmpty)
    }

    @Test("In an expired trial, nothing can be confirmed") func aTrialThatHasExpiredConfirmsNothing() throws {
        let token = token(propose())
        try chat.store.own.set(plan: .trial, trialEnd: TestStore.now - .days(8))
        #expect(confirm(token).error == "The trial has expired. Choose a plan to continue.")
        #expect(try chat.actions().isEmpty)
    }

    @Test(
        "An agent's action on a severe finding waits for approval",
        arguments: [("critical", "pending_approval"), ("high", "pending_approval"), ("medium", "queued")])
    func anAgentsActionMayWaitForApproval(_ severity: String, _ status: String) throws {
        try chat.store.database.execute("UPDATE findings SET affected_identity_id = NULL")
        let finding = try chat.store.own.addFinding(severity)
        let input: JSON = ["email": "alice@example.com", "finding_id": .string(finding.description)]
        #expect(confirm(token(propose("suspend_user", input, as: .agent)), as: .agent).status == 200)
        #expect(try chat.actions() == ["suspend_user okta \(chat.alice()) \(status)"])
    }

    /// Alice has a critical finding; an agent can't avoid the approval by not naming it.
    @Test("An agent's action waits for approval even if the finding is not named")
    func leavingTheFindingOutDoesNotHelp() throws {
        let reply = confirm(token(propose(as: .agent)), as: .agent)
        #expect(reply.json["response"] == "suspend_user for alice@example.com on okta is waiting for approval.")
        #expect(try chat.actions() == ["suspend_user okta \(chat.alice()) pending_approval"])
    }

    @Test("An action on a platform that was disconnected before the confirmation is refused")
    func whatIsGoneByThenIsNotDone() throws {
        let token = token(propose())
        try chat.store.database.execute("UPDATE integrations SET status = 'disconnected'")
        #expect(confirm(token).status == 400)
        #expect(try chat.actions().isEmpty)
    }

    /// At the time of confirmation, the same input would mean another account.
    @Test("A confirmation that would now act on another platform is refused")
    func whatWouldActOnAnotherPlatformByThenIsNotDone() throws {
        let token = token(propose())
        try chat.store.database.execute("UPDATE integrations SET status = 'disconnected'")
        try chat.store.own.addAccount(
            of: try chat.alice(), on: try chat.store.own.addIntegration("google_workspace", category: "idp"))
        let reply = confirm(token)
        #expect(reply.status == 409 && reply.error == "The target has changed in the meantime. Ask for it again.")
        #expect(try chat.actions().isEmpty)
    }

    @Test("An action that is already pending for the target can't be confirmed a second time")
    func theSameActionDoesNotWaitTwice() throws {
        let (first, second) = (token(propose()), token(propose()))
        #expect(confirm(first).status == 200)
        #expect(confirm(second).error == "Action suspend_user is already pending for this target.")
        #expect(try chat.actions().count == 1)
    }

    /// The audit entry, the action and the use of the token are one transaction.
    @Test("A confirmation whose audit entry fails changes nothing") func withoutItsEntryNothingHappens() throws {
        let token = token(propose())
        try chat.store.own.endAuditLog()
        #expect(confirm(token).status == 500)
        #expect(try chat.actions().isEmpty)
        let used = try chat.store.database.first(
            "SELECT count(*) FROM confirmation_tokens WHERE used_at IS NOT NULL"
        ) { try $0[0] as Int }
        #expect(used == 0)
    }

    // MARK: Each tool

    @Test(
        "Each action tool except suspend_user, which other tests use, is proposed and confirmed",
        arguments: [
            ("force_password_change", ["email": "alice@example.com"], "force_password_change okta"),
            ("revoke_sessions", ["email": "alice@example.com", "platform": "okta"], "revoke_sessions okta"),
            ("revoke_oauth_token", ["email": "alice@example.com", "app_name": "figma"], "revoke_oauth_token okta"),
            ("block_app", ["app_name": "FIGMA"], "block_app okta"),
            ("create_access_review", ["app_name": "Figma"], "create_access_review okta"),
            ("contain_host", ["hostname": "Quokka-laptop"], "contain_host okta"),
        ] as [(String, JSON, String)])
    func everyToolIsProposedAndConfirmed(_ name: String, _ input: JSON, _ expected: String) throws {
        try chat.addWhatActionsNeed()
        let reply = propose(name, input)
        #expect(reply.json["toolCalls"]?.array?.first?["requiresConfirmation"] == true, "\(anthropic.bodies)")
        #expect(try chat.actions().isEmpty)
        #expect(confirm(token(reply)).status == 200)
        #expect(try chat.actions().first?.hasPrefix(expected) == true)
    }

    @Test("If the person has accounts on several platforms, the tool must name one")
    func thePlatformIsNamedWhereThereAreSeveral() throws {
        let google = try chat.store.own.addIntegration("google_workspace", category: "idp")
        try chat.store.own.addAccount(of: try chat.alice(), on: google)
        _ = propose()
        #expect(anthropic.toolResults.first?["content"] == "platform must be one of google_workspace, okta.")
        #expect(
            confirm(token(propose("suspend_user", ["email": "alice@example.com", "platform": "okta"]))).status == 200)
    }
}
