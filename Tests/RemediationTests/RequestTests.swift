import Auth
import Base
import Connectors
import Findings
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import Remediation

/// What may be asked for, who must approve it, and requests that are made twice.
@Suite struct RequestTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    private func status(_ role: Role?, _ type: ActionType, _ entity: String = "u1", finding: Identifier? = nil) throws
        -> String
    {
        let workspace = try role.map { try scene.workspace($0) } ?? scene.keyed
        let action = try scene.request(type, entity, in: workspace) { $0.findingID = finding }
        try scene.store.database.execute("DELETE FROM jobs")
        try scene.store.database.execute("DELETE FROM remediation_actions")
        return action.status.rawValue
    }

    // MARK: Where

    @Test func aPlatformThatCannotSaysWhichCan() throws {
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

    @Test(arguments: ["disconnected", "paused", "pending"])
    func aPlatformMustBeConnected(_ status: String) throws {
        try scene.store.database.execute("UPDATE integrations SET status = $1", status)
        let error = refusal { _ = try scene.request() }
        #expect(error?.status == 409 && error?.sentence == "JumpCloud is not connected to this workspace.")
    }

    // MARK: To what

    @Test func aTargetIsFoundByEitherId() throws {
        for entity in ["u1", scene.account.description, scene.alice.description] {
            let action = try scene.run(scene.request(.suspendUser, entity))
            #expect(action.steps?.first?.target.externalID == "u1", "\(entity)")
        }
        for entity in ["d1", scene.device.description] {
            #expect(try scene.run(scene.request(.lockDevice, entity)).steps?.first?.target.externalID == "d1")
        }
    }

    @Test func nothingIsActedOnThatIsNotInTheWorkspace() throws {
        let theirs = try scene.store.other.addIntegration("jumpcloud")
        let mallory = try scene.store.other.addIdentity("mallory@example.com")
        let account = try scene.store.other.addAccount(of: mallory, on: theirs)
        let elsewhere = try scene.store.own.addIntegration("okta")
        let carol = try scene.store.own.addAccount(of: scene.store.own.addIdentity("carol@example.com"), on: elsewhere)
        for entity in ["u9", "U1", "u1/../u2", account.description, mallory.description, carol.description] {
            let error = refusal { _ = try scene.request(.suspendUser, entity) }
            #expect(error?.status == 404, "\(entity)")
            #expect(error?.sentence == "JumpCloud has brought nothing of this targetEntityId into this workspace.")
        }
        #expect(refusal { _ = try scene.request(.lockDevice, "u1") }?.status == 404, "an account is no device")
        #expect(refusal { _ = try scene.request(.flagApp, account.description) }?.status == 404)
        #expect(refusal { _ = try scene.request(.flagApp, "Unknown") }?.status == 404)
        #expect(refusal { _ = try scene.request(.createTicket, mallory.description, on: "jira") }?.status == 404)
        let foreign = try scene.store.other.addFinding("low")
        #expect(refusal { _ = try scene.request { $0.findingID = foreign } }?.status == 404)
        #expect(try scene.audited().isEmpty)
    }

    @Test func ofSeveralAccountsNoneIsPicked() throws {
        try scene.store.own.addAccount(of: scene.alice, on: scene.directory)
        let error = refusal { _ = try scene.request(.suspendUser, scene.alice.description) }
        #expect(error?.status == 400)
        #expect(
            error?.sentence == "targetEntityId has 2 accounts on JumpCloud. Name one of them by its own id.")
    }

    @Test func grantsKeysAndLicencesAreTargetsOfTheirOwn() throws {
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
        #expect(try calls(.revokeOAuthToken, "g2") == ["revoke_oauth_token g2 client_id=client9"])
        for entity in ["u1", scene.alice.description, app.description, "client9"] {
            #expect(
                try calls(.revokeOAuthToken, entity) == [
                    "revoke_oauth_token g1 client_id=client9", "revoke_oauth_token g2 client_id=client9",
                ])
        }
        // Nothing is known of Bob's grants: the platform knows which there are.
        #expect(try calls(.revokeOAuthToken, "u2") == ["revoke_oauth_token u2"])
        #expect(try calls(.rotateCredentials, "k1") == ["rotate_credentials k1"])
        #expect(try calls(.rotateCredentials, "u1") == ["rotate_credentials u1"])
        #expect(try calls(.revokeLicense, "u1") == ["revoke_license u1"])
    }

    /// A review is about what the platform itself has, if it has it, and else about anything of the workspace.
    @Test func reviewsAreOfThePlatformsOwnThings() throws {
        let app = try scene.store.own.addApplication("Figma", from: scene.directory)
        try scene.store.database.execute("UPDATE applications SET external_id = 'client9' WHERE id = $1", app)
        func target(_ entity: Identifier) throws -> [String] {
            let resolver = TargetResolver(
                workspace: try scene.workspace(), integration: scene.directory, platform: "JumpCloud",
                entity: entity.description)
            return try resolver.targets(of: .createAccessReview).map(\.externalID)
        }
        #expect(try target(app) == ["client9"])
        #expect(try target(scene.alice) == ["u1"])
        #expect(try target(scene.device) == [scene.device.description])
        #expect(refusal { _ = try target(.random()) }?.status == 404)
    }

    @Test func theSameActionWaitsOnce() throws {
        _ = try scene.request()
        let error = refusal { _ = try scene.request() }
        #expect(error?.status == 409 && error?.sentence == "An action suspend_user waits for this target already.")
        _ = try scene.request(.suspendUser, "u2")
        #expect(try scene.audited().count == 2)
    }

    @Test(arguments: ["resolved", "dismissed", "snoozed"])
    func aFindingMustBeOpen(_ status: String) throws {
        let finding = try scene.store.own.addFinding("low", status: status)
        #expect(refusal { _ = try scene.request { $0.findingID = finding } }?.status == 409)
    }

    // MARK: Who must approve

    @Test(arguments: Role.allCases.prefix(4), ["critical", "high", "medium", "low", "info"])
    func agentsWaitWhereTheFindingIsGrave(_ role: Role, _ severity: String) throws {
        let finding = try scene.store.own.addFinding(severity)
        let waits = role == .agent && ["critical", "high"].contains(severity)
        #expect(try status(role, .suspendUser, finding: finding) == (waits ? "pending_approval" : "queued"))
    }

    /// Leaving the finding out, or naming a harmless one, is no way around.
    @Test func agentsWaitWhereAGraveFindingIsAboutTheTarget() throws {
        #expect(try status(.agent, .suspendUser) == "queued")
        try scene.store.own.addFinding("high", identity: scene.alice)
        let harmless = try scene.store.own.addFinding("low")
        #expect(try status(.agent, .suspendUser) == "pending_approval")
        #expect(try status(.agent, .suspendUser, finding: harmless) == "pending_approval")
        #expect(try status(.agent, .suspendUser, "u2") == "queued")
        try scene.store.own.addFinding("critical", device: scene.device)
        #expect(try status(.agent, .syncDevice, "d1") == "pending_approval")
    }

    @Test func agentsDoNotDecideAboutApplications() throws {
        let app = try scene.store.own.addApplication("Figma", from: scene.directory).description
        for type in [ActionType.sanctionApp, .flagApp, .blockApp] {
            #expect(try status(.agent, type, app) == "pending_approval")
            #expect(try status(.securityAnalyst, type, app) == "queued")
        }
    }

    @Test func programsActByTheirTier() throws {
        let grave = try scene.store.own.addFinding("high", identity: scene.alice)
        let slight = try scene.store.own.addFinding("medium", device: scene.device)
        #expect(try status(nil, .syncDevice, "d1", finding: slight) == "queued")
        #expect(try status(nil, .suspendUser, finding: grave) == "pending_approval")
        #expect(try status(nil, .suspendUser, "u2", finding: slight) == "queued")
        #expect(try status(nil, .lockDevice, "d1", finding: slight) == "pending_approval")
        #expect(try status(nil, .deactivateUser, "u2") == "pending_approval")
        #expect(try status(.admin, .lockDevice, "d1") == "queued", "a member is no program")
        func set(_ settings: String) throws {
            try scene.store.database.execute("UPDATE workspaces SET remediation_settings = $1", settings)
        }
        try set(#"{"tiers":{"suspend_user":"auto_execute","sync_device":"never"}}"#)
        #expect(try status(nil, .suspendUser, finding: grave) == "queued")
        #expect(try status(nil, .syncDevice, "d1") == "pending_approval")
        #expect(try status(nil, .lockDevice, "d1") == "pending_approval")
        for malformed in [#"{"tiers":7}"#, #"{"tiers":{"suspend_user":"always"}}"#, #"{"tiers":{"suspend_user":1}}"#] {
            try set(malformed)
            #expect(try status(nil, .suspendUser, "u2") == "pending_approval", "\(malformed)")
        }
    }

    // MARK: What plans have

    @Test func accessReviewsTakeAPlan() throws {
        func refused(_ plan: Plan) throws -> (status: Int, sentence: String)? {
            refusal { _ = try scene.request(.createAccessReview, in: try scene.workspace(plan: plan)) }
        }
        let error = try refused(.free)
        #expect(error?.status == 403 && error?.sentence == "Access reviews are not part of your plan.")
        // The scene's platforms have none.
        for plan in [Plan.trial, .pro, .enterprise] { #expect(try refused(plan)?.status == 400) }
    }

    @Test func onTheFreePlanNothingHappensByItself() throws {
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

    // MARK: About findings

    private func remediate(_ type: ActionType, _ platform: String) throws -> RemediationAction {
        let finding = try scene.store.own.addFinding(
            "low", identity: scene.alice, device: scene.device, sources: [.string(platform)])
        return try scene.remediation.request(of: finding, by: type, reason: nil, in: scene.keyed, now: scene.now).action
    }

    @Test func aFindingsPlatformMustBeConnected() throws {
        try scene.store.database.execute(
            "UPDATE integrations SET status = 'paused' WHERE id = $1", scene.directory)
        let error = refusal { _ = try remediate(.suspendUser, "jumpcloud") }
        #expect(error?.status == 409 && error?.sentence == "JumpCloud is not connected to this workspace.")
        // Where the finding's own platform can't, only one that is connected will do.
        let none = refusal { _ = try remediate(.suspendUser, "jira") }
        #expect(none?.status == 400)
        #expect(none?.sentence == "jira can't do suspend_user. These platforms can: jumpcloud.")
        #expect(try scene.audited().isEmpty)
    }

    @Test func aFindingsActionNeedsMeansAndATarget() throws {
        let error = refusal { _ = try remediate(.forceMFAEnroll, "jumpcloud") }
        #expect(error?.status == 400)
        #expect(error?.sentence == "jumpcloud can't do force_mfa_enroll. No platform can do it.")
        #expect(try remediate(.suspendUser, "jira").platform == "jumpcloud")
        try scene.store.database.execute("DELETE FROM accounts WHERE id = $1", scene.account)
        for platform in ["jumpcloud", "jira"] {
            let gone = refusal { _ = try remediate(.revokeSessions, platform) }
            #expect(gone?.status == 404, "\(platform)")
        }
    }

    // MARK: Deciding

    private func pending() throws -> RemediationAction {
        let finding = try scene.store.own.addFinding("high", identity: scene.alice)
        return try scene.request(in: try scene.workspace(.agent)) { $0.findingID = finding }
    }

    @Test func nothingRunsBeforeItIsApproved() throws {
        let action = try pending()
        try scene.run(action)
        #expect(scene.provider.calls.isEmpty)
        let approved = try scene.workspace(.securityAnalyst).decide(.approve, on: action.id, now: scene.now)
        #expect(approved.status == .queued && approved.decidedBy == "security_analyst@example.com")
        #expect(try scene.run(approved).status == .succeeded)
        #expect(
            try scene.audited() == ["remediation.requested", "remediation.approved", "remediation.executed"])
        let entries = try scene.store.own.auditEntries()
        #expect(entries[1].userID == scene.store.own.members[.securityAnalyst])
        #expect(entries[2].details["decided_by"] == "security_analyst@example.com")
    }

    @Test func whatIsRejectedNeverRuns() throws {
        let action = try pending()
        let rejected = try scene.workspace(.admin).decide(.reject, on: action.id, now: scene.now)
        #expect(rejected.status == .rejected && scene.json(rejected)?["success"] == true)
        try scene.run(rejected)
        #expect(scene.provider.calls.isEmpty)
        #expect(try scene.audited() == ["remediation.requested", "remediation.rejected"])
        let again = refusal { _ = try scene.workspace(.admin).decide(.approve, on: action.id, now: scene.now) }
        #expect(again?.status == 409 && again?.sentence == "This action is rejected; it does not wait for approval.")
    }

    @Test func whoMayNotApproveDoesNot() throws {
        let action = try pending()
        for workspace in [try scene.workspace(.agent), scene.keyed] {
            #expect(refusal { _ = try workspace.decide(.approve, on: action.id, now: scene.now) }?.status == 403)
        }
        #expect(try scene.action(action.id).status == .pendingApproval)
    }

    @Test func anActionThatIsNotThereIsNotFound() throws {
        #expect(refusal { _ = try scene.workspace().decide(.approve, on: .random(), now: scene.now) }?.status == 404)
    }

    @Test func approvalWaitsAWeek() throws {
        let action = try pending()
        scene.now = scene.now + .days(7) - 1
        try scene.workspace().cancelExpiredApprovals(now: scene.now)
        #expect(try scene.action(action.id).status == .pendingApproval)
        scene.now = scene.now + 1
        #expect(refusal { _ = try scene.workspace().decide(.approve, on: action.id, now: scene.now) }?.status == 404)
        try scene.workspace().cancelExpiredApprovals(now: scene.now)
        try scene.workspace().cancelExpiredApprovals(now: scene.now)
        #expect(try scene.action(action.id).status == .cancelled)
        #expect(try scene.audited() == ["remediation.requested", "remediation.cancelled"])
    }

    @Test func ofTwoDecisionsAtOnceOneHolds() throws {
        let id = try pending().id
        let (connect, workspaceID, now) = (scene.store.connect, scene.store.own.id, scene.now)
        let outcomes = Mutex<[Bool]>([])
        Threads(count: 6) { number in
            let workspace = Workspace.ofAdmin(workspaceID, connect())
            let decided =
                (try? workspace.decide(number.isMultiple(of: 2) ? .approve : .reject, on: id, now: now)) != nil
            outcomes.withLock { $0.append(decided) }
        }.join()
        #expect(outcomes.withLock { $0.filter { $0 }.count } == 1)
        #expect(try scene.audited().count == 2)
    }

    // MARK: Requests made twice

    @Test func theSameKeyIsTheSameAction() throws {
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
            { $0.reason = "other" }, { $0.parameters = ["a": 1] }, { $0.entityLabel = "Bob" },
        ] {
            #expect(refusal { _ = try send(change) }?.status == 422)
        }
        #expect(try scene.audited() == ["remediation.requested", "remediation.executed"])
        // Another workspace's keys are its own.
        #expect(try scene.store.database.first("SELECT count(*) FROM remediation_actions") { try $0[0] as Int } == 1)
    }

    @Test func theSameKeyAtOnceIsOneAction() throws {
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
