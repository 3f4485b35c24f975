import Base
import Findings
import Function
import HTTP
import Remediation
import Store
import Synchronization
import TestSupport
import Testing

@testable import api_mcp_findings_remediate

@Suite(.usesStore) struct RemediateTests {
    private let store: TestStore
    private let alice: Identifier
    private let account: Identifier

    init() throws {
        store = try TestStore()
        alice = try store.own.addIdentity("alice@example.com")
        account = try store.own.addAccount(of: alice, on: store.own.addIntegration("okta", category: "idp"))
    }

    private func send(_ finding: JSON?, _ more: [String: JSON] = [:]) -> Reply {
        var body = more
        body["findingId"] = finding
        return store.send(Call("POST", body: .object(body)).key(store.own.writeKey), to: RemediateFunction.self)
    }

    private func send(_ finding: Identifier, _ action: JSON = .null) -> Reply {
        send(.string(finding.description), ["actionType": action])
    }

    /// Adds a finding about Alice.
    private func addFinding(
        _ severity: String = "high", status: String = "open", action: String? = "suspend_user"
    ) throws -> Identifier {
        let entities: JSON = ["identities": [["id": .string(alice.description), "name": "Alice"]]]
        return try store.own.addFinding(
            severity, status: status, title: "Alice is stale.", identity: alice, action: action, entities: entities,
            sources: ["okta", "slack"])
    }

    /// Returns the columns of all actions, sorted by type.
    private func actions() throws -> [[String?]] {
        try store.database.rows(
            """
            SELECT id, workspace_id, finding_id, action_type, target_platform, target_entity_id, target_entity_label,
                reason, status, requested_by, decided_by, extra_params, created_at, updated_at
            FROM remediation_actions ORDER BY action_type, id
            """
        ) { row in try (0..<14).map { try row[$0] as String? } }
    }

    private enum Timed: Function {
        static let onRequestPost = Handler(
            "test", .apiKey(.write), "", .required("id", .uuid, ""), returns: .json(.anything)
        ) { context, id in
            .json(
                try Remediation(context.env).request(
                    of: id, by: nil, reason: "left us", in: context.workspace, now: TestStore.now))
        }
    }

    // MARK: Effects

    @Test(
        "A remediation is queued, or waits for approval if the finding is severe",
        arguments: [("high", "pending_approval"), ("medium", "queued")])
    func anActionIsQueued(_ severity: String, _ status: String) throws {
        let finding = try addFinding(severity)
        let call = Call("POST", body: ["id": .string(finding.description)]).key(store.own.writeKey)
        let reply = store.send(call, to: Timed.self)
        let action = try #require(reply.json["action_id"]?.string)
        #expect(
            reply.json == [
                "action_id": .string(action), "finding_id": .string(finding.description),
                "action_type": "suspend_user", "status": .string(status),
            ])
        let now = TestStore.now.description
        #expect(
            try actions() == [
                [
                    action, store.own.id.description, finding.description, "suspend_user", "okta", alice.description,
                    "Quokka-user", "left us", status, store.own.writeKeyActor, nil, "{}", now, now,
                ]
            ])
    }

    @Test("A remediation that waits for approval leaves its finding unchanged", arguments: ["open", "in_progress"])
    func theFindingStaysAsItIs(_ status: String) throws {
        func row(_ finding: Identifier) throws -> [String?]? {
            try store.database.first(
                "SELECT status, reason, updated_at, action_type FROM findings WHERE id = $1", finding
            ) { row in try (0..<4).map { try row[$0] as String? } }
        }
        let finding = try addFinding(status: status)
        let before = try row(finding)
        #expect(send(finding).status == 200 && send(finding, "revoke_sessions").status == 200)
        #expect(try row(finding) == before && before?.first == status)
    }

    @Test("The caller may choose the action") func theCallerMayChooseTheAction() throws {
        let finding = try addFinding()
        #expect(send(finding, "revoke_sessions").json["action_type"] == "revoke_sessions")
        let silent = try addFinding(action: nil)
        #expect(send(silent, "deactivate_user").json["action_type"] == "deactivate_user")
        #expect(try actions().map { $0[3] } == ["deactivate_user", "revoke_sessions"])
    }

    /// The request names no repository: the ticket goes to a platform that needs no parameter, if there is one.
    @Test("A platform that needs a missing parameter is skipped")
    func aPlatformThatRequiresAParameterIsPassedOver() throws {
        try store.own.addIntegration("github", category: "developer")
        let finding = try store.own.addFinding("low", identity: alice, action: "create_ticket", sources: ["github"])
        let alone = send(finding)
        #expect(alone.status == 400)
        #expect(
            alone.error
                == "create_ticket on GitHub needs repository, which can't be given here. A member can give it in "
                + "extraParams of POST /api/execute-action.")
        #expect(try actions().isEmpty && store.own.auditEntries().isEmpty)
        try store.own.addIntegration("jira", category: "itsm")
        #expect(send(finding).status == 200)
        #expect(try actions().map { $0[4] } == ["jira"])
    }

    // MARK: The audit log

    @Test("One audit entry names the key and the action") func oneEntryNamesTheKey() throws {
        let finding = try addFinding()
        let reply = send(.string(finding.description), ["reason": "left us"])
        let entry = store.own.entryOfWriteKey(
            "remediation.requested", on: "remediation_action", reply.json["action_id"]?.string,
            [
                "finding_id": .string(finding.description), "title": "Alice is stale.",
                "action_type": "suspend_user", "target_platform": "okta",
                "target_entity_id": .string(alice.description), "target_entity_label": "Quokka-user",
                "target_external_id": .string(account.description), "finding_names_target": true, "reason": "left us",
            ])
        #expect(try store.own.auditEntries() == [entry] && store.other.auditEntries().isEmpty)
    }

    @Test("An action whose audit entry fails is not queued") func anActionWithoutItsEntryIsNotQueued() throws {
        let finding = try addFinding()
        try store.own.endAuditLog()
        let reply = send(finding)
        #expect(reply.status == 500 && reply.error == "Something went wrong on our side. Try again later.")
        #expect(try actions().isEmpty)
    }

    // MARK: Refused requests

    @Test("A finding has at most one pending action of a type") func oneActionOfATypeWaitsForAFinding() throws {
        let finding = try addFinding()
        #expect(send(finding).status == 200)
        for status in ["pending_approval", "queued", "running"] {
            try store.database.execute("UPDATE remediation_actions SET status = $1", status)
            for type: JSON in [.null, "suspend_user"] {
                let reply = send(finding, type)
                #expect(reply.status == 409)
                #expect(reply.error == "Action suspend_user is already pending for this finding.")
            }
        }
        #expect(try send(addFinding()).status == 200, "another finding")
        #expect(try store.own.auditEntries().count == 2)
        for status in ["succeeded", "failed", "unknown_outcome", "rejected", "cancelled"] {
            try store.database.execute("UPDATE remediation_actions SET status = $1", status)
            #expect(send(finding).status == 200, "\(status)")
        }
    }

    @Test(
        "Only findings that are open or in progress can be remediated",
        arguments: ["resolved", "dismissed", "snoozed"])
    func onlyWhatIsOpenIsRemediated(_ status: String) throws {
        let reply = send(try addFinding(status: status))
        #expect(reply.status == 409)
        #expect(
            reply.error == "This finding is \(status). Only findings that are open or in progress can be remediated.")
        #expect(try actions().isEmpty && store.own.auditEntries().isEmpty)
    }

    @Test("An unknown finding and one of another workspace get 404") func unknownFindingsAreNotThere() throws {
        let theirs = try store.other.addFinding("high", action: "create_ticket")
        for finding in [Identifier.random(), theirs] {
            let reply = send(finding, "create_ticket")
            #expect(reply.status == 404 && reply.error == "This finding is not in this workspace.")
        }
        #expect(try actions().isEmpty && store.own.auditEntries().isEmpty && store.other.auditEntries().isEmpty)
    }

    @Test("The action type is required if the finding recommends none") func aTypeMustComeFromSomewhere() throws {
        let reply = send(try addFinding(action: nil))
        #expect(reply.status == 400)
        #expect(reply.error == "actionType is required: this finding recommends no action.")
    }

    @Test("An action whose target the finding does not name is refused") func anActionNeedsSomethingToActOn() throws {
        let finding = try addFinding()
        let device = send(finding, "lock_device")
        #expect(device.status == 400)
        #expect(device.error == "This finding does not say which device lock_device should act on.")
        let people: JSON = ["identities": [["id": "1", "name": "A"], ["id": "2", "name": "B"]]]
        let several = try store.own.addFinding("high", action: "revoke_license", entities: people)
        let reply = send(several)
        #expect(reply.status == 400)
        #expect(
            reply.error == "This finding does not say which identity or application revoke_license should act on.")
        #expect(try actions().isEmpty && store.own.auditEntries().isEmpty)
    }

    @Test("An action that no connected platform can do is refused") func whatNoPlatformHereCanDoIsNotQueued() throws {
        let finding = try addFinding()
        let unable = send(finding, "force_mfa_enroll")
        #expect(unable.status == 400)
        #expect(
            unable.error
                == "This finding is about Okta, Slack, where force_mfa_enroll is not possible, and on another platform "
                + "it would not help. Choose another actionType, or mend it there yourself.")
        try store.database.execute("UPDATE integrations SET status = 'disconnected'")
        let gone = send(finding)
        #expect(gone.status == 409 && gone.error == "Okta is not connected to this workspace.")
        try store.own.set(plan: .free)
        let review = send(finding, "create_access_review")
        #expect(review.status == 403 && review.error == "Access reviews are not part of your plan.")
        #expect(try actions().isEmpty && store.own.auditEntries().isEmpty)
    }

    @Test("A second factor that Okta lacks is not reset at another platform where the person has an account")
    func anotherPlatformsSecondFactor() throws {
        let falcon = try store.own.addIntegration("crowdstrike", category: "edr")
        try store.own.addAccount(of: alice, on: falcon)
        let reply = send(try addFinding(action: "force_mfa_enroll"))
        #expect(reply.status == 400 && reply.error?.hasPrefix("This finding is about Okta, Slack, where") == true)
        let there = try store.own.addFinding(
            "low", identity: alice, action: "force_mfa_enroll", sources: ["crowdstrike"])
        #expect(send(there).status == 200)
        #expect(try actions().map { $0[4] } == ["crowdstrike"])
    }

    @Test("An invalid field is named in the error") func badFieldsAreNamed() throws {
        let finding: JSON = .string(try addFinding().description)
        #expect(send(nil).error == "findingId is required." && send("x").error == "findingId must be a UUID.")
        for type: JSON in ["", "explode", "SUSPEND_USER", 7, ["suspend_user"]] {
            let reply = send(finding, ["actionType": type])
            #expect(
                reply.status == 400 && reply.error?.hasPrefix("actionType must be one of suspend_user, ") == true)
        }
        let reply = send(finding, ["reason": .string(String(repeating: "x", count: 1001))])
        #expect(reply.status == 400 && reply.error == "reason must be a string of 1 to 1000 characters.")
        #expect(try actions().isEmpty)
    }

    // MARK: Concurrency

    @Test("Exactly one of several concurrent requests for the same action is queued")
    func askedForAtOnceItIsQueuedOnce() throws {
        let (environment, key) = (store.environment(), store.own.writeKey)
        let body: JSON = ["findingId": .string(try addFinding().description)]
        let statuses = Mutex<[Int]>([])
        Threads(count: 6) { _ in
            let pipeline = TestPipeline(RemediateFunction.self, environment)
            for _ in 0..<3 {
                let status = pipeline.send(Call("POST", body: body).key(key)).status
                statuses.withLock { $0.append(status) }
            }
        }.join()
        #expect(statuses.withLock { $0.sorted() } == [200] + Array(repeating: 409, count: 17))
        #expect(try actions().count == 1 && store.own.auditEntries().count == 1)
    }
}
