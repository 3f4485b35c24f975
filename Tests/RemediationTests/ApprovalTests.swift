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

/// Actions that wait for approval, and decisions about them.
@Suite(.usesStore) struct ApprovalTests {
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

    // MARK: Required approvals

    @Test(
        "An agent's action waits for approval if its finding is critical or high",
        arguments: Role.allCases.prefix(4), ["critical", "high", "medium", "low", "info"])
    func agentsWaitWhereTheFindingIsGrave(_ role: Role, _ severity: String) throws {
        let finding = try scene.store.own.addFinding(severity)
        let waits = role == .agent && ["critical", "high"].contains(severity)
        #expect(try status(role, .suspendUser, finding: finding) == (waits ? "pending_approval" : "queued"))
    }

    /// Omitting the finding, or naming a harmless one, does not avoid the approval.
    @Test("An agent's action waits if a severe finding is about the target")
    func agentsWaitWhereAGraveFindingIsAboutTheTarget() throws {
        #expect(try status(.agent, .suspendUser) == "queued")
        try scene.store.own.addFinding("high", identity: scene.alice)
        let harmless = try scene.store.own.addFinding("low")
        #expect(try status(.agent, .suspendUser) == "pending_approval")
        #expect(try status(.agent, .suspendUser, finding: harmless) == "pending_approval")
        #expect(try status(.agent, .suspendUser, "u2") == "queued")
        try scene.store.own.addFinding("critical", device: scene.device)
        #expect(try status(.agent, .syncDevice, "d1") == "pending_approval")
    }

    /// Agents and API keys may snooze or dismiss findings, and could otherwise remove the reason for the approval
    /// first.
    @Test(
        "A severe finding that was snoozed or dismissed still requires approval", arguments: ["snoozed", "dismissed"])
    func aGraveFindingThatWasSetAsideCounts(_ status: String) throws {
        try scene.store.own.addFinding("critical", status: status, identity: scene.alice)
        #expect(try self.status(.agent, .suspendUser) == "pending_approval")
        #expect(try self.status(nil, .suspendUser) == "pending_approval")
        #expect(try self.status(.securityAnalyst, .suspendUser) == "queued", "may approve")
    }

    /// API keys may sanction applications, which resolves findings, and could otherwise remove the reason for the
    /// approval in this way. A person's sanction is a decision and counts.
    @Test("A severe finding that an API key's sanction has resolved still requires approval", arguments: [false, true])
    func aGraveFindingThatAKeyHasSanctionedAwayCounts(_ byAction: Bool) throws {
        let app = try scene.store.own.addApplication("Figma", from: scene.directory)
        let finding = try scene.store.own.addFinding("high", "shadow_it", application: app)
        if byAction {
            let action = try scene.request(.sanctionApp, app.description, in: scene.keyed)
            #expect(try scene.run(action).status == .succeeded)
        } else {
            _ = try scene.keyed.setAppPolicy(.sanctioned, appName: "figma", now: scene.now)
        }
        func isResolved() throws -> Bool? {
            try scene.store.database.first("SELECT status FROM findings WHERE id = $1", finding) {
                try $0[0] as String == "resolved"
            }
        }
        #expect(try isResolved() == true)
        #expect(try status(nil, .blockApp, app.description) == "pending_approval")
        #expect(try status(.agent, .revokeOAuthToken, "u1") == "queued", "not about the application")
        // The API key removes its policy for the application. The action still needs approval.
        _ = try scene.keyed.setAppPolicy(.undecided, appName: "Figma", now: scene.now)
        #expect(try status(nil, .blockApp, app.description) == "pending_approval")
        let analyst = try scene.workspace(.securityAnalyst)
        if byAction {
            #expect(try scene.run(scene.request(.sanctionApp, app.description, in: analyst)).status == .succeeded)
        } else {
            _ = try analyst.setAppPolicy(.sanctioned, appName: "figma", now: scene.now)
        }
        #expect(try isResolved() == true)
        #expect(try status(nil, .blockApp, app.description) == "queued")
    }

    /// Findings list entities in several ways: by id, by the platform's own id, by name or address, and by another
    /// account of the same person.
    @Test("An agent's action waits if a severe finding lists the target in one of several forms")
    func agentsWaitWhereAGraveFindingListsTheTarget() throws {
        let own = scene.store.own
        let elsewhere = try own.addIntegration("okta")
        let other = try own.addAccount(of: scene.alice, on: elsewhere)
        try scene.store.database.execute(
            "UPDATE accounts SET external_id = 'okta-7', email = 'Alice.Other@example.com' WHERE id = $1", other)
        let lists: [JSON] = [
            ["identities": [["id": .string(scene.alice.description), "name": "Alice"]]],
            ["identities": [["email": "alice.other@EXAMPLE.com"]]],
            ["accounts": [["id": .string(scene.account.description), "platform": "jumpcloud"]]],
            ["accounts": [["id": .string(other.description), "platform": "okta"]]],
            ["accounts": [["id": "u1"]]], ["accounts": [["name": "okta-7"]]], ["anything": ["new": ["u1"]]],
        ]
        for (index, list) in lists.enumerated() {
            let finding = try own.addFinding(index % 2 == 0 ? "high" : "critical", entities: list)
            #expect(try status(.agent, .suspendUser) == "pending_approval", "\(list)")
            #expect(try status(.agent, .suspendUser, scene.account.description) == "pending_approval", "\(list)")
            #expect(try status(nil, .suspendUser) == "pending_approval", "\(list)")
            #expect(try status(.agent, .suspendUser, "u2") == "queued", "\(list)")
            #expect(try status(.securityAnalyst, .suspendUser) == "queued", "may approve")
            try scene.store.database.execute("UPDATE findings SET status = 'resolved' WHERE id = $1", finding)
            #expect(try status(.agent, .suspendUser) == "queued", "\(list)")
        }
        // This finding names a platform called u1. It is not about the account u1, so the action needs no approval.
        try own.addFinding("high", entities: ["integrations": [["platform": "u1"]]])
        #expect(try status(.agent, .suspendUser) == "queued")
        try own.addFinding("high", entities: ["devices": [["id": .string(scene.device.description)]]])
        #expect(try status(.agent, .syncDevice, "d1") == "pending_approval")
    }

    @Test("An action about a harmless finding waits if a severe one names its target")
    func anActionAboutAHarmlessFindingWaitsForAGraveOne() throws {
        let slight = try scene.store.own.addFinding(
            "low", identity: scene.alice, action: "suspend_user", sources: ["jumpcloud"])
        try scene.store.own.addFinding("critical", entities: ["identities": [["id": .string(scene.alice.description)]]])
        let action = try scene.remediation.request(
            of: slight, by: .suspendUser, reason: nil, in: scene.keyed, now: scene.now
        ).action
        #expect(action.status == .pendingApproval)
    }

    @Test("An agent's decision about an application waits for approval")
    func agentsDoNotDecideAboutApplications() throws {
        let app = try scene.store.own.addApplication("Figma", from: scene.directory).description
        for type in [ActionType.sanctionApp, .flagApp, .blockApp] {
            #expect(try status(.agent, type, app) == "pending_approval")
            #expect(try status(.securityAnalyst, type, app) == "queued")
        }
    }

    @Test("An API key's action waits or runs as the workspace's tiers say") func programsActByTheirTier() throws {
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
    // MARK: Deciding

    private func pending() throws -> RemediationAction {
        let finding = try scene.store.own.addFinding("high", identity: scene.alice)
        return try scene.request(in: try scene.workspace(.agent)) { $0.findingID = finding }
    }

    @Test("No action runs before it is approved") func nothingRunsBeforeItIsApproved() throws {
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

    @Test("A rejected action never runs") func whatIsRejectedNeverRuns() throws {
        let action = try pending()
        let rejected = try scene.workspace(.admin).decide(.reject, on: action.id, now: scene.now)
        #expect(rejected.status == .rejected && scene.json(rejected)?["success"] == true)
        try scene.run(rejected)
        #expect(scene.provider.calls.isEmpty)
        #expect(try scene.audited() == ["remediation.requested", "remediation.rejected"])
        let again = refusal { _ = try scene.workspace(.admin).decide(.approve, on: action.id, now: scene.now) }
        #expect(again?.status == 409 && again?.sentence == "This action is rejected; it is not waiting for approval.")
    }

    @Test("A caller who may not approve gets 403") func whoMayNotApproveDoesNot() throws {
        let action = try pending()
        for workspace in [try scene.workspace(.agent), scene.keyed] {
            #expect(refusal { _ = try workspace.decide(.approve, on: action.id, now: scene.now) }?.status == 403)
        }
        #expect(try scene.action(action.id).status == .pendingApproval)
    }

    @Test("An unknown action gets 404") func anActionThatIsNotThereIsNotFound() throws {
        #expect(refusal { _ = try scene.workspace().decide(.approve, on: .random(), now: scene.now) }?.status == 404)
    }

    @Test("An action waits for approval for one week") func approvalWaitsAWeek() throws {
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

    @Test("Only one of several concurrent decisions counts") func ofTwoDecisionsAtOnceOneHolds() throws {
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
}
