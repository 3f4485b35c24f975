import Auth
import Base
import Connectors
import Findings
import HTTP
import Integrations
import Store
import TestSupport
import Testing

@testable import Actions
@testable import Remediation

/// The records that parameters may name, the approvals that such records require, and how parameters are stored.
@Suite(.usesStore) struct ParameterTests {
    private let scene: Scene
    private let vault: Identifier
    /// Our ids of Alice's account (v1) and Bob's account (v2) in the vault, and of Alice's token 7.
    private let alice: Identifier
    private let bob: Identifier
    private let token: Identifier

    init() throws {
        scene = try Scene()
        vault = try scene.connectVault()
        let own = scene.store.own
        let owner = try own.addIdentity("bob2@example.com")
        alice = try own.addAccount(of: scene.alice, on: vault)
        bob = try own.addAccount(of: owner, on: vault)
        let database = scene.store.database
        for (id, name) in [(alice, "v1"), (bob, "v2")] {
            try database.execute(
                "UPDATE accounts SET external_id = $2, username = $3, email = $4 WHERE id = $1", id, name,
                name + "-user",
                name + "@example.com")
        }
        token = try own.addKey("token/7", named: "ci", of: alice, identity: scene.alice, on: vault)
        try own.addKey("token/8", named: "deploy", of: bob, identity: owner, on: vault)
        try own.addKey("project/1/2", named: "CI", of: nil, identity: nil, on: vault)
    }

    private func request(
        _ type: ActionType, _ parameters: [String: JSON], _ entity: String = "v1", in workspace: Workspace? = nil,
        _ change: (inout ActionRequest) -> Void = { _ in }
    ) throws -> RemediationAction {
        try scene.request(type, entity, on: "gitlab", in: workspace) { request in
            request.parameters = parameters
            change(&request)
        }
    }

    private func refused(
        _ type: ActionType, _ parameters: [String: JSON], _ entity: String = "v1"
    ) throws -> (status: Int, sentence: String)? {
        let error = refusal { _ = try request(type, parameters, entity) }
        #expect(try scene.audited().isEmpty)
        return error
    }

    // MARK: Declared parameters

    @Test("An action takes exactly the parameters that its platform declares")
    func anActionTakesWhatItsPlatformDeclares() throws {
        let unknown = try refused(.rotateCredentials, ["token_id": "7", "tokn_id": "8"])
        #expect(unknown?.status == 400)
        #expect(
            unknown?.sentence == "extraParams.tokn_id is not known. Did you mean token_id? "
                + "rotate_credentials on GitLab takes these extraParams: token_id.")
        // For Swift, the name is one character.
        let long = try refused(.rotateCredentials, ["a\n" + String(repeating: "\u{301}", count: 10_000): "8"])
        #expect(long?.status == 400 && long?.sentence.utf8.count ?? 0 < 300 && long?.sentence.contains("\n") == false)
        let missing = try refused(.rotateCredentials, [:])
        #expect(missing?.status == 400)
        #expect(
            missing?.sentence
                == "extraParams.token_id is required. It must be the id of a key of the target's account.")
        #expect(try refused(.rotateCredentials, ["token_id": .null])?.status == 400)
        for malformed: JSON in ["", [], ["id": 7], true, "a\u{0}b", .string(String(repeating: "x", count: 501))] {
            #expect(try refused(.rotateCredentials, ["token_id": malformed])?.status == 400, "\(malformed)")
        }
        #expect(
            try refused(.notifyUser, ["message": "This has more than twenty characters."])?.sentence
                == "extraParams.message must be one line of 1 to 20 characters.")
        #expect(try refused(.notifyUser, ["message": "two\nlines"])?.status == 400)
        #expect(
            try refused(.createAccessReview, ["reviewer": "v2"])?.sentence
                == "extraParams.group_id is required. It must be a group.")
        #expect(scene.provider.calls.isEmpty)
    }

    @Test("A decision about an application takes no parameters") func aDecisionAboutAnApplicationTakesNone() throws {
        try scene.store.own.addApplication("Figma", from: vault)
        let error = try refused(.sanctionApp, ["client_id": "x"], "Figma")
        #expect(error?.status == 400 && error?.sentence == "sanction_app on gitlab takes no extraParams.")
    }

    // MARK: Records that parameters name

    /// Unicode's lower case of the Kelvin sign is a k. Mark and a user with that sign in the name are two people.
    @Test("A name that only looks the same names another person") func aNameThatOnlyLooksAlikeIsAnotherPerson() throws {
        try scene.store.database.execute("UPDATE accounts SET username = $2 WHERE id = $1", bob, "mar\u{212A}")
        func people(_ name: String) throws -> [String] {
            let resolver = TargetResolver(
                workspace: try scene.workspace(), integration: vault, platform: "gitlab", entity: "v1")
            return try resolver.people(name).map(\.externalID)
        }
        #expect(try people("mark") == [])
        #expect(try people("MAR\u{212A}") == ["v2"])
        #expect(try people(" V1-User ") == ["v1"] && people("V2@Example.com") == ["v2"])
    }

    @Test("A key must belong to the target's account") func aKeyIsOneOfTheTargetsAccount() throws {
        for value: JSON in [7, "7", "token/7", .string(token.description)] {
            let action = try scene.run(request(.rotateCredentials, ["token_id": value]))
            #expect(action.status == .succeeded && action.steps?.map(\.target.externalID) == ["token/7"], "\(value)")
        }
        #expect(scene.provider.calls == Array(repeating: "rotate_credentials token/7", count: 4))
        // Alice's own key is accepted as the target too.
        #expect(try scene.run(request(.rotateCredentials, [:], "token/7")).status == .succeeded)
    }

    @Test("A key of another account is answered as unknown") func aKeyOfAnyoneElseIsNotThere() throws {
        let theirs = try scene.store.other.addIntegration("gitlab")
        let mallory = try scene.store.other.addIdentity("mallory@example.com")
        let account = try scene.store.other.addAccount(of: mallory, on: theirs)
        let foreign = try scene.store.other.addKey("token/9", named: "x", of: account, identity: mallory, on: theirs)
        let elsewhere = try scene.store.own.addKey(
            "token/10", named: "x", of: scene.account, identity: scene.alice, on: scene.directory)
        for value: JSON in [
            8, "token/8", "9", .string(foreign.description), "10", .string(elsewhere.description), "project/1/2", "v1",
            "TOKEN/7", "7 OR 1=1",
        ] {
            let error = try refused(.rotateCredentials, ["token_id": value])
            #expect(error?.status == 404, "\(value)")
            #expect(
                error?.sentence
                    == "extraParams.token_id: no key with this id for this account was synced from GitLab."
            )
        }
        // A key as the target takes no token_id.
        #expect(try refused(.rotateCredentials, ["token_id": 8], "token/7")?.status == 400)
        #expect(scene.provider.calls.isEmpty)
    }

    @Test("An application must be one that the target has authorised")
    func anApplicationIsOneThatTheTargetHasLetIn() throws {
        let (own, database) = (scene.store.own, scene.store.database)
        for (name, client) in [("Figma", "c1"), ("Miro", "c2"), ("Other", "c3")] {
            let app = try own.addApplication(name, from: vault)
            try database.execute("UPDATE applications SET external_id = $2 WHERE id = $1", app, client)
            for (account, user) in [(alice, "v1"), (bob, "v2")] where client != "c3" || user == "v2" {
                try database.execute(
                    """
                    INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, application_id, external_id,
                        scopes, access, updated_at) VALUES ($1, $2, $3, $4, $5, $6, '[]', 'read', $7)
                    """, own.id, own.nextID(), vault, account, app, user + "/" + client, scene.now)
            }
        }
        #expect(try refused(.revokeOAuthToken, ["client_id": "c3"])?.status == 404, "Bob's")
        #expect(try refused(.revokeOAuthToken, ["client_id": "c9"])?.status == 404)
        #expect(try refused(.revokeOAuthToken, ["client_id": "c2"], "v1/c1")?.status == 404, "another grant")
        #expect(try scene.run(request(.revokeOAuthToken, ["client_id": "c2"])).status == .succeeded)
        #expect(try scene.run(request(.revokeOAuthToken, [:], "v1/c1")).status == .succeeded)
        #expect(try scene.run(request(.revokeOAuthToken, [:], "v2")).status == .succeeded)
        #expect(
            scene.provider.calls == [
                "revoke_oauth_token v1/c2", "revoke_oauth_token v1/c1", "revoke_oauth_token v2/c1",
                "revoke_oauth_token v2/c2", "revoke_oauth_token v2/c3",
            ])
        // The finding about the application counts, although the target is an account.
        try own.addFinding("high", entities: ["applications": [["name": "Miro"]]])
        let agent = try scene.workspace(.agent)
        #expect(try request(.revokeOAuthToken, ["client_id": "c1"], in: agent).status == .queued)
        try database.execute("DELETE FROM remediation_actions")
        #expect(try request(.revokeOAuthToken, ["client_id": "c2"], in: agent).status == .pendingApproval)
    }

    @Test("A reviewer must be an active user of the platform") func aReviewerIsAnActiveUserOfThePlatform() throws {
        func review(_ reviewer: JSON) throws -> RemediationAction {
            try request(.createAccessReview, ["group_id": "g1", "reviewer": reviewer])
        }
        for reviewer in ["v2", bob.description, "V2-User", "v2@EXAMPLE.com"] {
            let action = try scene.run(review(.string(reviewer)))
            #expect(action.status == .succeeded)
            #expect(scene.provider.calls.last == "create_access_review v1 group_id=g1 reviewer=v2", "\(reviewer)")
        }
        // The account belongs to another platform of the same workspace.
        #expect(refusal { _ = try review("u2") }?.status == 404)
        try scene.store.database.execute("UPDATE accounts SET username = 'v2-user' WHERE id = $1", alice)
        #expect(refusal { _ = try review("v2-user") }?.status == 400, "two have the name")
        for change: SQL in [
            "UPDATE accounts SET status = 'suspended' WHERE external_id = 'v2'",
            "UPDATE accounts SET status = 'active', account_type = 'service_account' WHERE external_id = 'v2'",
        ] {
            try scene.store.database.execute(change)
            #expect(refusal { _ = try review("v2") }?.status == 404)
        }
    }

    // MARK: Repeated actions

    /// Parameters are compared by the records that they name, so another spelling does not allow a second action.
    @Test("Another spelling of a parameter is the same parameter") func anAliasOfAParameterIsTheSameParameter() throws {
        try scene.store.own.addKey("token/9", named: "second", of: alice, identity: scene.alice, on: vault)
        func isRefused(_ type: ActionType, _ parameters: [String: JSON], _ entity: String = "v1") -> Bool {
            refusal { _ = try request(type, parameters, entity) }?.status == 409
        }
        _ = try request(.rotateCredentials, ["token_id": 7])
        for value: JSON in ["7", "token/7", .string(token.description), .string(token.description.uppercased())] {
            #expect(isRefused(.rotateCredentials, ["token_id": value], alice.description), "\(value)")
        }
        #expect(isRefused(.rotateCredentials, [:], "token/7"))
        _ = try request(.rotateCredentials, ["token_id": 9])
        _ = try request(.createAccessReview, ["group_id": "g1", "reviewer": "v2"])
        for reviewer in [bob.description, "V2-User", "v2@EXAMPLE.com"] {
            #expect(isRefused(.createAccessReview, ["group_id": "g1", "reviewer": .string(reviewer)]), "\(reviewer)")
        }
        _ = try request(.createAccessReview, ["group_id": "g2", "reviewer": "v2"])
        _ = try request(.createAccessReview, ["group_id": "g1", "reviewer": "v1"])
    }

    /// With two PINs it would be unknown which one unlocks the device.
    @Test("The same action with another secret is refused as a duplicate")
    func anotherSecretMakesNoOtherAction() throws {
        _ = try retire()
        #expect(refusal { _ = try retire(pin: "000000") }?.status == 409)
    }

    // MARK: Approvals

    /// Findings about the record that a parameter names count like findings about the target.
    @Test("An action waits if a severe finding is about a parameter's record")
    func aGraveFindingAboutAParametersRecordWaits() throws {
        let agent = try scene.workspace(.agent)
        func status(_ type: ActionType, _ parameters: [String: JSON]) throws -> RemediationAction.Status {
            defer { _ = try? scene.store.database.execute("DELETE FROM remediation_actions") }
            return try request(type, parameters, in: agent).status
        }
        let review: [String: JSON] = ["group_id": "g1", "reviewer": "v2"]
        #expect(try status(.rotateCredentials, ["token_id": 7]) == .queued)
        #expect(try status(.createAccessReview, review) == .queued)
        for list: JSON in [
            ["keys": [["id": .string(token.description)]]], ["keys": [["name": "ci"]]], ["anything": ["token/7"]],
        ] {
            let finding = try scene.store.own.addFinding("high", entities: list)
            #expect(try status(.rotateCredentials, ["token_id": 7]) == .pendingApproval, "\(list)")
            #expect(try status(.createAccessReview, review) == .queued)
            try scene.store.database.execute("UPDATE findings SET status = 'resolved' WHERE id = $1", finding)
        }
        try scene.store.own.addFinding("critical", entities: ["accounts": [["id": .string(bob.description)]]])
        #expect(try status(.createAccessReview, review) == .pendingApproval)
        #expect(try status(.createAccessReview, ["group_id": "g1"]) == .queued)
    }

    /// A finding lists at most a hundred entities: a full list may omit the target.
    @Test("A severe finding with a full list of entities requires approval")
    func aFullListMayHaveLeftOutTheTarget() throws {
        let agent = try scene.workspace(.agent)
        func status(_ list: JSON) throws -> RemediationAction.Status {
            defer {
                for table: SQL in ["DELETE FROM remediation_actions", "DELETE FROM findings"] {
                    _ = try? scene.store.database.execute(table)
                }
            }
            try scene.store.own.addFinding("high", affected: 500, entities: list)
            return try scene.request(.suspendUser, "u2", in: agent).status
        }
        func people(_ count: Int) -> JSON {
            .array((0..<count).map { _ in ["id": .string(Identifier.random().description)] })
        }
        #expect(try status(["identities": people(99)]) == .queued)
        #expect(try status(["identities": people(100)]) == .pendingApproval)
        #expect(try status(["accounts": people(100)]) == .pendingApproval)
        #expect(try status(["devices": people(100)]) == .queued)
    }

    /// Other records that an action changes: an account's keys, and a device's user.
    @Test("Findings about other records that an action changes count too")
    func whatAnActionChangesBesidesCounts() throws {
        let own = scene.store.own
        let agent = try scene.workspace(.agent)
        func status(_ type: ActionType, _ entity: String, on platform: String = "jumpcloud") throws
            -> RemediationAction.Status
        {
            defer { _ = try? scene.store.database.execute("DELETE FROM remediation_actions") }
            return try scene.request(type, entity, on: platform, in: agent).status
        }
        try own.addKey("key9", named: "k", of: scene.account, identity: nil, on: scene.directory)
        let keys = try own.addFinding("high", entities: ["keys": [["id": "key9"]]])
        #expect(try status(.suspendUser, "u1") == .pendingApproval)
        #expect(try status(.suspendUser, "u2") == .queued)
        try scene.store.database.execute("UPDATE findings SET status = 'resolved' WHERE id = $1", keys)
        #expect(try status(.suspendUser, "u1") == .queued)
        #expect(try status(.lockDevice, "d1") == .queued)
        try own.addFinding("high", identity: scene.alice)
        #expect(try status(.lockDevice, "d1") == .pendingApproval)
        #expect(try status(.syncDevice, "d1") == .queued, "a sync shuts nobody out")
    }

    @Test("An application is the same on every platform") func anApplicationIsTheSameOnEveryPlatform() throws {
        let own = scene.store.own
        let here = try own.addApplication("Figma", from: scene.directory)
        let there = try own.addApplication("FIGMA", from: vault)
        try own.addFinding("high", application: there)
        let names = try scene.workspace().names(
            of: [
                {
                    var target = ResolvedTarget(.application, "x")
                    target.applicationID = here
                    return target
                }()
            ], of: ActionRequest(.revokeOAuthToken, on: "jumpcloud", entityID: "x"))
        #expect(try scene.workspace().worstSeverity(naming: names, or: nil) == .high)
    }

    // MARK: Changes after the request

    @Test("An action whose parameters have become invalid is not done") func whatHasChangedSinceIsNotDone() throws {
        let gone = try request(.rotateCredentials, ["token_id": 7])
        try scene.store.database.execute("UPDATE access_keys SET account_id = $2 WHERE id = $1", token, bob)
        let ended = try scene.run(gone)
        #expect(ended.status == .failed && scene.provider.calls.isEmpty)
        #expect(
            ended.error
                == "extraParams.token_id: no key with this id for this account was synced from GitLab.")
        let review = try request(.createAccessReview, ["group_id": "g1", "reviewer": "v2"])
        try scene.store.database.execute("UPDATE accounts SET status = 'suspended' WHERE id = $1", bob)
        #expect(try scene.run(review).status == .failed && scene.provider.calls.isEmpty)
    }

    /// A name may later mean another record than the one that was checked, and perhaps approved.
    @Test("An action whose name now means another record is not done")
    func aNameThatHasComeToMeanAnotherIsNotFollowed() throws {
        let database = scene.store.database
        func isRefused(_ action: RemediationAction) throws -> Bool {
            let ended = try scene.run(action)
            let sentence = "The records that this action names have changed since its request. Request it again."
            return ended.status == .failed && ended.error == sentence && scene.provider.calls.isEmpty
        }
        let person = try scene.request(.suspendUser, scene.alice.description)
        let owners = try database.rows(
            "SELECT identity_id FROM accounts WHERE external_id IN ('u1', 'u2') ORDER BY external_id"
        ) {
            try $0[0] as Identifier
        }
        for (name, owner) in zip(["u2", "u1"], owners) {
            try database.execute("UPDATE accounts SET identity_id = $2 WHERE external_id = $1", name, owner)
        }
        #expect(try isRefused(person))
        let review = try request(.createAccessReview, ["group_id": "g1", "reviewer": "v2@example.com"])
        for (name, email) in [("v1", "v2@example.com"), ("v2", "v1@example.com")] {
            try database.execute("UPDATE accounts SET email = $2 WHERE external_id = $1", name, email)
        }
        #expect(try isRefused(review))
        let app = try scene.store.own.addApplication("Figma", from: scene.directory)
        let decision = try scene.request(.sanctionApp, app.description)
        try database.execute(
            "UPDATE applications SET name = 'Figma Pro', name_folded = 'figma pro' WHERE name = 'Figma'")
        #expect(try isRefused(decision))
        #expect(try database.rows("SELECT app_name FROM app_policies") { $0.text(0) }.isEmpty)
    }

    /// A name may come to mean another user between two runs of one job.
    @Test("A reviewer's name that now means another user is not used")
    func aReviewerWhoHasComeToBeAnotherIsNotTold() throws {
        let review = try request(.createAccessReview, ["group_id": "g1", "reviewer": "v2@example.com"])
        scene.provider.fail(ConnectorError.provider("It is busy."))
        #expect(try scene.run(review).status == .running)
        let calls = scene.provider.calls
        for (name, email) in [("v1", "v2@example.com"), ("v2", "v1@example.com")] {
            try scene.store.database.execute("UPDATE accounts SET email = $2 WHERE external_id = $1", name, email)
        }
        scene.now = scene.now + 3600
        let ended = try scene.run(review)
        #expect(ended.status == .failed && scene.provider.calls == calls, "\(scene.provider.calls)")
        #expect(ended.error == "The records that this action names have changed since its request. Request it again.")
    }

    /// The request names the account. All grants that the account has when the action runs are revoked.
    @Test("A new grant does not stop a revocation") func aGrantThatIsNewDoesNotStopARevocation() throws {
        let app = try scene.store.own.addApplication("Figma", from: vault)
        func grant(_ name: String) throws {
            try scene.store.database.execute(
                """
                INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, application_id, external_id,
                    scopes, access, updated_at) VALUES ($1, $2, $3, $4, $5, $6, '[]', 'read', $7)
                """, scene.store.own.id, scene.store.own.nextID(), vault, alice, app, name, scene.now)
        }
        try grant("first")
        let action = try request(.revokeOAuthToken, [:])
        try grant("second")
        #expect(try scene.run(action).status == .succeeded)
        #expect(scene.provider.calls == ["revoke_oauth_token first", "revoke_oauth_token second"])
    }

    /// Actions that were stored before parameters were declared are checked like new ones.
    @Test(
        "An old action's parameters are checked before it is carried out", arguments: ["queued", "pending_approval"],
        [
            #"{"token_id":8}"#, #"{"credential_id":"7"}"#, #"{"token_id":{"a":1}}"#, #"{"token_id":[7]}"#, "{}", "[]",
        ])
    func anOldActionIsCheckedWhenItIsCarriedOut(_ status: String, _ parameters: String) throws {
        let action = try request(.rotateCredentials, ["token_id": 7])
        try scene.store.database.execute(
            "UPDATE remediation_actions SET extra_params = $2, status = $3 WHERE id = $1", action.id, parameters, status
        )
        if status == "pending_approval" {
            try scene.store.database.execute("DELETE FROM jobs")
            _ = try scene.workspace().decide(.approve, on: action.id, now: scene.now)
        }
        let ended = try scene.run(action)
        #expect(ended.status == .failed && ended.error?.hasPrefix("extraParams.") == true, "\(ended.error ?? "")")
        #expect(scene.provider.calls.isEmpty)
    }

    /// The outcome of a step from before targets had kinds is unknown.
    @Test("An unfinished step of an older version is not continued") func aStepOfAnOlderVersionIsNotTakenUp() throws {
        let action = try request(.rotateCredentials, ["token_id": 7])
        try scene.store.database.execute(
            "UPDATE remediation_actions SET status = 'running', result = $2 WHERE id = $1", action.id,
            #"{"steps":[{"action":"rotate_credentials","external_id":"v1","status":"running"}]}"#)
        let ended = try scene.run(action)
        #expect(ended.status == .unknownOutcome && scene.provider.calls.isEmpty)
    }

    @Test("Every audit entry has the parameters and the records that they name")
    func everyEntryHasTheParameters() throws {
        try scene.store.own.addFinding("high", identity: scene.alice)
        let agent = try scene.workspace(.agent)
        let action = try request(.rotateCredentials, ["token_id": .string(token.description)], in: agent)
        #expect(action.status == .pendingApproval)
        _ = try scene.workspace().decide(.approve, on: action.id, now: scene.now)
        try scene.run(action)
        let entries = try scene.store.own.auditEntries()
        #expect(
            entries.map(\.action) == ["remediation.requested", "remediation.approved", "remediation.executed"])
        for entry in entries {
            #expect(entry.details["parameters"] == ["token_id": .string(token.description)])
        }
        #expect(
            entries[0].details["parameter_records"] == ["token_id": [["external_id": "token/7", "name": "ci"]]])
        #expect(entries[2].details["acted_on"] == ["token/7"])
    }

    /// A finding about another record than the target could mislead an approver by its title.
    @Test("An audit entry says if the finding is about the target")
    func anEntrySaysIfTheFindingIsAboutTheTarget() throws {
        let other = try scene.store.own.addFinding("high", title: "Alice is compromised.", identity: scene.alice)
        _ = try scene.request(.suspendUser, "u2") { $0.findingID = other }
        _ = try scene.request(.suspendUser, "u1") { $0.findingID = other }
        #expect(try scene.store.own.auditEntries().map { $0.details["finding_names_target"] } == [false, true])
    }

    // MARK: Secrets

    private let pin = "731946"

    private func stored(_ action: RemediationAction) throws -> String {
        try #require(
            try scene.store.database.first(
                """
                SELECT CAST(extra_params AS text) || coalesce(CAST(result AS text), '') || coalesce(error, '')
                FROM remediation_actions WHERE id = $1
                """, action.id
            ) { try $0[0] as String })
    }

    private func retire(_ key: String? = nil, pin: String? = nil) throws -> RemediationAction {
        let device = try scene.store.database.first("SELECT id FROM devices WHERE external_id = 'd7'") {
            try $0[0] as Identifier
        }
        if device == nil {
            let device = try scene.store.own.addDevice(of: scene.alice, from: vault)
            try scene.store.database.execute("UPDATE devices SET external_id = 'd7' WHERE id = $1", device)
        }
        return try request(.retireDevice, ["pin": .string(pin ?? self.pin)], "d7") { $0.idempotencyKey = key }
    }

    @Test("A secret parameter is stored sealed and shown nowhere") func aSecretIsSealedAndShownNowhere() throws {
        let action = try retire()
        #expect(try !stored(action).contains(pin) && stored(action).contains("sealed"))
        let ended = try scene.run(action)
        #expect(ended.status == .succeeded && scene.provider.calls == ["retire_device d7 pin=731946"])
        #expect(try !stored(action).contains(pin) && ended.parameters == ["pin": ["sealed": .null]])
        let entries = try scene.store.own.auditEntries()
        #expect(!"\(entries)".contains(pin) && !"\(scene.json(ended) ?? .null)".contains(pin))
        for entry in entries { #expect(entry.details["parameters"] == ["pin": "‹redacted›"]) }
        #expect(
            try scene.store.database.rows("SELECT CAST(payload AS text) FROM jobs") { try $0[0] as String }
                .allSatisfy { !$0.contains(pin) })
    }

    @Test("A sealed secret can be opened for its own action only") func aSecretOpensForItsActionOnly() throws {
        let action = try retire()
        let sealed = try #require(try scene.action(action.id).parameters["pin"])
        try scene.store.database.execute("DELETE FROM remediation_actions")
        let other = try retire(pin: "000000")
        try scene.store.database.execute(
            "UPDATE remediation_actions SET extra_params = $2 WHERE id = $1", other.id, JSON.object(["pin": sealed]))
        let ended = try scene.run(other)
        #expect(ended.status == .failed && scene.provider.calls.isEmpty)
        #expect(ended.error == "extraParams.pin can't be decrypted. Request the action again.")
    }

    @Test("The secret of a rejected action is erased") func aRejectedActionsSecretIsGone() throws {
        let action = try retire()
        try scene.store.database.execute("UPDATE remediation_actions SET status = 'pending_approval'")
        let rejected = try scene.workspace().decide(.reject, on: action.id, now: scene.now)
        #expect(rejected.parameters == ["pin": ["sealed": .null]])
    }

    @Test("The secret of a cancelled action is erased") func aCancelledActionsSecretIsGone() throws {
        let expired = try retire("k")
        try scene.store.database.execute("UPDATE remediation_actions SET status = 'pending_approval'")
        try scene.workspace().cancelExpiredApprovals(now: scene.now + .days(7))
        #expect(try scene.action(expired.id).status == .cancelled)
        #expect(try scene.action(expired.id).parameters == ["pin": ["sealed": .null]])
        #expect(try retire("k").id == expired.id, "a repeated request")
        let waiting = try retire()
        _ = try scene.workspace().disconnect(vault, now: scene.now)
        #expect(try scene.action(waiting.id).status == .cancelled)
        #expect(try scene.action(waiting.id).parameters == ["pin": ["sealed": .null]])
    }

    /// Older releases stored a device's PIN in clear text. Parameters that are no secrets stay.
    @Test("A secret that an older release stored is erased too") func anOldSecretIsGoneToo() throws {
        let action = try retire()
        let parameters: JSON = ["pin": .string(pin), "message": "Hello"]
        try scene.store.database.execute(
            "UPDATE remediation_actions SET extra_params = $2 WHERE id = $1", action.id, parameters)
        _ = try scene.workspace().disconnect(vault, now: scene.now)
        #expect(try scene.action(action.id).parameters == ["pin": ["sealed": .null], "message": "Hello"])
    }

    /// An action that is running and has no job ends with an unknown outcome.
    @Test("An action that has lost its job ends") func anActionWhoseJobIsGoneEnds() throws {
        let action = try retire()
        try scene.workspace().endLostActions(now: scene.now)
        #expect(try scene.action(action.id).status == .queued)
        try scene.store.database.execute("UPDATE remediation_actions SET status = 'running'")
        try scene.store.database.execute("DELETE FROM jobs")
        try scene.workspace().endLostActions(now: scene.now)
        try scene.workspace().endLostActions(now: scene.now)
        let ended = try scene.action(action.id)
        #expect(ended.status == .unknownOutcome && ended.parameters == ["pin": ["sealed": .null]])
        #expect(ended.error == "Its job ended before it was finished. Check GitLab before you request it again.")
        #expect(try scene.audited() == ["remediation.requested", "remediation.failed"])
    }

    @Test("A repeated request must have the same secret") func aRepeatedRequestHasTheSameSecret() throws {
        let action = try retire("k")
        #expect(try retire("k").id == action.id)
        #expect(refusal { _ = try retire("k", pin: "111111") }?.status == 422)
        try scene.run(action)
        #expect(try retire("k").id == action.id)
    }

    /// Older releases stored a device's PIN in clear text.
    @Test("A secret that an older release stored is not shown") func anOldActionsSecretIsNotShownEither() throws {
        let action = try retire()
        try scene.store.database.execute(
            "UPDATE remediation_actions SET extra_params = $2, target_platform = 'jamf_pro' WHERE id = $1", action.id,
            JSON.object(["pin": .string(pin)]))
        let old = try scene.action(action.id)
        #expect(old.details["parameters"] == ["pin": "‹redacted›"])
        #expect(old.keptParameters == ["pin": ["sealed": .null]])
    }
}
