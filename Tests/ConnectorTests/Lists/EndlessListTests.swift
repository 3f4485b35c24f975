import Base
import Foundation
import TestSupport
import Testing

@testable import Connectors

/// Lists that a connector reads to their end before it can read others, at a provider that answers every request for
/// the list with its first page.
@Suite struct EndlessListTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let connector: ConnectorCase
        /// The name of the collection that reads the list.
        let collection: String
        /// Text in the target or body of every request for the list.
        let list: String

        var testDescription: String { "\(connector.testDescription) \(list)" }
    }

    static let examples = [
        Example(connector: .okta, collection: "users", list: "/api/v1/iam/assignees/users"),
        Example(connector: .okta, collection: "assignments", list: "/api/v1/apps"),
        Example(connector: .googleWorkspace, collection: "users", list: "/roleassignments"),
        Example(connector: .entra, collection: "users", list: "userRegistrationDetails"),
        Example(connector: .entra, collection: "assignments", list: "/v1.0/servicePrincipals"),
        Example(connector: .github, collection: "members", list: "externalIdentities"),
        Example(connector: .github, collection: "deploy keys", list: "repository(name:$name)"),
        Example(connector: .github, collection: "outside collaborators", list: "affiliation:OUTSIDE"),
        Example(connector: .aws, collection: "users", list: "Action=GetAccountAuthorizationDetails"),
        Example(connector: .jumpCloud, collection: "assignments", list: "/api/applications"),
        Example(connector: .oneLogin, collection: "users", list: "/api/1/privileges/p-1/users"),
        Example(connector: .oneLogin, collection: "assignments", list: "/api/2/apps"),
        Example(connector: .jira, collection: "users", list: "groupname=site-admins"),
        Example(connector: .slack, collection: "apps", list: "admin.apps.approved.list"),
        Example(connector: .gitlab, collection: "members", list: "enterprise_users"),
        Example(connector: .gitlab, collection: "deploy keys", list: "/api/v4/projects/91/deploy_keys"),
        Example(connector: .crowdStrike, collection: "hosts", list: "/alerts/combined/alerts/v1"),
    ]

    @Test("A list that keeps returning its first page is not read for ever, and is reported", arguments: examples)
    func aListWhoseFirstPageComesForEverIsAnError(_ example: Example) throws {
        let first = First()
        let provider = try FakeProvider { request in
            let text = [request.target.removingPercentEncoding ?? "", request.text]
            guard let reply = example.connector.org(request), text.contains(where: { $0.contains(example.list) }) else {
                return example.connector.org(request)
            }
            return first.ofAll(reply)
        }
        let connector = try example.connector.connect(provider)
        let collection = try #require(connector.collections.first { $0.name == example.collection })
        var cursor: JSON?
        var sentences: [String] = []
        do {
            repeat {
                let page = try collection.page(cursor)
                sentences += page.entries.leftOut.map(\.reason)
                cursor = page.next
            } while cursor != nil
        } catch let error as ConnectorError {
            #expect(error.kind == "provider_error")
            sentences.append(error.sentence)
        }
        #expect(sentences.contains { $0.contains("list") }, "\(sentences)")
        #expect(first.count > 1 && first.count < 2_000)
    }

    /// Keeps the first reply, and returns it in place of every later one.
    private final class First: @unchecked Sendable {
        private let lock = NSLock()
        private var first: FakeProvider.Reply?
        private var calls = 0

        func ofAll(_ reply: FakeProvider.Reply) -> FakeProvider.Reply {
            lock.withLock {
                calls += 1
                first = first ?? reply
                return first ?? reply
            }
        }

        var count: Int { lock.withLock { calls } }
    }
}
