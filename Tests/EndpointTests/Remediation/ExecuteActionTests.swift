import Auth
import Base
import Connectors
import Findings
import Function
import HTTP
import Store
import TestSupport
import Testing

@testable import api_execute_action
@testable import api_mcp_findings_remediate

@Suite(.usesStore) struct ExecuteActionTests {
    private let store: TestStore
    private let okta: FakeOkta
    private let integration: Identifier
    private let alice: Identifier

    init() throws {
        store = try TestStore()
        okta = try FakeOkta()
        integration = try store.own.connectOkta()
        alice = try store.own.addPerson("u1", on: integration)
    }

    private static let suspend: [String: JSON] = [
        "actionType": "suspend_user", "targetPlatform": "okta", "targetEntityId": "u1",
    ]

    private func send(
        _ fields: [String: JSON] = suspend, as role: Role = .admin, key: String? = nil,
        variables: [String: String] = [:]
    ) -> Reply {
        let body = fields.merging(["workspaceId": .string(store.own.id.description)]) { $1 }
        var call = Call("POST", body: .object(body)).session(store.own.token(role))
        call.headers["Idempotency-Key"] = key
        return store.send(call, to: ExecuteAction.self, variables: okta.variables.merging(variables) { $1 })
    }

    private func count(_ sql: SQL) throws -> Int { try store.database.first(sql) { try $0[0] as Int } ?? -1 }

    // MARK: Effects

    @Test("An action is carried out at once, and the answer has its result") func anActionIsCarriedOutAtOnce() throws {
        let reply = send()
        let id = try #require(reply.json["actionId"]?.string)
        #expect(
            reply.json == [
                "success": true, "actionId": .string(id),
                "result": ["status": "succeeded", "platform": "okta", "external_id": "u1"],
            ])
        #expect(reply.status == 200 && okta.suspensions(of: "u1") == 1 && okta.provider.unexpected.isEmpty)
        let entries = try store.own.auditEntries()
        #expect(entries.map(\.action) == ["remediation.requested", "remediation.executed"])
        #expect(entries[0].userID == store.own.members[.admin] && entries[0].targetID == id)
    }

    /// The target's name comes from the synced record: otherwise a caller could make an approver believe that the
    /// action is about another person.
    @Test("The audit log has the reason, and the target's synced name instead of the caller's")
    func theRecordSaysWhyAndOfWhom() throws {
        try store.own.addFinding("critical", identity: alice)
        let fields = Self.suspend.merging(["reason": "left us", "targetEntityLabel": "Bob of Sales"]) { $1 }
        let id = try #require(send(fields, as: .agent).json["actionId"])
        #expect(send(["actionId": id, "decision": "approve"]).json["result"]?["status"] == "succeeded")
        let entries = try store.own.auditEntries()
        #expect(entries.first?.details["reason"] == "left us")
        #expect(entries.count == 3)
        for entry in entries {
            #expect(entry.details["target_entity_label"] == "Quokka-user")
            #expect(!"\(entry)".contains("Bob"))
        }
        #expect(entries.first?.details["target_external_id"] == "u1" && entries.last?.details["acted_on"] == ["u1"])
        #expect(try count("SELECT count(*) FROM remediation_actions WHERE target_entity_label = 'Quokka-user'") == 1)
    }

    // MARK: Parameters

    @Test("Parameters that the action does not declare are refused") func undeclaredParametersAreRefused() throws {
        func error(_ type: String, _ parameters: JSON) -> String? {
            let reply = send(Self.suspend.merging(["actionType": .string(type), "extraParams": parameters]) { $1 })
            return reply.status == 400 ? reply.error : reply.text
        }
        #expect(
            error("suspend_user", ["client_id": "c1"])
                == "extraParams.client_id is not known. suspend_user on Okta takes no extraParams.")
        #expect(
            error("create_access_review", ["reviewr": "u1"])
                == "extraParams.reviewr is not known. Did you mean reviewer? create_access_review on Okta takes these "
                + "extraParams: group_id, reviewer.")
        #expect(
            error("create_access_review", ["group_id": "../g1"])
                == "extraParams.group_id must be the id of a group that the target belongs to.")
        #expect(error("create_access_review", ["reviewer": []])?.hasPrefix("extraParams.reviewer must be ") == true)
        let reply = send(
            Self.suspend.merging(["actionType": "create_access_review", "extraParams": ["reviewer": "mallory"]]) { $1 })
        #expect(reply.status == 404)
        #expect(
            reply.error == "extraParams.reviewer: no active user with this name was synced from Okta.")
        #expect(
            send([
                "actionType": "flag_app", "targetPlatform": "thalian", "targetEntityId": "x", "extraParams": ["a": 1],
            ])
            .error == "flag_app on thalian takes no extraParams.")
        #expect(try okta.provider.requests.isEmpty && store.own.auditEntries().isEmpty)
        #expect(try count("SELECT count(*) FROM remediation_actions") == 0)
    }

    @Test("The target may be named by our id or by Okta's") func ourIdIsAsGoodAsOktas() {
        let reply = send(Self.suspend.merging(["targetEntityId": .string(alice.description)]) { $1 })
        #expect(reply.json["success"] == true && okta.suspensions(of: "u1") == 1)
    }

    /// The disk gets full after the request is stored and before its job starts.
    @Test("A stored action whose job can't start is answered as queued")
    func whatIsKeptButCannotBeStartedIsQueued() throws {
        let isSQLite = TestStore.Engine.ofThisRun == .sqlite
        try store.database.execute(
            isSQLite
                ? """
                CREATE TRIGGER full_disk BEFORE UPDATE ON jobs WHEN NEW.state = 'running'
                BEGIN SELECT RAISE(ABORT, 'no room'); END
                """
                : """
                DO $$ BEGIN
                    CREATE FUNCTION raise_full() RETURNS trigger LANGUAGE plpgsql AS
                        'BEGIN RAISE EXCEPTION ''no room'' USING ERRCODE = ''53100''; END';
                    CREATE TRIGGER full_disk BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.state = 'running')
                        EXECUTE FUNCTION raise_full();
                END $$
                """)
        let reply = send()
        #expect(reply.status == 200 && reply.json["result"]?["status"] == "queued", "\(reply.json)")
        #expect(try count("SELECT count(*) FROM jobs WHERE kind = 'remediation' AND state = 'ready'") == 1)
        #expect(okta.suspensions(of: "u1") == 0)
    }

    @Test("A failed action is answered with success: false and the reason") func aFailureIsNoSuccess() {
        okta.provider.fail(.json(["errorCode": "E0000007"], status: 404))
        let reply = send()
        #expect(reply.status == 200 && reply.json["success"] == false)
        #expect(
            reply.json["result"] == ["status": "failed", "error": "Okta has no such user, application or device."])
    }

    @Test("An agent's action on a high finding waits for approval by a member whose role allows that")
    func whatAgentsAskForOnGraveFindingsIsApprovedByOthers() throws {
        let finding = try store.own.addFinding("high", identity: alice)
        let fields = Self.suspend.merging(["riskId": .string(finding.description)]) { $1 }
        let reply = send(fields, as: .agent)
        #expect(reply.json["result"]?["status"] == "pending_approval" && okta.suspensions(of: "u1") == 0)
        let id = try #require(reply.json["actionId"])
        for role in [Role.agent, .auditor, .viewer] {
            let refused = send(["actionId": id, "decision": "approve"], as: role)
            #expect(refused.status == 403 && refused.error == "Your role does not allow this.")
        }
        let approved = send(["actionId": id, "decision": "approve"], as: .securityAnalyst)
        #expect(approved.json["actionId"] == id && approved.json["result"]?["status"] == "succeeded")
        #expect(okta.suspensions(of: "u1") == 1)
        #expect(send(["actionId": id, "decision": "reject"]).status == 409)
        #expect(
            try store.own.auditEntries().map(\.action) == [
                "remediation.requested", "remediation.approved", "remediation.executed",
            ])
    }

    @Test("A rejected action is not carried out") func whatIsRejectedIsNotDone() throws {
        try store.own.addFinding("critical", identity: alice)
        let id = try #require(send(as: .agent).json["actionId"])
        let rejected = send(["actionId": id, "decision": "reject"])
        #expect(rejected.json["success"] == true && rejected.json["result"]?["status"] == "rejected")
        #expect(okta.suspensions(of: "u1") == 0)
    }

    @Test("A secret appears in no answer, audit entry or stored result") func aSecretShowsNowhere() throws {
        okta.provider.fail(.init(500, text: FakeOkta.token))
        let wire = send().wire + send(Self.suspend.merging(["targetEntityId": "u2"]) { $1 }).wire
        var stored = try store.own.auditEntries().map { "\($0)" }
        for query: SQL in [
            "SELECT coalesce(CAST(result AS text), '') || coalesce(error, '') FROM remediation_actions",
            "SELECT CAST(payload AS text) || coalesce(error, '') FROM jobs",
        ] {
            stored += try store.database.rows(query) { try $0[0] as String }
        }
        #expect(!(stored.joined() + wire).contains(FakeOkta.token) && stored.count >= 3)
    }

    // MARK: Repeated requests

    @Test("Requests with the same idempotency key act once") func theSameKeyActsOnce() throws {
        let first = send(key: "6f1c2a90")
        let second = send(key: "6f1c2a90")
        #expect(first.status == 200 && second.json == first.json && okta.suspensions(of: "u1") == 1)
        let other = send(Self.suspend.merging(["reason": "left us"]) { $1 }, key: "6f1c2a90")
        #expect(other.status == 422 && other.error == "This Idempotency-Key belongs to another request.")
        for key in ["", "a b", String(repeating: "x", count: 256)] {
            #expect(send(key: key).error == "Idempotency-Key must be 1 to 255 visible ASCII characters.")
        }
        #expect(try count("SELECT count(*) FROM remediation_actions") == 1)
    }

    // MARK: Refused requests

    @Test("A missing field is named", arguments: ["actionType", "targetPlatform", "targetEntityId"])
    func whatIsMissingIsNamed(_ field: String) {
        var fields = Self.suspend
        fields[field] = nil
        let reply = send(fields)
        #expect(reply.status == 400 && reply.error == "\(field) is required.")
        fields[field] = 7
        #expect(send(fields).error?.hasPrefix("\(field) must be a string") == true)
    }

    @Test("An invalid field is named") func badFieldsAreNamed() {
        for (field, value): (String, JSON) in [
            ("riskId", "x"), ("extraParams", []), ("reason", ""), ("targetEntityLabel", 7), ("actionId", "x"),
            ("decision", "maybe"),
        ] {
            let reply = send(Self.suspend.merging([field: value]) { $1 })
            #expect(reply.status == 400 && reply.error?.hasPrefix("\(field) must be ") == true, "\(reply.text)")
        }
        #expect(send(["actionId": .string(alice.description)]).error == "decision is required with actionId.")
        #expect(send(["decision": "approve"]).error == "actionId is required with decision.")
    }

    @Test("An unknown action type and an unknown action id get 404") func unknownActionsAreNotFound() {
        let unknown = send(Self.suspend.merging(["actionType": "explode"]) { $1 })
        #expect(unknown.status == 404 && unknown.error == "There is no such action.")
        let misspelt = send(Self.suspend.merging(["actionType": "suspend_usr"]) { $1 })
        #expect(misspelt.status == 404 && misspelt.error == "There is no such action; did you mean suspend_user?")
        let action = send(["actionId": .string(Identifier.random().description), "decision": "approve"])
        #expect(action.status == 404 && action.error == "This action is not in this workspace.")
    }

    @Test("An action of another workspace gets 404") func anotherWorkspacesActionIsNotThere() throws {
        try store.own.addFinding("critical", identity: alice)
        let id = try #require(send(as: .agent).json["actionId"])
        let body: JSON = ["workspaceId": .string(store.other.id.description), "actionId": id, "decision": "approve"]
        let reply = store.send(Call("POST", body: body).session(store.other.token()), to: ExecuteAction.self)
        #expect(reply.status == 404 && reply.error == "This action is not in this workspace.")
    }

    @Test("If the platform can't do the action, the error names the platforms that can")
    func aPlatformThatCannotSaysWhichCan() {
        let reply = send(Self.suspend.merging(["actionType": "create_ticket"]) { $1 })
        #expect(reply.status == 400)
        #expect(reply.error?.hasPrefix("okta can't do create_ticket. These platforms can: ") == true)
        #expect(reply.error?.contains("jira") == true)
    }

    @Test("An unknown target gets 404, and a platform that is not connected gets 409")
    func unknownTargetsAndPlatformsThatAreNotConnected() {
        #expect(send(Self.suspend.merging(["targetEntityId": "u9"]) { $1 }).status == 404)
        let reply = send(Self.suspend.merging(["targetPlatform": "github"]) { $1 })
        #expect(reply.status == 409 && reply.error == "GitHub is not connected to this workspace.")
    }

    /// Okta answers 400 if the user to suspend is not active.
    @Test("An action that Okta refuses has failed, and is not retried") func whatOktaRefusesHasFailedAtOnce() throws {
        okta.provider.fail(
            .json(["errorCode": "E0000001", "errorSummary": "Cannot suspend a user that is not active"], status: 400))
        let reply = send()
        #expect(reply.status == 200 && reply.json["success"] == false)
        #expect(
            reply.json["result"] == [
                "status": "failed", "error": "Okta refused the request with status 400.",
            ])
        #expect(try store.own.auditEntries().map(\.action) == ["remediation.requested", "remediation.failed"])
        // A new request starts a new action.
        #expect(send().json["success"] == true)
    }

    @Test("The Free plan has no access reviews") func accessReviewsAreNotOnTheFreePlan() throws {
        try store.own.set(plan: .free)
        let reply = send(Self.suspend.merging(["actionType": "create_access_review"]) { $1 })
        #expect(reply.status == 403 && reply.error == "Access reviews are not part of your plan.")
    }

    @Test("In an expired trial, actions are refused") func anExpiredTrialIsRefused() throws {
        try store.own.set(plan: .trial, trialEnd: TestStore.now - .days(8))
        #expect(send().status == 403 && okta.suspensions(of: "u1") == 0)
    }

    // MARK: Actions that API keys request

    private func remediate(_ finding: Identifier) -> Reply {
        let call = Call("POST", body: ["findingId": .string(finding.description)]).key(store.own.writeKey)
        return store.send(call, to: RemediateFunction.self, variables: okta.variables)
    }

    @Test("An action that an API key requests is started after the response")
    func whatAPIKeysAskForIsStartedAfterTheResponse() throws {
        let finding = try store.own.addFinding("medium", identity: alice, action: "suspend_user")
        #expect(remediate(finding).json["status"] == "queued")
        #expect(okta.suspensions(of: "u1") == 1)
        #expect(try count("SELECT count(*) FROM remediation_actions WHERE status = 'succeeded'") == 1)
        #expect(try count("SELECT count(*) FROM findings WHERE status = 'in_progress'") == 1)
    }

    @Test("An API key's action on a critical finding waits for a member's approval")
    func onGraveFindingsItWaitsForAMember() throws {
        let finding = try store.own.addFinding("critical", identity: alice, action: "suspend_user")
        let reply = remediate(finding)
        #expect(reply.json["status"] == "pending_approval" && okta.suspensions(of: "u1") == 0)
        let id = try #require(reply.json["action_id"])
        #expect(send(["actionId": id, "decision": "approve"], as: .securityAnalyst).json["success"] == true)
        #expect(okta.suspensions(of: "u1") == 1)
    }

    /// The finding comes from a platform that can't create tickets.
    @Test("An action that the finding's platform can't do goes to a connected platform that can")
    func theFirstPlatformThatCanDoesIt() throws {
        let finding = try store.own.addFinding("medium", identity: alice, action: "create_ticket", sources: ["okta"])
        try store.own.addIntegration("jira", category: "itsm")
        _ = remediate(finding)
        let platform = try store.database.first("SELECT target_platform FROM remediation_actions") {
            try $0[0] as String
        }
        #expect(platform == "jira")
    }
}
