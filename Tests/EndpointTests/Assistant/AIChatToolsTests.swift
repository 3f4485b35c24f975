import Auth
import Base
import HTTP
import Store
import TestSupport
import Testing

/// Tools that change data, with the permissions of the person who chats.
@Suite(.usesStore) struct AIChatToolsTests {
    private let chat: ChatTest
    private var anthropic: FakeAnthropic { chat.anthropic }

    init() throws { chat = try ChatTest() }

    private func use(_ name: String, _ input: JSON, as role: Role = .admin) -> (reply: Reply, result: JSON) {
        anthropic.says(FakeAnthropic.calls((name: name, input: input)))
        let reply = chat.send(as: role)
        #expect(reply.status == 200 && anthropic.provider.unexpected.isEmpty, "\(reply.text)")
        return (reply, anthropic.toolResults.first ?? .null)
    }

    private func status(_ finding: Identifier) throws -> String? {
        try chat.store.database.first("SELECT status FROM findings WHERE id = $1", finding) { try $0[0] }
    }

    // MARK: Immediate changes

    @Test(
        "Decisions about findings are carried out at once",
        arguments: [
            ("acknowledge_finding", [:], "in_progress", "finding.acknowledged"),
            ("dismiss_finding", ["reason": "known"], "dismissed", "finding.dismissed"),
            ("snooze_finding", ["days": 7], "snoozed", "finding.snoozed"),
            ("star_finding", [:], "open", "finding.starred"),
            ("star_finding", ["starred": false], "open", "finding.unstarred"),
        ] as [(String, [String: JSON], String, String)])
    func findingsAreDecidedAtOnce(_ name: String, _ more: [String: JSON], _ status: String, _ action: String) throws {
        let finding = try chat.store.own.addFinding("high")
        var input = more
        input["finding_id"] = .string(finding.description)
        let (reply, result) = use(name, .object(input), as: .agent)
        #expect(result["is_error"] == nil && reply.json["stop_reason"] == "end_turn")
        let call = reply.json["toolCalls"]?.array?.first
        #expect(call?["requiresConfirmation"] == false && call?["input"] == .object(input))
        #expect(try self.status(finding) == status)
        let entry = try #require(try chat.store.own.auditEntries().first)
        #expect(entry.action == action && entry.targetID == finding.description)
        #expect(entry.userID == chat.store.own.members[.agent])
        let isStarred = try chat.store.database.first("SELECT is_starred FROM findings WHERE id = $1", finding) {
            try $0[0] as Bool
        }
        #expect(isStarred == (action == "finding.starred"))
    }

    @Test("Sanctioning an application is carried out at once") func appsAreSanctionedAtOnce() throws {
        let (_, result) = use("sanction_app", ["app_name": "Notion"], as: .securityAnalyst)
        #expect(result["is_error"] == nil)
        #expect(try chat.store.own.auditEntries().map(\.action) == ["app_policy.set"])
    }

    @Test("A ticket goes to the connected ticketing platform") func ticketsGoToTheTicketingPlatform() throws {
        let finding = try chat.store.own.addFinding("high")
        let input: JSON = ["finding_id": .string(finding.description)]
        #expect(use("create_ticket", input).result["content"] == "No ticketing platform is connected.")
        try chat.store.own.addIntegration("jira", category: "itsm")
        #expect(use("create_ticket", input).result["is_error"] == nil)
        #expect(try chat.actions() == ["create_ticket jira \(chat.store.own.id) queued"])
    }

    @Test("The tool trigger_sync queues one sync of a connected platform, and none of a paused one")
    func syncsAreQueued() throws {
        #expect(use("trigger_sync", ["platform": "okta"]).result["is_error"] == true, "it has no credentials")
        try chat.store.database.execute("UPDATE integrations SET credentials = $1", [1] as [UInt8])
        #expect(use("trigger_sync", [:]).result["is_error"] == nil)
        #expect(use("trigger_sync", ["platform": "okta"]).result["is_error"] == nil)
        let workspaces = try chat.store.database.rows("SELECT workspace_id FROM jobs WHERE kind = 'sync'") {
            try $0[0] as Identifier
        }
        #expect(workspaces == [chat.store.own.id], "paused ones are not synced, nobody else's, and none twice")
        #expect(
            try chat.store.own.auditEntries().map(\.action) == [
                "integration.sync_requested", "integration.sync_requested",
            ])
        #expect(use("trigger_sync", ["platform": "slack"]).result["is_error"] == true)
    }

    // MARK: Roles and plans

    /// Each tool that changes something, an input for it without the finding's id, and the roles that may use it.
    private static let minimum: [(String, [String: JSON], Set<Role>)] = [
        ("acknowledge_finding", [:], agents), ("dismiss_finding", [:], agents), ("snooze_finding", ["days": 1], agents),
        ("star_finding", [:], agents), ("create_ticket", [:], agents),
        ("sanction_app", ["app_name": "Figma"], analysts),
        ("trigger_sync", [:], [.superAdmin, .admin]), ("suspend_user", alice, agents),
        ("force_password_change", alice, agents), ("revoke_sessions", alice, agents),
        ("revoke_oauth_token", alice.merging(["app_name": "Figma"]) { $1 }, agents),
        ("contain_host", ["hostname": "Quokka-laptop"], agents), ("block_app", ["app_name": "Figma"], analysts),
        ("create_access_review", ["app_name": "Figma"], agents),
    ]
    private static let alice: [String: JSON] = ["email": "alice@example.com"]
    private static let analysts: Set<Role> = [.superAdmin, .admin, .securityAnalyst]
    private static let agents: Set<Role> = [.superAdmin, .admin, .securityAnalyst, .agent]

    @Test("A tool is offered to and run for the permitted roles only", arguments: Role.allCases)
    func aToolIsOfferedAndRunOnlyForRolesThatMay(_ role: Role) throws {
        try chat.addWhatActionsNeed()
        for (name, more, roles) in Self.minimum {
            var input = more
            if name.hasSuffix("_finding") || name == "create_ticket" {
                input["finding_id"] = .string(try chat.store.own.addFinding("low").description)
            }
            let before = try chat.store.own.auditEntries().count
            let (reply, result) = use(name, .object(input), as: role)
            let offered = anthropic.bodies.last?["tools"]?.array?.contains { $0["name"]?.string == name }
            #expect(offered == roles.contains(role), "\(name)")
            if roles.contains(role) {
                #expect(result["is_error"] == nil, "\(name): \(result)")
                #expect(reply.json["toolCalls"]?.array?.count == 1)
            } else {
                #expect(result["is_error"] == true && reply.json["toolCalls"] == nil, "\(name)")
                #expect(result["content"] == "This person's role or plan does not allow this.")
                #expect(try chat.store.own.auditEntries().count == before)
            }
        }
    }

    @Test("The assistant offers no access reviews in the Free plan") func accessReviewsAreNotInTheFreePlan() throws {
        try chat.addWhatActionsNeed()
        try chat.store.own.set(plan: .free)
        #expect(use("create_access_review", ["app_name": "Figma"]).result["is_error"] == true)
        try chat.store.own.set(plan: .pro)
        #expect(use("create_access_review", ["app_name": "Figma"]).reply.json["stop_reason"] == "tool_use")
    }

    // MARK: Inputs

    @Test(
        "An invalid tool input goes back to the model as an error",
        arguments: [
            ("dismiss_finding", [:], "finding_id is required."),
            ("dismiss_finding", ["finding_id": "x"], "finding_id is not valid"),
            (
                "dismiss_finding", ["finding_id": "aaaaaaaa-0000-4000-8000-000000009999"],
                "This finding is not in this workspace."
            ),
            (
                "dismiss_finding", ["finding_id": "bbbbbbbb-0000-4000-8000-000000000110"],
                "This finding is not in this workspace."
            ),
            ("suspend_user", ["email": "nobody@example.com"], "No identity in this workspace"),
            ("suspend_user", ["email": "wombat@example.com"], "No identity in this workspace"),
            ("suspend_user", ["email": "alice@example.com", "platform": "github"], "platform must be one of okta."),
            ("suspend_user", ["email": "quokka@example.com"], "This person has no account on a connected platform."),
            ("suspend_user", ["email": "alice@example.com", "force": true], "suspend_user takes no such input."),
            ("suspend_user", ["email": ["alice@example.com"]], "email is not valid"),
            ("block_app", ["app_name": "App of Wombat"], "This workspace has no such application."),
            ("contain_host", ["hostname": "Wombat-laptop"], "No device with this host name"),
            (
                "revoke_oauth_token", ["email": "alice@example.com", "app_name": "Figma"],
                "This application has no known"
            ),
            (
                "snooze_finding", ["finding_id": "aaaaaaaa-0000-4000-8000-000000000110", "days": 91],
                "days is not valid"
            ),
            ("delete_everything", [:], "There is no such tool."),
        ] as [(String, JSON, String)])
    func whatIsWrongGoesBackToTheModel(_ name: String, _ input: JSON, _ sentence: String) throws {
        let (reply, result) = use(name, input)
        #expect(result["is_error"] == true && result["content"]?.string?.hasPrefix(sentence) == true, "\(result)")
        #expect(reply.json["toolCalls"] == nil && reply.json["stop_reason"] == "end_turn")
        #expect(try chat.actions().isEmpty && chat.store.own.auditEntries().isEmpty)
    }

    @Test("An action that the platform does not support goes back to the model as an error")
    func whatThePlatformCannotDoGoesBackToTheModel() throws {
        try chat.store.database.execute("UPDATE integrations SET platform = 'gitlab' WHERE platform = 'okta'")
        let (reply, result) = use("create_access_review", ["app_name": "Figma"])
        #expect(
            result["content"]?.string?.hasPrefix("gitlab can't do create_access_review.") == true, "\(result)")
        #expect(reply.json["toolCalls"] == nil && reply.json["stop_reason"] == "end_turn")
        #expect(try chat.actions().isEmpty && chat.store.own.auditEntries().isEmpty)
    }

    /// An access review on Entra needs a group, which no tool asks for.
    @Test("An action that lacks a required parameter is not proposed")
    func anActionThatLacksAParameterIsNotProposed() throws {
        try chat.store.database.execute("UPDATE integrations SET platform = 'microsoft_entra' WHERE platform = 'okta'")
        let (reply, result) = use("create_access_review", ["app_name": "Figma"])
        #expect(
            result["content"]?.string?.hasPrefix("extraParams.group_id is required. It must be ") == true, "\(result)")
        #expect(reply.json["toolCalls"] == nil && reply.json["stop_reason"] == "end_turn")
        #expect(try chat.actions().isEmpty && chat.store.own.auditEntries().isEmpty)
    }

    @Test("One message leads to at most ten changes") func oneMessageLeadsToTenChangesAtMost() throws {
        for _ in 0..<6 {
            let calls = try (0..<2).map { _ -> JSON in
                ["finding_id": .string(try chat.store.own.addFinding("low").description)]
            }
            anthropic.says(
                FakeAnthropic.calls(
                    (name: "dismiss_finding", input: calls[0]), (name: "dismiss_finding", input: calls[1])))
        }
        #expect(chat.send().json["toolCalls"]?.array?.count == 10)
        #expect(try chat.store.own.auditEntries().count == 10)
    }

    /// A change that was made before the model became unavailable stays, and the conversation remembers it.
    @Test("A turn that fails after a change is remembered") func aTurnThatBreaksOffAfterAChangeIsRemembered() throws {
        let finding = try chat.store.own.addFinding("high")
        let id: [String: JSON] = ["sessionId": .string(Identifier.random().description)]
        anthropic.says(
            FakeAnthropic.calls((name: "dismiss_finding", input: ["finding_id": .string(finding.description)])),
            FakeAnthropic.error(429, "rate_limit_error"))
        #expect(chat.send("Dismiss it", id).status == 429)
        #expect(try status(finding) == "dismissed")
        #expect(chat.send("Did you?", id).status == 200)
        #expect(anthropic.bodies.last?["messages"]?.array?.count == 5 && anthropic.provider.unexpected.isEmpty)
    }
}
