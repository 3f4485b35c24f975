import Auth
import Base
import Connectors
import Findings
import Store
import TestSupport
import Testing

@testable import Remediation

/// What a job does with an action.
@Suite(.usesStore) struct ExecutionTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    @Test func anActionIsCarriedOutOnceAndRecorded() throws {
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

    @Test func anActionThatFailsLeavesItsFindingOpen() throws {
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

    // MARK: Trying again

    @Test func aProviderThatDidNothingIsAskedAgain() throws {
        scene.provider.fail(ConnectorError.provider("It failed."))
        let action = try scene.run(scene.request())
        #expect(action.status == .running)
        let job = try scene.job(action)
        #expect(job.status == "waiting" && job.attempts == 1 && job.pause == 30)
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 2)
    }

    @Test func aRateLimitIsWaitedFor() throws {
        scene.provider.fail(ConnectorError.rateLimited(seconds: 90))
        let action = try scene.run(scene.request())
        let job = try scene.job(action)
        #expect(job.status == "waiting" && job.attempts == 0 && job.pause == 90)
        scene.now = scene.now + 89
        #expect(try scene.run(action).status == .running && scene.provider.calls.count == 1)
        scene.now = scene.now + 1
        #expect(try scene.run(action).status == .succeeded)
    }

    @Test func whatTheProviderRefusesHasFailedAtOnce() throws {
        scene.provider.fail(ConnectorError.refused("It does not do this."))
        let action = try scene.run(scene.request())
        #expect(action.status == .failed && action.error == "It does not do this.")
        #expect(try scene.job(action).status == "completed" && scene.provider.calls.count == 1)
        #expect(try scene.audited() == ["remediation.requested", "remediation.failed"])
        // It is in nobody's way.
        #expect(try scene.run(scene.request()).status == .succeeded)
    }

    @Test func whatFailsTooOftenHasFailed() throws {
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

    @Test func withoutTimeItIsLeftToTheNextRun() throws {
        let action = try scene.run(scene.request(), seconds: 1)
        #expect(action.status == .running && scene.provider.calls.isEmpty)
        #expect(try scene.job(action).attempts == 0)
        scene.now = scene.now + 1
        #expect(try scene.run(action).status == .succeeded)
    }

    // MARK: Outcomes that nobody saw

    @Test func aBrokenConnectionIsLookedInto() throws {
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."), wasDone: true)
        let action = try scene.run(scene.request())
        #expect(action.status == .succeeded && scene.provider.calls.count == 1)
        #expect(scene.json(action)?["result"]?["platform"] == "told")
    }

    @Test func whatWasNotDoneIsDoneLater() throws {
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."))
        let action = try scene.run(scene.request())
        #expect(action.status == .running && scene.provider.calls.count == 1)
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 2)
    }

    @Test func whatWasStillUnderWayIsNotDoneTwice() throws {
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."))
        let action = try scene.run(scene.request())
        scene.provider.note("suspend_user u1")
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded && scene.provider.calls.count == 1)
    }

    @Test func aSilentProviderLeavesTheOutcomeUnknown() throws {
        scene.provider.fallSilent()
        scene.provider.fail(ConnectorError.unknownOutcome("It broke off."))
        let action = try scene.run(scene.request())
        #expect(action.status == .unknownOutcome && scene.json(action)?["success"] == false)
        #expect(action.error?.hasPrefix("It was started, and JumpCloud does not say") == true)
        #expect(try scene.audited().last == "remediation.failed")
        scene.now = scene.now + 3_600
        #expect(try scene.run(action).status == .unknownOutcome && scene.provider.calls.count == 1)
    }

    /// A worker that dies within the provider's answer.
    private struct Death: Error {}

    @Test(arguments: [true, false], [true, false])
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

    @Test func aPlatformThatIsGoneMeanwhileLeavesTheOutcomeUnknown() throws {
        scene.provider.fail(Death())
        let action = try scene.run(scene.request())
        try scene.store.database.execute("UPDATE integrations SET status = 'disconnected', credentials = NULL")
        scene.now = scene.now + 30
        let ended = try scene.run(action)
        #expect(ended.status == .unknownOutcome && ended.error == "JumpCloud is not connected to this workspace.")
    }

    // MARK: Platforms that are disconnected meanwhile

    private func disconnect() throws -> Int? {
        let gone = try scene.workspace().disconnect(scene.directory, now: scene.now)
        return try JSON(parsing: JSONWriter.bytes(gone))["pending_actions_cancelled"]?.integer
    }

    @Test(arguments: [ConnectorError.rateLimited(seconds: 90), .provider("It failed.")])
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

    @Test func whatWaitsForItsNextStepIsCancelled() throws {
        scene.provider.fail(ConnectorError.provider("It failed."), on: .revokeSessions)
        let action = try scene.run(scene.request(.offboardUser))
        #expect(try disconnect() == 1)
        try scene.reconnect()
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .cancelled && scene.provider.calls.count == 2)
    }

    @Test func whatWasBegunIsNotCalledCancelled() throws {
        scene.provider.fail(Death())
        let action = try scene.run(scene.request())
        #expect(try disconnect() == 0)
        try scene.reconnect()
        scene.now = scene.now + 30
        let ended = try scene.run(action)
        #expect(ended.status == .unknownOutcome && scene.provider.calls.count == 1)
        #expect(ended.error == "JumpCloud was reconnected after this was requested. Request it again.")
    }

    @Test func nothingIsBegunOnceThePlatformIsDisconnected() throws {
        let (connect, own, directory, now) = (scene.store.connect, scene.store.own.id, scene.directory, scene.now)
        scene.provider.meanwhile { _ = try? Workspace.ofAdmin(own, connect()).disconnect(directory, now: now) }
        let action = try scene.run(scene.request(.offboardUser))
        #expect(action.status == .failed && scene.provider.calls == ["suspend_user u1"])
        #expect(action.steps?.map(\.status) == [.succeeded, .pending, .pending])
        #expect(action.error == "JumpCloud is not connected to this workspace.")
    }

    @Test func whatWasAskedForBeforeThePlatformWasConnectedAnewIsNotDone() throws {
        let waiting = try scene.request()
        try scene.reconnect()
        scene.now = scene.now + 30
        let ended = try scene.run(waiting)
        #expect(ended.status == .failed && scene.provider.calls.isEmpty)
        #expect(try scene.run(scene.request()).status == .succeeded)
    }

    @Test func aWorkerThatLostItsJobWritesNothing() throws {
        let action = try scene.request()
        struct Late: Error {}
        // The lease ends, and another worker takes the job, while the provider is answering.
        try scene.store.database.execute("UPDATE jobs SET state = 'running', attempts = 7 WHERE id = $1", action.id)
        #expect(try scene.run(action).status == .queued && scene.provider.calls.isEmpty)
    }

    // MARK: Cancelled and rejected

    @Test(arguments: ["cancelled", "rejected"])
    func whatWasCancelledIsNotDone(_ status: String) throws {
        let action = try scene.request()
        try scene.store.database.execute("UPDATE remediation_actions SET status = $1", status)
        #expect(try scene.run(action).status.rawValue == status && scene.provider.calls.isEmpty)
        #expect(try scene.job(action).status == "completed")
    }

    @Test func whatIsNoLongerThereFails() throws {
        let action = try scene.request(.lockDevice, "d1")
        try scene.store.database.execute("DELETE FROM devices")
        let ended = try scene.run(action)
        #expect(ended.status == .failed && scene.provider.calls.isEmpty)
        #expect(ended.error == "Nothing with this targetEntityId was synced from JumpCloud.")
    }

    @Test func credentialsOfAnotherIntegrationDoNotOpen() throws {
        try scene.store.database.execute(
            "UPDATE integrations SET credentials = (SELECT credentials FROM integrations WHERE id = $1) WHERE id = $2",
            scene.tracker, scene.directory)
        let action = try scene.run(scene.request())
        #expect(action.error == ConnectorError.unopenedCredentials.sentence)
    }

    // MARK: Several steps

    @Test func offboardingSuspendsEndsSessionsAndRevokesTokens() throws {
        let action = try scene.run(scene.request(.offboardUser))
        #expect(action.status == .succeeded)
        #expect(scene.provider.calls == ["suspend_user u1", "revoke_sessions u1", "revoke_all_tokens u1"])
        #expect(
            scene.json(action)?["result"]?["steps"]?.array?.map { $0["status"] } == [
                "succeeded", "succeeded", "succeeded",
            ])
    }

    @Test func aPartialFailureIsReportedAndTheRestIsDone() throws {
        scene.provider.fail(ConnectorError.configuration("No."), on: .revokeSessions)
        let action = try scene.run(scene.request(.offboardUser))
        #expect(action.status == .failed && scene.provider.calls.count == 3)
        #expect(action.error == "1 of 3 steps failed. The first: No.")
        #expect(
            scene.json(action)?["result"]?["steps"]?.array?.map { $0["status"] } == [
                "succeeded", "failed", "succeeded",
            ])
    }

    @Test func aStepThatWasDoneIsNotDoneAgain() throws {
        scene.provider.fail(ConnectorError.provider("It failed."), on: .revokeSessions)
        let action = try scene.run(scene.request(.offboardUser))
        #expect(scene.provider.calls == ["suspend_user u1", "revoke_sessions u1"])
        scene.now = scene.now + 30
        #expect(try scene.run(action).status == .succeeded)
        #expect(scene.provider.calls.filter { $0 == "suspend_user u1" }.count == 1)
    }

    // MARK: What the product does itself

    @Test(arguments: [
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

    @Test func aTicketTellsOfItsFinding() throws {
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
