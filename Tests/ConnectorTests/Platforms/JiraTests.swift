import Base
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let jira = ConnectorCase(
        connector: Jira.self,
        config: [
            "site": "acme", "email": "admin@acme.com", "api_token": "ATATT-secretToken", "project_key": "SEC",
        ],
        org: { JiraSite.answer($0, isEmpty: false) }, emptyOrg: { JiraSite.answer($0, isEmpty: true) },
        isPage: { $0.path == "/rest/api/3/users/search" },
        throttled: {
            .json(
                ["errorMessages": ["Rate limit exceeded"]], status: 429,
                headers: ["Retry-After": "0", "RateLimit-Reason": "jira-burst-based"])
        },
        refused: .init(
            401, headers: ["X-Seraph-LoginReason": "AUTHENTICATED_FAILED"], text: "Client must be authenticated"),
        renewsTokens: false, counts: ["account": 5, "auditEvent": 6])
}

/// A site as Jira's API shows it, with two items per page and one shorter page.
enum JiraSite {
    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        // The decoded credentials: admin@acme.com:ATATT-secretToken
        guard request.headers["Authorization"] == "Basic YWRtaW5AYWNtZS5jb206QVRBVFQtc2VjcmV0VG9rZW4=",
            request.method == "GET", request.headers["Host"] == "acme.atlassian.net"
        else { return nil }
        func slice(_ start: String, _ items: [JSON]) -> [JSON] {
            let all = isEmpty ? [] : items
            let from = request.parameter(start).flatMap { Int($0) } ?? 0
            // Pages may be shorter than requested: the third has one item.
            let count = from == 4 ? 1 : 2
            return Array(all[min(from, all.count)..<min(from + count, all.count)])
        }
        switch request.path {
        case "/rest/api/3/myself": return .json(["accountId": "a0"])
        case "/rest/api/3/users/search" where request.parameter("maxResults") != nil:
            return .json(.array(slice("startAt", (0..<6).map(user))))
        case "/rest/api/3/group/member":
            let group = request.parameter("groupname")
            guard request.parameter("includeInactiveUsers") == "true" else { return nil }
            if group == "site-admins", !isEmpty {
                let from = request.parameter("startAt").flatMap { Int($0) } ?? 0
                let values = ["a0", "x0", "a2", "x2"].dropFirst(from).prefix(2)
                return .json([
                    "values": .array(values.map { ["accountId": .string($0)] }), "isLast": .bool(from >= 2),
                ])
            }
            return group == "jira-administrators"
                ? .json(["values": [["accountId": "a0"]], "isLast": true])
                : .json(["errorMessages": ["The group does not exist."]], status: 404)
        case "/rest/api/3/auditing/record"
        where request.parameter("from") == "2026-03-31T23:33:20Z" && request.parameter("limit") == "200":
            return isEmpty
                ? .json(["errorMessages": ["Forbidden"]], status: 403)
                : .json(["offset": 0, "limit": 200, "records": .array(slice("offset", (0..<6).map(event)))])
        default: return nil
        }
    }

    private static func user(_ number: Int) -> JSON {
        [
            "accountId": .string("a\(number)"),
            "accountType": ["atlassian", "atlassian", "atlassian", "app", "customer", "atlassian"][number],
            "displayName": .string("User \(number)"), "active": .bool(number != 1),
            "emailAddress": number == 2 ? .null : .string("U\(number)@acme.com"),
        ]
    }

    private static func event(_ number: Int) -> JSON {
        [
            "id": .integer(number), "summary": number < 2 ? "User added to group" : "Project created",
            "created": "2026-04-02T10:00:00.967+0200", "authorAccountId": "a0", "remoteAddress": "198.51.100.7",
            "objectItem": ["name": number == 0 ? "site-admins" : "developers", "typeName": "GROUP"],
        ]
    }
}

@Suite struct JiraTests {
    @Test("Users, groups and events are mapped to our records") func mapsWhatJiraSays() throws {
        let provider = try FakeProvider(ConnectorCase.jira.org)
        let connector = try ConnectorCase.jira.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        #expect(accounts["a0"]?.adminRoles == ["jira-administrators", "site-admins"])
        #expect(accounts["a0"]?.isAdmin == true)
        #expect(accounts["a0"]?.email == "u0@acme.com")
        #expect(accounts["a1"]?.status == .suspended)
        #expect(accounts["a1"]?.isAdmin == false)
        #expect(accounts["a2"]?.email == nil)
        #expect(accounts["a2"]?.isAdmin == true)
        #expect(accounts["a3"]?.kind == .serviceAccount)
        #expect(accounts["a4"] == nil)
        var events: [String: AuditEventRecord] = [:]
        for case .auditEvent(let event) in records { events[event.externalID] = event }
        #expect(events["0"]?.eventType == EventType.privilegeGranted)
        #expect(events["1"]?.eventType == "User added to group")
        #expect(events["0"]?.occurredAt.description == "2026-04-02T08:00:00Z")
        #expect(events["0"]?.actorExternalID == "a0")
    }

    /// Newer sites name their groups by the product and the site.
    @Test(
        "Administrators of newer sites are recognised",
        arguments: ["jira-admins-acme", "jira-user-access-admins-acme", "jira-servicemanagement-admins-acme"])
    func administratorsOfNewerSitesAreSeen(_ group: String) throws {
        let provider = try FakeProvider { request in
            request.path == "/rest/api/3/group/member"
                ? request.parameter("groupname") == group
                    ? .json(["values": [["accountId": "a1"]], "isLast": true])
                    : .json(["errorMessages": ["The group does not exist."]], status: 404)
                : JiraSite.answer(request, isEmpty: false)
        }
        let connector = try ConnectorCase.jira.connect(provider)
        let accounts = try pull { connector }.accounts
        #expect(accounts["a1"]?.isAdmin == true && accounts["a1"]?.adminRoles == [group])
        #expect(accounts["a0"]?.isAdmin == false)
        let entry: JSON = [
            "id": 1, "summary": "User added to group", "created": "2026-04-02T10:00:00.000+0000",
            "objectItem": ["name": .string(group.uppercased())],
        ]
        let jira = try #require(connector as? Jira)
        guard case .read(let records) = JiraRecords.event(entry, jira.administrators),
            case .auditEvent(let event)? = records.first
        else {
            Issue.record("no event")
            return
        }
        #expect(event.eventType == EventType.privilegeGranted)
    }

    @Test("The connector waits until the quota is renewed") func comesBackWhenTheQuotaIsNew() throws {
        let provider = try FakeProvider(ConnectorCase.jira.org)
        provider.fail(.json([:], status: 429, headers: ["X-RateLimit-Reset": "2020-01-01T00:00Z"]))
        try ConnectorCase.jira.connect(provider).check()
        #expect(provider.requests.count == 3)
    }

    @Test("A ticket is created once and found again") func makesATicketOnceAndFindsIt() throws {
        let action = Identifier.random()
        let target = try ActionTarget(
            "a1", for: .createTicket, by: Jira.self, ["description": "One.\nTwo.", "priority": "High"], label: "Ada",
            actionID: action)
        let expected: JSON = [
            "fields": [
                "project": ["key": "SEC"], "issuetype": ["name": "Task"], "summary": "Security finding: Ada",
                "priority": ["name": "High"], "labels": [.string("thalian-\(action)")],
                "description": [
                    "type": "doc", "version": 1,
                    "content": [
                        ["type": "paragraph", "content": [["type": "text", "text": "One."]]],
                        ["type": "paragraph", "content": [["type": "text", "text": "Two."]]],
                    ],
                ],
            ]
        ]
        let provider = try FakeProvider { request in
            switch request.method + " " + request.path {
            case "POST /rest/api/3/issue":
                request.json == expected ? .json(["id": "1", "key": "SEC-1"], status: 201) : nil
            case "GET /rest/api/3/search/jql":
                request.parameter("jql") == "labels = \"thalian-\(action)\"" && request.parameter("fields") == "key"
                    ? .json(["issues": [["id": "1", "key": "SEC-1"]], "isLast": true]) : nil
            default: nil
            }
        }
        let connector = try ConnectorCase.jira.connect(provider)
        let ticket: JSON = ["platform": "jira", "ticket": "SEC-1"]
        #expect(try connector.perform(.createTicket, on: target) == ticket)
        #expect(try connector.outcome(of: .createTicket, on: target) == .done(ticket))
        provider.fail(.json(["issues": [], "isLast": true]))
        #expect(try connector.outcome(of: .createTicket, on: target) == .notDone)
        #expect(provider.unexpected.isEmpty)
        let count = provider.requests.count
        provider.fail(.cut)
        let error = #expect(throws: ConnectorError.self) { try connector.perform(.createTicket, on: target) }
        guard case .unknownOutcome = error else {
            Issue.record("nobody knows whether there is a ticket now")
            return
        }
        #expect(provider.requests.count == count + 1)
        provider.fail(.json(["errorMessages": ["Field 'priority' is required"], "errors": [:]], status: 400))
        let refused = #expect(throws: ConnectorError.self) { try connector.perform(.createTicket, on: target) }
        #expect(refused?.kind == "configuration_invalid")
    }

    @Test("Users are removed from groups, but only from their own") func takesPeopleOutOfGroups() throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET /rest/api/3/user/groups?accountId=a0": .json([["name": "site-admins"], ["name": "developers"]])
            case "DELETE /rest/api/3/group/user?groupname=site-admins&accountId=a0",
                "DELETE /rest/api/3/group/user?groupname=developers&accountId=a0":
                .init(200)
            default: nil
            }
        }
        let connector = try ConnectorCase.jira.connect(provider)
        let target = try ActionTarget("a0", for: .removeFromGroup, by: Jira.self, ["group": "developers"])
        _ = try connector.perform(.removeAdminRole, on: target)
        _ = try connector.perform(.removeFromGroup, on: target)
        #expect(provider.requests.map(\.method) == ["GET", "DELETE", "GET", "DELETE"])
        #expect(try connector.outcome(of: .removeFromGroup, on: target) == .notDone)
        // The account is not a member of this group.
        let stranger = try ActionTarget("a0", for: .removeFromGroup, by: Jira.self, ["group": "finance"])
        let error = #expect(throws: ConnectorError.self) { try connector.perform(.removeFromGroup, on: stranger) }
        #expect(error?.kind == "configuration_invalid")
        #expect(provider.unexpected.isEmpty)
    }
}
