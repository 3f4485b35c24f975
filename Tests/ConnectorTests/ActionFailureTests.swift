import Base
import HTTP
import Integrations
import TestSupport
import Testing
import Upstream

@testable import Connectors

/// Actions whose answer shows, or leaves open, if the action was carried out.
@Suite struct ActionFailureTests {
    private func target(_ example: ConnectorCase, _ action: ActionType) throws -> ActionTarget {
        let all: [String: JSON] = [
            "repository": "ops", "project": "acme/main/ops", "channel": "C1", "message": "Hello.",
        ]
        let names = (example.connector.parameters[action] ?? []).map(\.name)
        return try ActionTarget("9", for: action, by: example.connector, all.filter { names.contains($0.key) })
    }

    /// Answers of GitHub, GitLab and Slack about a ticket's repository, project or channel.
    private static func place(_ request: FakeProvider.Request) -> FakeProvider.Reply? {
        guard request.method == "GET" else { return nil }
        switch request.path {
        case "/repos/acme/ops": return .json(["owner": ["login": "acme"], "private": true])
        case "/api/v4/projects/acme%2Fmain%2Fops":
            return .json(["id": 7, "path_with_namespace": "acme/main/ops", "visibility": "private"])
        case "/api/v4/groups/acme%2Fmain": return .json(["id": 1, "full_path": "acme/main"])
        case "/api/conversations.info": return .json(["ok": true, "channel": ["id": "C1", "is_ext_shared": false]])
        default: return nil
        }
    }

    private func error(
        _ example: ConnectorCase, _ action: ActionType, _ provider: FakeProvider
    ) throws -> ConnectorError? {
        let connector = try example.connect(provider)
        let target = try target(example, action)
        return #expect(throws: ConnectorError.self) { try connector.perform(action, on: target) }
    }

    private func isUnknown(_ error: ConnectorError?) -> Bool {
        if case .unknownOutcome = error { true } else { false }
    }

    private func isRefusal(_ error: ConnectorError?) -> Bool {
        if case .refused = error { true } else { false }
    }

    // MARK: Unknown outcomes

    @Test(
        "If the answer to a new ticket can't be read, the outcome is unknown",
        arguments: [ConnectorCase.jira, .github, .gitlab], ["Thank you.", "[]", ""])
    func aTicketWhoseReceiptCantBeReadMayBeThere(_ example: ConnectorCase, _ text: String) throws {
        let provider = try FakeProvider { Self.place($0) ?? .init(201, text: text) }
        #expect(isUnknown(try error(example, .createTicket, provider)))
        #expect(provider.requests.filter { $0.method == "POST" }.count == 1)
    }

    @Test("If the answer to an action is too long, its outcome is unknown unless it may be repeated")
    func whatIsAnsweredAtTooGreatLengthMayHaveBeenDone() {
        #expect(isUnknown(PlatformAPI.connectorError(.tooLarge, isIdempotent: false)))
        #expect(!isUnknown(PlatformAPI.connectorError(.tooLarge, isIdempotent: true)))
    }

    @Test(
        "If Slack fails while it posts a message, the outcome is unknown",
        arguments: [
            #"{"ok":false,"error":"internal_error"}"#, #"{"ok":false,"error":"fatal_error"}"#, #"{"ok":false}"#, "[]",
            "Thank you.",
        ])
    func aMessageThatSlackFailedOnMayBeOut(_ text: String) throws {
        let provider = try FakeProvider { Self.place($0) ?? .init(text: text) }
        for action in [ActionType.notifyUser, .createTicket] {
            #expect(isUnknown(try error(.slack, action, provider)))
        }
        #expect(provider.requests.filter { $0.method == "POST" }.count == 2)
        // Ending sessions twice does no harm.
        #expect(!isUnknown(try error(.slack, .revokeSessions, provider)))
    }

    /// Jira's answer 429 says that no ticket was created. The answer 503 does not, even with Retry-After.
    @Test("A ticket is not created again after Jira was unavailable, but is after a rate limit")
    func aTicketIsNotMadeAgainWhereJiraWasUnavailable() throws {
        let provider = try FakeProvider { _ in .json(["key": "SEC-1"], status: 201) }
        provider.fail(.init(503, headers: ["Retry-After": "0"]))
        #expect(isUnknown(try error(.jira, .createTicket, provider)))
        #expect(provider.requests.count == 1)
        provider.fail(.init(429, headers: ["Retry-After": "0"]))
        let ticket = try ConnectorCase.jira.connect(provider).perform(
            .createTicket, on: target(.jira, .createTicket))
        #expect(ticket["ticket"] == "SEC-1" && provider.requests.count == 3)
    }

    @Test(
        "An answer that is not a refusal leaves the outcome of an action unknown",
        arguments: [302, 408, 500, 503, 504])
    func onlyARefusalSaysThatNothingWasDone(_ status: Int) throws {
        let provider = try FakeProvider { _ in .init(status) }
        #expect(isUnknown(try error(.okta, .suspendUser, provider)))
        #expect(provider.requests.count == 1)
    }

    // MARK: Refusals

    @Test(
        "A refused action is final and is not retried",
        arguments: [ConnectorCase.okta, .googleWorkspace, .entra, .oneLogin, .jumpCloud, .github], [400, 409, 412, 422])
    func aRefusalIsNoFailureOfTheProvider(_ example: ConnectorCase, _ status: Int) throws {
        let provider = try FakeProvider { request in
            request.path.hasSuffix("token")
                ? .json(["access_token": "t", "token_type": "Bearer", "expires_in": 3_600]) : .json([:], status: status)
        }
        let error = try error(example, .suspendUser, provider)
        let isFinal = isRefusal(error) || error?.kind == "configuration_invalid"
        #expect(isFinal, "\(String(describing: error))")
        #expect(provider.requests.filter { !$0.path.hasSuffix("token") }.count == 1)
    }

    @Test("A message that Slack refuses was not posted") func aMessageThatSlackDoesNotTakeIsNotOut() throws {
        let provider = try FakeProvider { _ in .json(["ok": false, "error": "msg_too_long"]) }
        #expect(isRefusal(try error(.slack, .notifyUser, provider)))
    }

    // MARK: Waiting times

    /// Each provider's own signal for a wait of 47 seconds. Its times are by its own clock, which differs from ours.
    private static let waits: [(ConnectorCase, Int, String, String)] = [
        (.okta, 429, "x-rate-limit-reset", "1776256260"), (.github, 403, "x-ratelimit-reset", "1776256260"),
        (.github, 429, "x-ratelimit-reset", "1776256260"), (.jira, 429, "X-RateLimit-Reset", "2026-04-15T12:31Z"),
        (.gitlab, 429, "RateLimit-Reset", "1776256260"), (.crowdStrike, 429, "X-RateLimit-RetryAfter", "1776256260"),
        (.zoom, 429, "Retry-After", "2026-04-15T12:31:00Z"), (.oneLogin, 429, "X-RateLimit-Reset", "47"),
        (.entra, 429, "Retry-After", "47"), (.slack, 429, "Retry-After", "47"),
    ]

    @Test("The waiting time that the provider names is used, by the provider's own clock", arguments: waits)
    func waitsForTheEndThatTheProviderNames(
        _ example: ConnectorCase, _ status: Int, _ field: String, _ value: String
    ) throws {
        let provider = try FakeProvider(example.org)
        let headers: Headers = ["Date": "Wed, 15 Apr 2026 12:30:13 GMT", "x-ratelimit-remaining": "0"]
        var reply = FakeProvider.Reply(status, headers: headers)
        reply.headers[field] = value
        provider.fail(reply) { !$0.path.hasSuffix("token") }
        #expect(throws: ConnectorError.rateLimited(seconds: 47)) { try example.connect(provider).check() }
    }
}
