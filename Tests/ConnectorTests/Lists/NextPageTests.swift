import Base
import HTTP
import TestSupport
import Testing

@testable import Connectors

/// Connectors find the next page by Link fields (RFC 8288) and by URLs in bodies. A link that can't be used is an
/// error, never the end of a list, and the customer's token goes only to the customer's own server, whatever host a
/// link names.
@Suite struct NextPageTests {
    /// Returns an Okta org whose replies name the next page by the `Link` field `field`, in which `LINK` stands for the
    /// page's URL and `QUERY` for the query of that URL.
    private func okta(_ field: String) throws -> FakeProvider {
        try FakeProvider { request in
            guard var reply = OktaOrg.answer(request, users: 6, isEmpty: false) else { return nil }
            let links = reply.headers.fields.filter { $0.name == "Link" }.map(\.value)
            reply.headers["Link"] = nil
            for link in links {
                guard link.hasSuffix("rel=\"next\""), let url = link.dropFirst().cut(at: ">")?.before else { continue }
                let query = url.cut(at: "?")?.behind ?? ""
                reply.headers.add(
                    "Link", field.replacing("LINK", with: url).replacing("QUERY", with: query))
            }
            return reply
        }
    }

    private func users(_ provider: FakeProvider) throws -> Set<String> {
        let connector = try ConnectorCase.okta.connect(provider)
        let others = Set(connector.collections.map(\.name)).subtracting(["users"])
        return Set(try pull(without: others) { connector }.accounts.keys)
    }

    @Test(
        "Legal spellings of a Link field lead to the next page",
        arguments: [
            "<LINK>; rel=\"next\"", "<LINK>;rel=next", "<LINK>; rel=\"NEXT\"", "<LINK> ; REL = \"Next\" ",
            "</api/v1/users?QUERY>; rel=next",
            "<users?QUERY>; rel=\"next\"", "<?QUERY>; rel=\"next\"", "<./users?QUERY#x>; rel=\"next\"",
            "<//my_org.okta.com/api/v1/users?QUERY>; rel=\"next\"",
            "<https://my_org.okta.com/api/v1/users?QUERY>; rel=\"next\"",
            "<http://EXAMPLE.okta.com:8080/api/v1/users?QUERY>; rel=\"next\"",
            "<LINK>; rel=\"last next\"", "<LINK>; rel=\"https://a.example/rels/x\tNext\"",
            "<LINK&q=name eq \"a, b\">; rel=\"next\"", "<LINK&filter=a;b,c>; rel=\"next\"",
            "<LINK>; title=\"a, \\\"b\\\"; rel=self <x>\"; rel=\"next\"",
            "<LINK>; title*=UTF-8''%e2%82%ac; rel=\"next\"",
            "<LINK>; crossorigin; rel=\"next\"; rel=\"self\"", ", ,<LINK>; rel=\"next\", ",
            "<https://a.example/?after=9>; rel=\"self\", <LINK>; rel=\"next\"",
            "<LINK>; rel=\"next\",<x>; rel=\"self\"",
            "<LINK>; rel=\"ne\\xt\"", "<x?after=9>; rel=\"next\"; anchor=\"/other\", <LINK>; rel=\"next\"",
        ])
    func aLegalLinkLeadsToTheNextPage(_ field: String) throws {
        let provider = try okta(field)
        #expect(try users(provider).count == 6)
        #expect(Set(provider.requests.map { $0.headers["Host"] }) == ["example.okta.com"])
        #expect(provider.unexpected.isEmpty)
    }

    @Test(
        "A Link field that can't be used is an error, not the end of the list",
        arguments: [
            "LINK; rel=\"next\"", "<LINK; rel=\"next\"", "<LINK>; rel=\"next", "<LINK> rel=\"next\"",
            "<LINK>; rel=\"next\" x",
            "<LINK>; =next", "<LINK>; rel=\"next\", x", "<https://example.okta.com/api/v1/users?limit=2>; rel=\"next\"",
            "<https://example.okta.com/api/v1/users>; rel=\"next\"", "<https://example.okta.com/?after=>; rel=\"next\"",
            "<https://example.okta.com/?after=%zz>; rel=\"next\"", "<mailto:a@example.com?after=2>; rel=\"next\"",
            "<https:api/v1/users?QUERY>; rel=\"next\"", "<>; rel=\"next\"",
            "<LINK>; rel=\"next\", </api/v1/users?after=9>; rel=\"next\"",
        ])
    func aLinkThatCannotBeUsedIsNoEnd(_ field: String) throws {
        let error = #expect(throws: ConnectorError.self) { try users(okta(field)) }
        #expect(error?.kind == "provider_error")
    }

    // MARK: The customer's own address

    /// GitLab behind a proxy names its internal address in links. The fake group has lists with numbered pages and
    /// lists whose pages are found by links.
    @Test(
        "A GitLab behind a proxy is read to its end, through its public address",
        arguments: [
            "http://gitlab.com", "https://git_lab.internal:8443", "http://10.0.0.7", "https://gitlab.com/gitlab",
            "https://other.example.com", "//gitlab.com", "",
        ])
    func gitLabBehindAProxyIsReadToItsEnd(_ origin: String) throws {
        let stranger = try FakeProvider { _ in nil }
        let provider = try FakeProvider { request in
            guard var reply = GitLabGroup.answer(request, isEmpty: false) else { return nil }
            if let link = reply.headers["Link"] {
                reply.headers["Link"] = link.replacing("https://gitlab.com", with: origin)
            }
            return reply
        }
        let plain = try FakeProvider(ConnectorCase.gitlab.org)
        let (expected, connector) = (
            try ConnectorCase.gitlab.connect(plain), try ConnectorCase.gitlab.connect(provider)
        )
        #expect(try pull { connector }.byKey == pull { expected }.byKey)
        #expect(Set(provider.requests.map { $0.headers["Host"] }) == ["gitlab.com"])
        #expect(stranger.requests.isEmpty && provider.unexpected.isEmpty)
    }

    struct Way: Sendable, CustomTestStringConvertible {
        let connector: ConnectorCase
        /// The scheme and the host in the links of the provider's answers.
        let origin: String

        var testDescription: String { connector.testDescription }
    }

    /// The links name another server on this machine, which would receive requests if the links were followed there.
    @Test(
        "A token is sent only to the customer's own server, whatever host a link names",
        arguments: [
            Way(connector: .okta, origin: "https://canonical.okta.com"),
            Way(connector: .entra, origin: "https://graph.microsoft.com"),
            Way(connector: .intune, origin: "https://graph.microsoft.com"),
            Way(connector: .github, origin: "https://api.github.com"),
            Way(connector: .gitlab, origin: "https://gitlab.com"),
        ])
    func aTokenGoesToItsOwnServerAlone(_ way: Way) throws {
        let stranger = try FakeProvider { _ in nil }
        let address = stranger.url
        let provider = try FakeProvider { request in
            guard var reply = way.connector.org(request) else { return nil }
            let links = reply.headers.fields.filter { $0.name == "Link" }.map(\.value)
            reply.headers["Link"] = nil
            for link in links { reply.headers.add("Link", link.replacing(way.origin, with: address)) }
            reply.body = Array(String(decoding: reply.body, as: UTF8.self).replacing(way.origin, with: address).utf8)
            return reply
        }
        let connector = try way.connector.connect(provider)
        let records = try pull { connector }
        #expect(Dictionary(grouping: records) { $0.key.kind }.mapValues(\.count) == way.connector.counts)
        #expect(stranger.requests.isEmpty && provider.unexpected.isEmpty)
    }

    @Test(
        "A next page outside of the API is not requested",
        arguments: [
            "https://gitlab.com/api/v3/groups?page=2", "/login?page=2", "https://gitlab.com", "?page=2\u{1}",
            "https://gitlab.com/api/v4/../../etc?page=2", "https://gitlab.com/api/v4.evil/groups?page=2",
        ])
    func aNextPageOutsideOfTheAPIIsNotFollowed(_ url: String) throws {
        let provider = try FakeProvider { request in
            var reply = GitLabGroup.answer(request, isEmpty: false)
            if reply?.headers["Link"] != nil { reply?.headers["Link"] = "<\(url)>; rel=\"next\"" }
            return reply
        }
        let connector = try ConnectorCase.gitlab.connect(provider)
        let others = Set(connector.collections.map(\.name)).subtracting(["events"])
        let found = try pullEntries(without: others) { connector }
        #expect(found.entries.leftOut.map(\.name) == ["events"] && found.ended.isEmpty)
        #expect(provider.requests.count == 1)
    }

    // MARK: Tokens

    /// The member that names the next page, which differs between providers, holds an unusable value.
    @Test(
        "A page token that can't be used is an error, not the end of the list",
        arguments: [
            ("googleWorkspace", "nextPageToken"), ("entra", "@odata.nextLink"), ("slack", "next_cursor"),
            ("zoom", "next_page_token"), ("bambooHR", "nextCursor"),
            ("oneLogin", "after_cursor"), ("github", "endCursor"), ("aws", "NextToken"), ("crowdStrike", "offset"),
        ])
    func aTokenThatCannotBeUsedIsNoEnd(_ connector: String, _ member: String) throws {
        let example = try #require(ConnectorCase.all.first { "\($0.connector)".lowercased() == connector.lowercased() })
        for spoiled: JSON in [["a": 1], [1], .number(1.5), true] {
            let provider = try FakeProvider { request in
                guard var reply = example.org(request), let json = try? JSON(parsing: reply.body) else {
                    return example.org(request)
                }
                reply.body = JSONWriter.bytes(Self.replacing(member, by: spoiled, in: json))
                return reply
            }
            let connector = try example.connect(provider)
            do {
                // An optional list whose page token can't be used is left out.
                let found = try pullEntries { connector }
                #expect(!found.entries.leftOut.isEmpty, "\(member) \(spoiled)")
            } catch let error as ConnectorError {
                #expect(error.kind == "provider_error", "\(member) \(spoiled)")
            }
        }
    }

    /// Returns the JSON with `value` in place of each non-empty text in a member `member`, at any depth. Members that
    /// hold no text do not name a next page.
    private static func replacing(_ member: String, by value: JSON, in json: JSON) -> JSON {
        switch json {
        case .array(let elements): return .array(elements.map { replacing(member, by: value, in: $0) })
        case .object(let members):
            let pairs = members.map { name, old in
                name == member && old.string?.isEmpty == false
                    ? (name, value) : (name, replacing(member, by: value, in: old))
            }
            return .object(Dictionary(pairs) { $1 })
        default: return json
        }
    }

    /// Without a count, a list is read until a page is empty, or it counts as unreadable.
    @Test(
        "A missing count is not the end of a list",
        arguments: [
            ("crowdstrike", "total"), ("jumpcloud", "totalCount"), ("slack", "totalResults"),
        ])
    func aCountThatIsMissingIsNoEnd(_ platform: String, _ member: String) throws {
        let example = try #require(ConnectorCase.all.first { $0.connector.platform.rawValue == platform })
        let plain = try FakeProvider(example.org)
        let counting = try example.connect(plain)
        let expected = try pull { counting }.byKey
        for spoiled: JSON in [.null, "many"] {
            let provider = try FakeProvider { request in
                guard var reply = example.org(request), let json = try? JSON(parsing: reply.body) else {
                    return example.org(request)
                }
                reply.body = JSONWriter.bytes(Self.replacingCount(member, by: spoiled, in: json))
                return reply
            }
            let connector = try example.connect(provider)
            do {
                let found = try pullEntries { connector }
                #expect(
                    found.entries.records.byKey == expected || !found.entries.leftOut.isEmpty, "\(member) \(spoiled)")
            } catch let error as ConnectorError {
                #expect(error.kind == "provider_error", "\(member) \(spoiled)")
            }
        }
    }

    /// Jamf's pages have numbers: only the count shows which is the last.
    @Test("A missing count from Jamf is an error", arguments: [.null, "many", .number(1e300)] as [JSON])
    func jamfsCountThatIsMissingIsNoEnd(_ spoiled: JSON) throws {
        let provider = try FakeProvider { request in
            guard var reply = ConnectorCase.jamfPro.org(request), let json = try? JSON(parsing: reply.body) else {
                return ConnectorCase.jamfPro.org(request)
            }
            reply.body = JSONWriter.bytes(Self.replacingCount("totalCount", by: spoiled, in: json))
            return reply
        }
        let connector = try ConnectorCase.jamfPro.connect(provider)
        let error = #expect(throws: ConnectorError.self) { try pull { connector } }
        #expect(error?.kind == "provider_error")
    }

    private static func replacingCount(_ member: String, by value: JSON, in json: JSON) -> JSON {
        guard case .object(let members) = json else { return json }
        let pairs = members.map { name, old in
            name == member ? (name, value) : (name, replacingCount(member, by: value, in: old))
        }
        return .object(Dictionary(pairs) { $1 })
    }

    @Test("A missing marker from AWS is an error") func aMarkerThatIsMissingIsNoEnd() throws {
        let provider = try FakeProvider { request in
            var reply = ConnectorCase.aws.org(request)
            if let body = reply.map({ String(decoding: $0.body, as: UTF8.self) }) {
                reply?.body = Array(body.replacing(/<Marker>.*?<\/Marker>/, with: "").utf8)
            }
            return reply
        }
        let connector = try ConnectorCase.aws.connect(provider)
        let error = #expect(throws: ConnectorError.self) { try pull { connector } }
        #expect(error?.kind == "provider_error")
    }
}
