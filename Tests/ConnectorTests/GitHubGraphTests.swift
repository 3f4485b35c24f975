import Base
import Foundation
import TestSupport
import Testing

@testable import Connectors

/// GitHub's GraphQL API when a query is too large for it, and when it answers only a part of a query.
@Suite struct GitHubGraphTests {
    /// Returns the page size that a query asks for, or else 100.
    private static func size(_ request: FakeProvider.Request) -> Int {
        request.json["variables"]?["first"]?.integer ?? 100
    }

    private static func isMembers(_ request: FakeProvider.Request) -> Bool { request.text.contains("membersWithRole") }

    private func pullGraph(
        _ provider: FakeProvider, lists: Set<String> = ["members"], anew: Bool = false
    ) throws -> [String: SyncRecord] {
        let connector = try ConnectorCase.github.connect(provider)
        let others = Set(connector.collections.map(\.name)).subtracting(lists)
        return try pull(without: others) { anew ? try ConnectorCase.github.connect(provider) : connector }.byKey
    }

    // MARK: Limits

    @Test("A rate limit of the GraphQL API is waited for", arguments: ["RATE_LIMIT", "RATE_LIMITED"], [true, false])
    func aLimitIsWaitedFor(_ type: String, _ isPartial: Bool) throws {
        var body: [String: JSON] = ["errors": [["type": "OTHER"], ["type": .string(type), "message": "limit"]]]
        if isPartial { body["data"] = ["organization": ["viewerCanAdminister": true]] }
        let reset = String(Timestamp.now.seconds + 1)
        let provider = try FakeProvider(ConnectorCase.github.org)
        provider.fail(
            .json(.object(body), headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": reset]))
        try ConnectorCase.github.connect(provider).check()
        #expect(provider.requests.count == 2)
    }

    /// The secondary limit names no time, or says that requests remain.
    @Test("A rate limit without a time counts as one minute") func aLimitWithoutATimeIsWaitedForAMinute() throws {
        let provider = try FakeProvider { _ in
            .json(["errors": [["type": "RATE_LIMIT"]]], headers: ["x-ratelimit-remaining": "4000"])
        }
        #expect(throws: ConnectorError.rateLimited(seconds: 60)) {
            try ConnectorCase.github.connect(provider).check()
        }
    }

    // MARK: Sizes

    struct Failure: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reply: FakeProvider.Reply
    }

    static let failures = [
        Failure(testDescription: "502", reply: .init(502, text: "<html>")),
        Failure(testDescription: "504", reply: .init(504)), Failure(testDescription: "a cut connection", reply: .cut),
    ]

    @Test("A page that is too large is requested in smaller parts", arguments: failures, [25, 7, 1])
    func aPageThatIsTooMuchIsAskedForInParts(_ failure: Failure, _ most: Int)
        throws
    {
        let plain = try FakeProvider(ConnectorCase.github.org)
        let expected = try pullGraph(plain, lists: ["members", "deploy keys", "outside collaborators"])
        for anew in [false, true] {
            let provider = try FakeProvider { request in
                let isTooMuch =
                    request.path == "/graphql" && request.text.contains("$after") && Self.size(request) > most
                return isTooMuch ? failure.reply : ConnectorCase.github.org(request)
            }
            let found = try pullGraph(
                provider, lists: ["members", "deploy keys", "outside collaborators"], anew: anew)
            #expect(found == expected)
            #expect(provider.unexpected.isEmpty)
        }
    }

    @Test("The page size grows again after a failure") func pagesGrowAgain() throws {
        let failed = FakeProvider.Reply(502)
        let provider = try FakeProvider(ConnectorCase.github.org)
        for _ in 0..<2 { provider.fail(failed, when: Self.isMembers) }
        #expect(try pullGraph(provider).count == 6)
        let sizes = provider.requests.filter(Self.isMembers).map(Self.size)
        #expect(sizes == [100, 50, 25, 31, 38])
    }

    @Test("An outage ends in an error after ever smaller pages") func anOutageIsAnError() throws {
        let provider = try FakeProvider { request in
            Self.isMembers(request) ? .init(502) : ConnectorCase.github.org(request)
        }
        let error = #expect(throws: ConnectorError.self) { try pullGraph(provider) }
        #expect(error == .provider("GitHub answered with status 502."))
        let sizes = provider.requests.filter(Self.isMembers).map(Self.size)
        #expect(sizes == [100, 50, 25, 12, 6, 3, 1, 1, 1, 1, 1])
    }

    // MARK: Partial data (GraphQL §7.1)

    private func reply(
        _ request: FakeProvider.Request, errors: JSON? = nil, changing member: String, _ change: (JSON) -> JSON
    ) -> FakeProvider.Reply? {
        guard var reply = ConnectorCase.github.org(request), var answer = (try? JSON(parsing: reply.body))?.object,
            let organization = answer["data"]?["organization"]?.object, organization[member] != nil
        else { return ConnectorCase.github.org(request) }
        var changed = organization
        changed[member] = organization[member].map(change)
        answer["data"] = ["organization": .object(changed)]
        answer["errors"] = errors
        reply.body = JSONWriter.bytes(JSON.object(answer))
        return reply
    }

    @Test("Errors next to a complete list make the list fail") func errorsBesideAWholeListLeaveItOpen() throws {
        for error: JSON in [["type": "SERVICE_UNAVAILABLE"], ["message": "Something went wrong."], "x"] {
            let provider = try FakeProvider { request in
                reply(request, errors: [error], changing: "membersWithRole") { $0 }
            }
            let found = #expect(throws: ConnectorError.self) { try pullGraph(provider) }
            #expect(found?.kind == "provider_error")
        }
    }

    @Test("A next page without a usable cursor is an error") func anEndThatNamesNoPlaceIsNone() throws {
        for end: JSON in [.null, "", .number(7.5)] {
            let provider = try FakeProvider { request in
                reply(request, changing: "membersWithRole") { list in
                    var list = list.object ?? [:]
                    list["pageInfo"] = ["hasNextPage": true, "endCursor": end]
                    return .object(list)
                }
            }
            let found = #expect(throws: ConnectorError.self) { try pullGraph(provider) }
            #expect(found?.kind == "provider_error")
        }
        let provider = try FakeProvider { request in
            reply(request, changing: "membersWithRole") { list in
                var list = list.object ?? [:]
                list["pageInfo"] = [:]
                return .object(list)
            }
        }
        #expect(throws: ConnectorError.self) { try pullGraph(provider) }
    }
}
