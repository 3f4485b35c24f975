import Base
import HTTP
import Integrations
import TestSupport
import Testing
import Upstream

@testable import Connectors

/// An answer that can't be read never means that an action was carried out.
@Suite struct UnreadableOutcomeTests {
    /// Creates a provider that gives tokens and answers all other requests with one of `replies`, by method.
    private func provider(_ replies: [String: FakeProvider.Reply]) throws -> FakeProvider {
        try FakeProvider { request in
            request.path.hasSuffix("token")
                ? .json(["access_token": "t", "token_type": "Bearer", "expires_in": 3_600]) : replies[request.method]
        }
    }

    private func target(
        _ example: ConnectorCase, _ action: ActionType, _ id: String = "9", _ kind: ActionTarget.Kind = .account
    ) throws -> ActionTarget {
        let all: [String: JSON] = ["repository": "ops", "project": "acme/main/ops", "pin": "123456"]
        let names = (example.connector.parameters[action] ?? []).map(\.name)
        return try ActionTarget(id, kind, for: action, by: example.connector, all.filter { names.contains($0.key) })
    }

    private func isUnknown(_ error: ConnectorError?) -> Bool {
        if case .unknownOutcome = error { true } else { false }
    }

    // MARK: Outcomes

    @Test(
        "An answer that does not state the object's state tells no outcome",
        arguments: [
            (ConnectorCase.github, ActionType.suspendUser, #"{"state":"active"}"#), (.github, .removeAdminRole, "{}"),
            (.gitlab, .suspendUser, #"{"id":9}"#), (.gitlab, .removeFromGroup, #"{"access_level":null}"#),
            (.gitlab, .removeAdminRole, #"{"access_level":"40"}"#), (.okta, .suspendUser, #"{"id":"9"}"#),
            (.okta, .deactivateUser, #"{"status":1}"#), (.okta, .blockApp, "{}"),
            (.intune, .retireDevice, #"{"id":"9"}"#),
        ])
    func anUnstatedStateTellsNoOutcome(_ example: ConnectorCase, _ action: ActionType, _ answer: String) throws {
        let provider = try provider(["GET": .init(text: answer)])
        let connector = try example.connect(provider)
        let target = try target(example, action)
        let error = #expect(throws: ConnectorError.self) { try connector.outcome(of: action, on: target) }
        #expect(error?.kind == "provider_error")
        #expect(provider.requests.contains { $0.method == "GET" })
    }

    @Test(
        "A retirement that failed or was cancelled was not carried out", arguments: ["retireFailed", "retireCanceled"])
    func aFailedRetirementIsNotDone(_ state: String) throws {
        let provider = try provider(["GET": .json(["id": "9", "managementState": .string(state)])])
        let connector = try ConnectorCase.intune.connect(provider)
        #expect(try connector.outcome(of: .retireDevice, on: target(.intune, .retireDevice)) == .notDone)
        #expect(provider.requests.contains { $0.method == "GET" })
    }

    @Test(
        "A ticket without an id proves nothing",
        arguments: [
            (ConnectorCase.github, "[{}]"), (.gitlab, "[null]"), (.jira, #"{"issues":[{"fields":{}}]}"#),
        ])
    func aTicketWithoutAnIDProvesNothing(_ example: ConnectorCase, _ found: String) throws {
        let provider = try provider(["GET": .init(text: found)])
        let connector = try example.connect(provider)
        let target = try target(example, .createTicket)
        let error = #expect(throws: ConnectorError.self) { try connector.outcome(of: .createTicket, on: target) }
        #expect(isUnknown(error), "\(String(describing: error))")
        #expect(provider.requests.contains { $0.method == "GET" })
    }

    @Test("The role of a user is not taken from an unreadable answer") func anUnstatedRoleIsNoAbsence() throws {
        let provider = try provider(["GET": .json(["state": "active"])])
        let connector = try ConnectorCase.github.connect(provider)
        let error = #expect(throws: ConnectorError.self) {
            try connector.perform(.removeAdminRole, on: target(.github, .removeAdminRole))
        }
        #expect(error?.kind == "provider_error" && error?.isTransient == true)
        #expect(provider.requests.allSatisfy { $0.method == "GET" })
    }

    // MARK: Actions

    @Test(
        "If the answer to an action can't be read, the outcome is unknown",
        arguments: [
            (ConnectorCase.crowdStrike, ActionType.containHost, "Thank you."), (.crowdStrike, .containHost, "[]"),
            (.crowdStrike, .forcePasswordChange, #"{"errors":"none"}"#), (.jamfPro, .lockDevice, "[]"),
            (.jamfPro, .retireDevice, "{}"), (.jamfPro, .lockDevice, "Thank you."), (.jira, .createTicket, "{}"),
        ])
    func anUnreadableReceiptLeavesTheOutcomeUnknown(
        _ example: ConnectorCase, _ action: ActionType, _ text: String
    ) throws {
        let provider = try provider(["POST": .init(202, text: text)])
        let connector = try example.connect(provider)
        let target = try target(example, action, "9", .device)
        let error = #expect(throws: ConnectorError.self) { try connector.perform(action, on: target) }
        #expect(isUnknown(error), "\(String(describing: error))")
        #expect(provider.requests.contains { $0.method == "POST" })
    }

    @Test("If an entry of a list of clients can't be read, not all tokens are revoked")
    func anUnreadableClientIsNotPassedOver() throws {
        let provider = try provider(["GET": .json([["client_id": "c1"], ["name": "c2"]]), "DELETE": .init(204)])
        let connector = try ConnectorCase.okta.connect(provider)
        #expect(throws: ConnectorError.self) {
            try connector.perform(.revokeAllTokens, on: target(.okta, .revokeAllTokens))
        }
        #expect(provider.requests.contains { $0.method == "GET" })
    }

    @Test("A list with the tokens of other users only does not show that a user has no tokens")
    func tokensOfOthersProveNothing() throws {
        let provider = try provider(["GET": .json([["id": 1, "user_id": 1]])])
        let connector = try ConnectorCase.gitlabServer.connect(provider)
        let target = try target(.gitlabServer, .revokeAllTokens)
        let refused = #expect(throws: ConnectorError.self) { try connector.perform(.revokeAllTokens, on: target) }
        #expect(refused?.kind == "configuration_invalid")
        #expect(throws: ConnectorError.self) { try connector.outcome(of: .revokeAllTokens, on: target) }
        #expect(provider.requests.contains { $0.method == "GET" })
    }

    @Test("A computer is contained for the users on every page, and one without users is not contained")
    func aComputerIsContainedForAllItsUsers() throws {
        let isEmpty = Flag()
        let provider = try FakeProvider { request in
            if request.path.hasSuffix("token") { return .json(["access_token": "t", "expires_in": 3_600]) }
            guard request.method == "GET" else { return .json([:]) }
            if isEmpty.value { return .json([:]) }
            let user = request.parameter("pageToken") == nil ? "a" : "b"
            var page: [String: JSON] = ["deviceUsers": [["name": .string("devices/d1/deviceUsers/\(user)")]]]
            if user == "a" { page["nextPageToken"] = "2" }
            return .json(.object(page))
        }
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        let target = ActionTarget(actionID: .random(), .device, externalID: "devices/d1")
        _ = try connector.perform(.containHost, on: target)
        #expect(
            provider.requests.filter { $0.path.hasSuffix(":block") }.map(\.path) == [
                "/v1/devices/d1/deviceUsers/a:block", "/v1/devices/d1/deviceUsers/b:block",
            ])
        isEmpty.value = true
        let error = #expect(throws: ConnectorError.self) { try connector.perform(.containHost, on: target) }
        #expect(error?.kind == "configuration_invalid")
    }

    /// A value that a test changes between two requests.
    private final class Flag: @unchecked Sendable { var value = false }
}
