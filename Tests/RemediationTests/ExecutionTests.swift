import Actions
import Auth
import Base
import Connectors
import Findings
import Integrations
import Store
import TestSupport
import Testing

@testable import Remediation

/// The execution of an action by its job.
@Suite(.usesStore) struct ExecutionTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    @Test("An action is carried out once and recorded") func anActionIsCarriedOutOnceAndRecorded() throws {
        let finding = try scene.store.own.addFinding("medium", identity: scene.alice)
        let action = try scene.run(scene.request { $0.findingID = finding })
        #expect(action.status == .succeeded && scene.provider.calls.count == 1)
        #expect(
            scene.json(action) == [
                "success": true, "actionId": .string(action.id.description),
                "result": ["status": "succeeded", "platform": "jumpcloud", "external_id": "u1"],
            ])
        #expect(try scene.audited() == ["remediation.requested", "remediation.executed"])
        let entry = try #require(try scene.store.own.auditEntries().last)
        #expect(entry.userID == nil && entry.details["requested_by"] == "admin@example.com")
        let status = try scene.store.database.first("SELECT status FROM findings WHERE id = $1", finding) {
            try $0[0] as String
        }
        #expect(status == "in_progress")
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 1)
        #expect(try scene.job(action).status == "completed")
    }

    @Test("A failed action leaves its finding open") func anActionThatFailsLeavesItsFindingOpen() throws {
        let finding = try scene.store.own.addFinding("medium", identity: scene.alice)
        scene.provider.fail(ConnectorError.configuration("The token may not do this."))
        let action = try scene.run(scene.request { $0.findingID = finding })
        #expect(action.status == .failed && action.error == "The token may not do this.")
        #expect(scene.json(action)?["success"] == false)
        #expect(scene.json(action)?["result"]?["error"] == "The token may not do this.")
        #expect(try scene.audited() == ["remediation.requested", "remediation.failed"])
        let status = try scene.store.database.first("SELECT status FROM findings WHERE id = $1", finding) {
            try $0[0] as String
        }
        #expect(status == "open")
    }

    // MARK: Retries

    @Test("After a provider error without effect, the action is retried")
    func aProviderThatDidNothingIsAskedAgain() throws {
        scene.provider.fail(ConnectorError.provider("It failed."))
        let action = try scene.run(scene.request())
        #expect(action.status == .running)
        let job = try scene.job(action)
        #expect(job.status == "waiting" && job.attempts == 1 && job.pause == 30)
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 2)
    }

    @Test("A rate limit is waited for and is not a failed attempt") func aRateLimitIsWaitedFor() throws {
        scene.provider.fail(ConnectorError.rateLimited(seconds: 90))
        let action = try scene.run(scene.request())
        let job = try scene.job(action)
        #expect(job.status == "waiting" && job.attempts == 0 && job.pause == 90)
        scene.now = scene.now + 89
        #expect(try scene.run(action).status == .running && scene.provider.calls.count == 1)
        scene.now = scene.now + 1
        #expect(try scene.run(action).status == .succeeded)
    }

    @Test("An action that the provider refuses has failed at once")
    func whatTheProviderRefusesHasFailedAtOnce() throws {
        scene.provider.fail(ConnectorError.refused("It does not do this."))
        let action = try scene.run(scene.request())
        #expect(action.status == .failed && action.error == "It does not do this.")
        #expect(try scene.job(action).status == "completed" && scene.provider.calls.count == 1)
        #expect(try scene.audited() == ["remediation.requested", "remediation.failed"])
        // A failed action does not block a new one.
        #expect(try scene.run(scene.request()).status == .succeeded)
    }

    @Test("An action that fails eight times has failed") func whatFailsTooOftenHasFailed() throws {
        let action = try scene.request()
        for _ in 0..<8 {
            scene.provider.fail(ConnectorError.provider("It failed."))
            try scene.run(action)
            scene.now = scene.now + 1_800
        }
        #expect(try scene.action(action.id).status == .failed && scene.job(action).status == "dead")
        #expect(try scene.action(action.id).error == "It failed." && scene.provider.calls.count == 8)
        #expect(try scene.audited() == ["remediation.requested", "remediation.failed"])
    }

    @Test("Without enough time, the action is left to the next run") func withoutTimeItIsLeftToTheNextRun() throws {
        let action = try scene.run(scene.request(), seconds: 1)
        #expect(action.status == .running && scene.provider.calls.isEmpty)
        #expect(try scene.job(action).attempts == 0)
        scene.now = scene.now + 1
        #expect(try scene.run(action).status == .succeeded)
    }

    // MARK: Unknown outcomes

    @Test("After a broken connection, the provider is asked for the outcome")
    func aBrokenConnectionIsLookedInto() throws {
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."), wasDone: true)
        let action = try scene.run(scene.request())
        #expect(action.status == .succeeded && scene.provider.calls.count == 1)
        #expect(scene.json(action)?["result"]?["platform"] == "told")
    }

    @Test("An action that was not done is done in the next run") func whatWasNotDoneIsDoneLater() throws {
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."))
        let action = try scene.run(scene.request())
        #expect(action.status == .running && scene.provider.calls.count == 1)
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 2)
    }

    @Test("An action that turns out to be done is not done twice") func whatWasStillUnderWayIsNotDoneTwice() throws {
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."))
        let action = try scene.run(scene.request())
        scene.provider.note("suspend_user u1")
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 1)
    }

    @Test("If the provider can't tell the outcome, it stays unknown")
    func aSilentProviderLeavesTheOutcomeUnknown() throws {
        scene.provider.fallSilent()
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."))
        let action = try scene.run(scene.request())
        #expect(action.status == .unknownOutcome && scene.json(action)?["success"] == false)
        #expect(action.error?.hasPrefix("It was started, and JumpCloud does not say") == true)
        #expect(try scene.audited().last == "remediation.failed")
        scene.now = scene.now + 3_600
        #expect(try scene.run(action).status == .unknownOutcome && scene.provider.calls.count == 1)
    }

    /// Stands for the death of a worker during a call of the provider.
    private struct Death: Error {}

    @Test("A worker that takes over asks the provider for the outcome first", arguments: [true, false], [true, false])
    func aWorkerThatTakesOverAsksFirst(_ wasDone: Bool, _ tells: Bool) throws {
        scene.provider.fail(Death(), wasDone: wasDone)
        let action = try scene.run(scene.request())
        #expect(action.status == .running && action.steps?.first?.status == .running)
        if !tells { scene.provider.fallSilent() }
        scene.now = scene.now + 30
        let ended = try scene.run(action)
        #expect(ended.status == (tells ? .succeeded : .unknownOutcome))
        #expect(scene.provider.calls.count == (tells && !wasDone ? 2 : 1))
    }

    @Test("If the platform was disconnected during the action, the outcome stays unknown")
    func aPlatformThatIsGoneMeanwhileLeavesTheOutcomeUnknown() throws {
        scene.provider.fail(Death())
        let action = try scene.run(scene.request())
        try scene.store.database.execute("UPDATE integrations SET status = 'disconnected', credentials = NULL")
        scene.now = scene.now + 30
        let ended = try scene.run(action)
        #expect(ended.status == .unknownOutcome && ended.error == "JumpCloud is not connected to this workspace.")
    }

    // MARK: Disconnected platforms

    private func disconnect() throws -> Int? {
        let gone = try scene.workspace().disconnect(scene.directory, now: scene.now)
        return try JSON(parsing: JSONWriter.bytes(gone))["pending_actions_cancelled"]?.integer
    }

    @Test(
        "An action that waits for its next attempt is cancelled when its platform is disconnected",
        arguments: [ConnectorError.rateLimited(seconds: 90), .provider("It failed.")])
    func whatWaitsForItsNextAttemptIsCancelled(_ error: ConnectorError) throws {
        scene.provider.fail(error)
        let action = try scene.run(scene.request())
        #expect(action.status == .running)
        #expect(try disconnect() == 1)
        try scene.reconnect()
        scene.now = scene.now + 3_600
        let ended = try scene.run(action)
        #expect(ended.status == .cancelled && ended.error == "The platform was disconnected.")
        #expect(scene.provider.calls.count == 1)
        #expect(try scene.job(action).status == "completed")
    }

    @Test("An action that waits for its next step is cancelled when its platform is disconnected")
    func whatWaitsForItsNextStepIsCancelled() throws {
        scene.provider.fail(ConnectorError.provider("It failed."), on: .revokeSessions)
        let action = try scene.run(scene.request(.offboardUser))
        #expect(try disconnect() == 1)
        try scene.reconnect()
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .cancelled && scene.provider.calls.count == 2)
    }

    @Test("A step that was started has an unknown outcome, not a cancelled one")
    func whatWasBegunIsNotCalledCancelled() throws {
        scene.provider.fail(Death())
        let action = try scene.run(scene.request())
        #expect(try disconnect() == 0)
        try scene.reconnect()
        scene.now = scene.now + 30
        let ended = try scene.run(action)
        #expect(ended.status == .unknownOutcome && scene.provider.calls.count == 1)
        #expect(ended.error == "JumpCloud was reconnected after this was requested. Request it again.")
    }

    @Test("No further step starts after the platform is disconnected")
    func nothingIsBegunOnceThePlatformIsDisconnected() throws {
        let (connect, own, directory, now) = (scene.store.connect, scene.store.own.id, scene.directory, scene.now)
        scene.provider.meanwhile { _ = try? Workspace.ofAdmin(own, connect()).disconnect(directory, now: now) }
        let action = try scene.run(scene.request(.offboardUser))
        #expect(action.status == .failed && scene.provider.calls == ["suspend_user u1"])
        #expect(action.steps?.map(\.status) == [.succeeded, .pending, .pending])
        #expect(action.error == "JumpCloud is not connected to this workspace.")
    }

    @Test("An action that was requested before the platform was connected again is not done")
    func whatWasAskedForBeforeThePlatformWasConnectedAnewIsNotDone() throws {
        let waiting = try scene.request()
        try scene.reconnect()
        scene.now = scene.now + 30
        let ended = try scene.run(waiting)
        #expect(ended.status == .failed && scene.provider.calls.isEmpty)
        #expect(try scene.run(scene.request()).status == .succeeded)
    }

    @Test("A worker does not carry out an action whose job another worker has")
    func aJobOfAnotherWorkerIsLeftAlone() throws {
        let action = try scene.request()
        try scene.store.database.execute("UPDATE jobs SET state = 'running', attempts = 7 WHERE id = $1", action.id)
        #expect(try scene.run(action).status == .queued && scene.provider.calls.isEmpty)
    }

    @Test("A worker that loses its job while the provider answers writes nothing, and the next one asks first")
    func aWorkerThatLostItsJobWritesNothing() throws {
        let action = try scene.request()
        let (connect, id) = (scene.store.connect, action.id)
        scene.provider.meanwhile {
            _ = try? connect().execute("UPDATE jobs SET claim_no = claim_no + 1 WHERE id = $1", id)
        }
        let left = try scene.run(action)
        #expect(left.status == .running && left.steps?.map(\.status) == [.running])
        #expect(scene.provider.calls.count == 1 && scene.provider.done == ["suspend_user u1"])
        #expect(try scene.job(action).status == "running" && scene.audited() == ["remediation.requested"])
        // The worker that took the job over has ended without an outcome.
        try scene.store.database.execute(
            "UPDATE jobs SET state = 'ready', lease_expires_at = NULL WHERE id = $1", action.id)
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 1)
        #expect(try scene.audited() == ["remediation.requested", "remediation.executed"])
    }

    // MARK: Cancelled and rejected actions

    @Test("A cancelled or rejected action is not done", arguments: ["cancelled", "rejected"])
    func whatWasCancelledIsNotDone(_ status: String) throws {
        let action = try scene.request()
        try scene.store.database.execute("UPDATE remediation_actions SET status = $1", status)
        #expect(try scene.run(action).status.rawValue == status && scene.provider.calls.isEmpty)
        #expect(try scene.job(action).status == "completed")
    }

    @Test("An action whose target no longer exists fails") func whatIsNoLongerThereFails() throws {
        let action = try scene.request(.lockDevice, "d1")
        try scene.store.database.execute("DELETE FROM devices")
        let ended = try scene.run(action)
        #expect(ended.status == .failed && scene.provider.calls.isEmpty)
        #expect(ended.error == "Nothing with this targetEntityId was synced from JumpCloud.")
    }

    @Test("Credentials of another integration can't be opened") func credentialsOfAnotherIntegrationDoNotOpen() throws {
        try scene.store.database.execute(
            "UPDATE integrations SET credentials = (SELECT credentials FROM integrations WHERE id = $1) WHERE id = $2",
            scene.tracker, scene.directory)
        let action = try scene.run(scene.request())
        #expect(action.error == ConnectorError.unopenedCredentials.sentence)
    }

    @Test("An integration without credentials is the reason that is given") func withoutCredentials() throws {
        try scene.store.database.execute("UPDATE integrations SET credentials = NULL")
        let action = try scene.run(scene.request())
        #expect(action.status == .failed)
        #expect(action.error == "This integration has no credentials. Connect the platform again.")
    }

    // MARK: Actions with several steps

    @Test("Offboarding suspends the user, ends sessions and revokes tokens")
    func offboardingSuspendsEndsSessionsAndRevokesTokens() throws {
        let action = try scene.run(scene.request(.offboardUser))
        #expect(action.status == .succeeded)
        #expect(scene.provider.calls == ["suspend_user u1", "revoke_sessions u1", "revoke_all_tokens u1"])
        #expect(
            scene.json(action)?["result"]?["steps"]?.array?.map { $0["status"] } == [
                "succeeded", "succeeded", "succeeded",
            ])
    }

    @Test("A failed step is reported, and the remaining steps are done")
    func aPartialFailureIsReportedAndTheRestIsDone() throws {
        scene.provider.fail(ConnectorError.configuration("No."), on: .revokeSessions)
        let action = try scene.run(scene.request(.offboardUser))
        #expect(action.status == .failed && scene.provider.calls.count == 3)
        #expect(action.error == "1 of 3 steps failed. The first: No.")
        #expect(
            scene.json(action)?["result"]?["steps"]?.array?.map { $0["status"] } == [
                "succeeded", "failed", "succeeded",
            ])
    }

    @Test("A completed step is not repeated") func aStepThatWasDoneIsNotDoneAgain() throws {
        scene.provider.fail(ConnectorError.provider("It failed."), on: .revokeSessions)
        let action = try scene.run(scene.request(.offboardUser))
        #expect(scene.provider.calls == ["suspend_user u1", "revoke_sessions u1"])
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded)
        #expect(scene.provider.calls.filter { $0 == "suspend_user u1" }.count == 1)
    }

    // MARK: The product's own decisions

    @Test(
        "Sanctioning, flagging and blocking set the application's policy",
        arguments: [
            (ActionType.sanctionApp, "sanctioned"), (.flagApp, "unauthorized"), (.blockApp, "blocked"),
        ])
    func theProductDecidesAboutApplications(_ type: ActionType, _ status: String) throws {
        let app = try scene.store.own.addApplication("Figma", from: scene.directory)
        let finding = try scene.store.own.addFinding("medium", "shadow_it", application: app)
        let action = try scene.run(scene.request(type, app.description) { $0.findingID = finding })
        #expect(action.status == .succeeded && scene.provider.calls.isEmpty)
        let policy = try scene.store.database.first("SELECT app_name, status FROM app_policies") { row in
            [try row[0], try row[1]] as [String]
        }
        #expect(policy == ["Figma", status])
        #expect(try scene.audited() == ["remediation.requested", "app_policy.set", "remediation.executed"])
    }

    @Test("A ticket contains the title of its finding") func aTicketTellsOfItsFinding() throws {
        let finding = try scene.store.own.addFinding("high", title: "Alice is stale.", identity: scene.alice)
        let action = try scene.run(
            scene.request(.createTicket, scene.alice.description, on: "jira") {
                $0.findingID = finding
                $0.parameters = ["project_key": "SEC"]
            })
        #expect(action.status == .succeeded)
        #expect(
            scene.provider.calls == [
                "create_ticket \(scene.alice) project_key=SEC finding=Alice is stale."
            ])
    }
}
