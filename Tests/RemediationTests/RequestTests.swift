import Actions
import Auth
import Base
import Connectors
import Findings
import HTTP
import Integrations
import Store
import Synchronization
import TestSupport
import Testing

@testable import Remediation

/// Requestable actions, their targets, and repeated requests. ApprovalTests covers the approvals.
@Suite(.usesStore) struct RequestTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    // MARK: Platforms

    @Test("If a platform can't do the action, the error names the platforms that can")
    func aPlatformThatCannotSaysWhichCan() throws {
        let able = refusal { _ = try scene.request(.lockDevice, "d1", on: "jira") }
        #expect(able?.status == 400)
        #expect(able?.sentence == "jira can't do lock_device. These platforms can: jumpcloud.")
        #expect(
            refusal { _ = try scene.request(.forceMFAEnroll) }?.sentence
                == "jumpcloud can't do force_mfa_enroll. No platform can do it.")
        let unknown = refusal { _ = try scene.request(.offboardUser, on: "<script>") }
        #expect(unknown?.status == 400)
        #expect(unknown?.sentence == "targetPlatform is not known. These platforms can: jumpcloud.")
    }

    @Test("The platform must be connected", arguments: ["disconnected", "paused", "pending"])
    func aPlatformMustBeConnected(_ status: String) throws {
        try scene.store.database.execute("UPDATE integrations SET status = $1", status)
        let error = refusal { _ = try scene.request() }
        #expect(error?.status == 409 && error?.sentence == "JumpCloud is not connected to this workspace.")
    }

    // MARK: Targets

    @Test("A target is found by our id or the platform's id") func aTargetIsFoundByEitherId() throws {
        for entity in ["u1", scene.account.description, scene.alice.description] {
            let action = try scene.run(scene.request(.suspendUser, entity))
            #expect(action.steps?.first?.target.externalID == "u1", "\(entity)")
        }
        for entity in ["d1", scene.device.description] {
            #expect(try scene.run(scene.request(.lockDevice, entity)).steps?.first?.target.externalID == "d1")
        }
    }

    @Test("An action on a record of another workspace or platform is refused")
    func nothingIsActedOnThatIsNotInTheWorkspace() throws {
        let theirs = try scene.store.other.addIntegration("jumpcloud")
        let mallory = try scene.store.other.addIdentity("mallory@example.com")
        let account = try scene.store.other.addAccount(of: mallory, on: theirs)
        let elsewhere = try scene.store.own.addIntegration("okta")
        let carol = try scene.store.own.addAccount(of: scene.store.own.addIdentity("carol@example.com"), on: elsewhere)
        for entity in ["u9", "U1", "u1/../u2", account.description, mallory.description, carol.description] {
            let error = refusal { _ = try scene.request(.suspendUser, entity) }
            #expect(error?.status == 404, "\(entity)")
            #expect(error?.sentence == "Nothing with this targetEntityId was synced from JumpCloud.")
        }
        #expect(refusal { _ = try scene.request(.lockDevice, "u1") }?.status == 404, "an account is no device")
        #expect(refusal { _ = try scene.request(.flagApp, account.description) }?.status == 404)
        #expect(refusal { _ = try scene.request(.flagApp, "Unknown") }?.status == 404)
        #expect(refusal { _ = try scene.request(.createTicket, mallory.description, on: "jira") }?.status == 404)
        let foreign = try scene.store.other.addFinding("low")
        #expect(refusal { _ = try scene.request { $0.findingID = foreign } }?.status == 404)
        #expect(try scene.audited().isEmpty)
    }

    @Test("None of several accounts of a person is chosen") func ofSeveralAccountsNoneIsPicked() throws {
        try scene.store.own.addAccount(of: scene.alice, on: scene.directory)
        let error = refusal { _ = try scene.request(.suspendUser, scene.alice.description) }
        #expect(error?.status == 400)
        #expect(
            error?.sentence == "targetEntityId has 2 accounts on JumpCloud. Name one of them by its own id.")
    }

    @Test("Grants, keys and licenses can be targets themselves")
    func grantsKeysAndLicencesAreTargetsOfTheirOwn() throws {
        let (own, database) = (scene.store.own, scene.store.database)
        let app = try own.addApplication("Figma", from: scene.directory)
        try database.execute("UPDATE applications SET external_id = 'client9' WHERE id = $1", app)
        for grant in ["g1", "g2"] {
            try database.execute(
                """
                INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, identity_id, application_id,
                    external_id, scopes, access, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '[]', 'read', $8)
                """, own.id, own.nextID(), scene.directory, scene.account, scene.alice, app, grant, scene.now)
        }
        try database.execute(
            """
            INSERT INTO access_keys (workspace_id, id, integration_id, account_id, external_id, kind, is_active, can_write,
                updated_at) VALUES ($1, $2, $3, $4, 'k1', 'access_key', true, true, $5)
            """, own.id, own.nextID(), scene.directory, scene.account, scene.now)
        func calls(_ type: ActionType, _ entity: String) throws -> [String] {
            let before = scene.provider.calls.count
            #expect(try scene.run(scene.request(type, entity)).status == .succeeded)
            return Array(scene.provider.calls.dropFirst(before))
        }
        #expect(try calls(.revokeOAuthToken, "g2") == ["revoke_oauth_token g2"])
        for entity in ["u1", scene.alice.description, app.description, "client9"] {
            #expect(
                try calls(.revokeOAuthToken, entity) == ["revoke_oauth_token g1", "revoke_oauth_token g2"])
        }
        // No grant of Bob is stored, so the platform revokes those that it knows.
        #expect(try calls(.revokeOAuthToken, "u2") == ["revoke_oauth_token u2"])
        #expect(try calls(.rotateCredentials, "k1") == ["rotate_credentials k1"])
        #expect(try calls(.rotateCredentials, "u1") == ["rotate_credentials u1"])
        #expect(try calls(.revokeLicense, "u1") == ["revoke_license u1"])
    }

    /// A review is about the platform's own record if there is one, and otherwise about the workspace's record.
    @Test("An access review names the platform's own record") func reviewsAreOfThePlatformsOwnThings() throws {
        let app = try scene.store.own.addApplication("Figma", from: scene.directory)
        try scene.store.database.execute("UPDATE applications SET external_id = 'client9' WHERE id = $1", app)
        func target(_ entity: Identifier) throws -> [String] {
            let resolver = TargetResolver(
                workspace: try scene.workspace(), integration: scene.directory, platform: "JumpCloud",
                entity: entity.description)
            return try resolver.targets(of: .createAccessReview).all.map(\.externalID)
        }
        #expect(try target(app) == ["client9"])
        #expect(try target(scene.alice) == ["u1"])
        #expect(try target(scene.device) == [scene.device.description])
        #expect(refusal { _ = try target(.random()) }?.status == 404)
    }

    @Test("The same action can be pending only once for a target") func theSameActionWaitsOnce() throws {
        _ = try scene.request()
        let error = refusal { _ = try scene.request() }
        #expect(error?.status == 409 && error?.sentence == "Action suspend_user is already pending for this target.")
        _ = try scene.request(.suspendUser, "u2")
        #expect(try scene.audited().count == 2)
    }

    @Test("Another name of the same target counts as the same target") func anAliasOfATargetIsTheSameTarget() throws {
        _ = try scene.request()
        let aliases = [scene.account.description, scene.account.description.uppercased(), scene.alice.description]
        for alias in aliases {
            #expect(refusal { _ = try scene.request(.suspendUser, alias) }?.status == 409, "\(alias)")
        }
        let app = try scene.store.own.addApplication("Figma", from: scene.directory)
        _ = try scene.request(.sanctionApp, "Figma")
        for (alias, platform) in [("FIGMA", "jumpcloud"), (app.description, "jumpcloud"), ("figma", "thalian")] {
            #expect(refusal { _ = try scene.request(.sanctionApp, alias, on: platform) }?.status == 409, "\(alias)")
        }
        _ = try scene.request(.createTicket, scene.alice.description, on: "jira")
        let ticket = refusal { _ = try scene.request(.createTicket, scene.alice.description.uppercased(), on: "jira") }
        #expect(ticket?.status == 409)
        _ = try scene.request(.createTicket, scene.account.description, on: "jira")
        #expect(refusal { _ = try scene.request(.createTicket, "u1", on: "jira") }?.status == 409)
        _ = try scene.request(.createTicket, scene.directory.description, on: "jira")
        #expect(refusal { _ = try scene.request(.createTicket, "jumpcloud", on: "jira") }?.status == 409)
    }

    @Test("An action about a closed or snoozed finding is refused", arguments: ["resolved", "dismissed", "snoozed"])
    func aFindingMustBeOpen(_ status: String) throws {
        let finding = try scene.store.own.addFinding("low", status: status)
        #expect(refusal { _ = try scene.request { $0.findingID = finding } }?.status == 409)
    }

    // MARK: Plans

    @Test("Access reviews are not part of the Free plan") func accessReviewsTakeAPlan() throws {
        func refused(_ plan: Plan) throws -> (status: Int, sentence: String)? {
            refusal { _ = try scene.request(.createAccessReview, in: try scene.workspace(plan: plan)) }
        }
        let error = try refused(.free)
        #expect(error?.status == 403 && error?.sentence == "Access reviews are not part of your plan.")
        // JumpCloud has no access reviews in these tests.
        for plan in [Plan.trial, .pro, .enterprise] { #expect(try refused(plan)?.status == 400) }
    }

    @Test("On the Free plan, an API key's action waits for approval")
    func onTheFreePlanNothingHappensByItself() throws {
        let finding = try scene.store.own.addFinding("low", device: scene.device)
        let request = ActionRequest(.syncDevice, on: "jumpcloud", entityID: "d1")
        let free = try scene.remediation.request(request, in: scene.keyed(on: .free), now: scene.now)
        #expect(free.status == .pendingApproval)
        try scene.store.database.execute("DELETE FROM remediation_actions")
        let byFinding = try scene.remediation.request(
            of: finding, by: .syncDevice, reason: nil, in: scene.keyed(on: .free), now: scene.now)
        #expect(byFinding.action.status == .pendingApproval)
        try scene.store.database.execute("DELETE FROM remediation_actions")
        let person = try scene.remediation.request(request, in: scene.workspace(plan: .free), now: scene.now)
        #expect(person.status == .queued, "a member is no program")
    }

    // MARK: Actions about findings

    private func remediate(_ type: ActionType, _ platform: String) throws -> RemediationAction {
        let finding = try scene.store.own.addFinding(
            "low", identity: scene.alice, device: scene.device, sources: [.string(platform)])
        return try scene.remediation.request(of: finding, by: type, reason: nil, in: scene.keyed, now: scene.now).action
    }

    @Test("The platform of a finding must be connected") func aFindingsPlatformMustBeConnected() throws {
        try scene.store.database.execute(
            "UPDATE integrations SET status = 'paused' WHERE id = $1", scene.directory)
        let error = refusal { _ = try remediate(.suspendUser, "jumpcloud") }
        #expect(error?.status == 409 && error?.sentence == "JumpCloud is not connected to this workspace.")
        // If the finding's own platform can't do the action, another one must be connected.
        let none = refusal { _ = try remediate(.suspendUser, "jira") }
        #expect(none?.status == 400)
        #expect(none?.sentence == "jira can't do suspend_user. These platforms can: jumpcloud.")
        #expect(try scene.audited().isEmpty)
    }

    @Test("A finding's action needs a platform that can do it and a known target")
    func aFindingsActionNeedsMeansAndATarget() throws {
        let error = refusal { _ = try remediate(.forceMFAEnroll, "jumpcloud") }
        #expect(error?.status == 400)
        #expect(
            error?.sentence
                == "This finding is about JumpCloud, where force_mfa_enroll is not possible, and on another platform it "
                + "would not help. Choose another actionType, or mend it there yourself.")
        #expect(try remediate(.suspendUser, "jira").platform == "jumpcloud")
        try scene.store.database.execute("DELETE FROM accounts WHERE id = $1", scene.account)
        for platform in ["jumpcloud", "jira"] {
            let gone = refusal { _ = try remediate(.revokeSessions, platform) }
            #expect(gone?.status == 404, "\(platform)")
            #expect(
                gone?.sentence
                    == "The connected platforms that can do revoke_sessions don't have what this finding is about: "
                    + "JumpCloud.")
        }
    }

    /// A second factor, a password or a token of JumpCloud is not that of Jira.
    @Test("An action that changes one account is not carried out on another platform than the finding's")
    func oneAccount() throws {
        let error = refusal { _ = try remediate(.revokeAllTokens, "jira") }
        #expect(error?.status == 400)
        #expect(error?.sentence.hasPrefix("This finding is about Jira, where revoke_all_tokens is not") == true)
        let both = try scene.store.own.addFinding("low", identity: scene.alice, sources: ["jira", "jumpcloud"])
        let action = try scene.remediation.request(
            of: both, by: .revokeAllTokens, reason: nil, in: scene.keyed, now: scene.now
        ).action
        #expect(action.platform == "jumpcloud")
    }

    @Test("A finding about a person with several accounts on the platform is refused in its own words")
    func severalAccountsOfAFindingsPerson() throws {
        try scene.store.own.addAccount(of: scene.alice, on: scene.directory)
        let error = refusal { _ = try remediate(.suspendUser, "jumpcloud") }
        #expect(error?.status == 400)
        #expect(
            error?.sentence
                == "The person that this finding is about has several accounts on JumpCloud. A member can name one of "
                + "them in POST /api/execute-action.")
    }

    // MARK: Repeated requests

    @Test("A repeated idempotency key returns the same action") func theSameKeyIsTheSameAction() throws {
        func send(_ change: (inout ActionRequest) -> Void = { _ in }) throws -> RemediationAction {
            try scene.request { request in
                request.idempotencyKey = "key 1"
                request.reason = "left us"
                change(&request)
            }
        }
        let first = try send()
        #expect(try send().id == first.id)
        try scene.run(first)
        let repeated = try send()
        #expect(repeated.id == first.id && repeated.status == .succeeded && scene.provider.calls.count == 1)
        for change: (inout ActionRequest) -> Void in [
            { $0.reason = "other" }, { $0.parameters = ["a": 1] },
        ] {
            #expect(refusal { _ = try send(change) }?.status == 422)
        }
        #expect(try scene.audited() == ["remediation.requested", "remediation.executed"])
        // No other action was stored.
        #expect(try scene.store.database.first("SELECT count(*) FROM remediation_actions") { try $0[0] as Int } == 1)
    }

    @Test("Concurrent requests with one idempotency key make one action") func theSameKeyAtOnceIsOneAction() throws {
        let (connect, workspaceID, now) = (scene.store.connect, scene.store.own.id, scene.now)
        let environment = scene.remediation.environment
        let ids = Mutex<Set<Identifier>>([])
        Threads(count: 6) { _ in
            var request = ActionRequest(.suspendUser, on: "jumpcloud", entityID: "u1")
            request.idempotencyKey = "k"
            let remediation = Remediation(environment, connectors: [Directory.self])
            let action = try? remediation.request(request, in: .ofAdmin(workspaceID, connect()), now: now)
            ids.withLock { if let id = action?.id { $0.insert(id) } }
        }.join()
        #expect(ids.withLock { $0.count } == 1)
        #expect(try scene.audited().count == 1)
    }
}
