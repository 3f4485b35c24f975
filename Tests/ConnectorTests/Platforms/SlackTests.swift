import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let slack = ConnectorCase(
        connector: Slack.self, config: ["token": "xoxp-secretSlackToken"],
        org: { SlackWorkspace.answer($0, isEmpty: false) }, emptyOrg: { SlackWorkspace.answer($0, isEmpty: true) },
        isPage: { $0.path == "/api/users.list" },
        throttled: { .json(["ok": false, "error": "ratelimited"], status: 429, headers: ["Retry-After": "1"]) },
        refused: .json(["ok": false, "error": "invalid_auth"]), renewsTokens: false,
        counts: ["account": 6, "application": 6, "oauthGrant": 3, "auditEvent": 6])
}

/// A workspace as Slack's APIs show it, with two items per page.
enum SlackWorkspace {
    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.headers["Authorization"] == "Bearer xoxp-secretSlackToken" else { return nil }
        func cursored(_ list: String, _ items: [JSON]) -> [String: JSON] {
            let all = isEmpty ? [] : items
            let from = request.parameter("cursor").flatMap { Int($0) } ?? 0
            let next = from + 2 < all.count ? String(from + 2) : ""
            return [
                list: .array(Array(all[min(from, all.count)..<min(from + 2, all.count)])),
                "response_metadata": ["next_cursor": .string(next)],
            ]
        }
        func ok(_ members: [String: JSON]) -> FakeProvider.Reply {
            .json(.object(members.merging(["ok": true]) { $1 }))
        }
        let isSlack = request.headers["Host"] == "slack.com"
        switch (isSlack, request.method + " " + request.path) {
        case (true, "POST /api/auth.test"): return ok(["team_id": "T1", "user_id": "U1"])
        case (true, "GET /api/users.list") where request.parameter("limit") != nil:
            return ok(cursored("members", (0..<6).map(member)))
        case (true, "GET /api/admin.apps.approved.list"):
            return isEmpty
                ? .json(["ok": false, "error": "not_allowed_token_type"])
                : ok(cursored("approved_apps", (0..<5).map { ["app": ["id": .string("A\($0)"), "name": "Approved"]] }))
        case (true, "GET /api/team.integrationLogs") where request.parameter("count") == "1000":
            if isEmpty { return .json(["ok": false, "error": "paid_only"]) }
            let page = request.parameter("page").flatMap { Int($0) } ?? 1
            let entries = Array(log[(page - 1) * 2..<page * 2])
            return ok(["logs": .array(entries), "paging": ["page": .integer(page), "pages": 3]])
        case (false, "GET /scim/v2/Users") where request.parameter("count") == "1000":
            if isEmpty {
                return .json(["Errors": ["description": "invalid_authentication", "code": 401]], status: 401)
            }
            let start = request.parameter("startIndex").flatMap { Int($0) } ?? 1
            let users: [JSON] = (start..<min(start + 2, 7)).map {
                [
                    "id": .string("U\($0 - 1)"),
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": [
                        "department": "Sales", "manager": ["value": "U0"],
                    ],
                ]
            }
            return .json(["Resources": .array(users), "totalResults": 6])
        case (false, "GET /audit/v1/logs") where request.parameter("oldest") == "1775000000":
            return isEmpty
                ? .json(["ok": false, "error": "missing_scope"], status: 403)
                : .json(.object(cursored("entries", (0..<6).map(entry))))
        default: return nil
        }
    }

    private static func member(_ number: Int) -> JSON {
        [
            "id": .string(number == 5 ? "USLACKBOT" : "U\(number)"), "name": .string("user\(number)"),
            "real_name": .string("User \(number)"), "deleted": .bool(number == 2), "updated": 1_770_000_000,
            "is_admin": .bool(number == 0), "is_owner": .bool(number == 0), "is_bot": .bool(number == 3),
            "is_restricted": .bool(number == 4), "has_2fa": number == 1 ? .null : .bool(number == 0),
            "profile": ["email": .string("U\(number)@Acme.com"), "title": "Clerk"],
        ]
    }

    /// The newest entry comes first.
    private static let log: [JSON] = [
        change("A9", "Gone", "U1", "removed"), change("A9", "Gone", "U2", "added"),
        change("A5", "Notes", "U1", "expanded", scope: "files:read,chat:write"),
        change("A0", "Approved", "U1", "added"),
        change("A5", "Notes", "U1", "added", scope: "files:read"),
        change("A5", "Notes", "U2", "added", scope: "users:read"),
    ]

    private static func change(
        _ app: String, _ name: String, _ user: String, _ type: String, scope: String = ""
    ) -> JSON {
        [
            "app_id": .string(app), "app_type": .string(name), "user_id": .string(user), "change_type": .string(type),
            "scope": .string(scope), "date": "1770000000",
        ]
    }

    private static func entry(_ number: Int) -> JSON {
        let actions = ["user_login", "user_login_failed", "file_downloaded", "role_change_to_admin", "x", "y"]
        return [
            "id": .string("e\(number)"), "date_create": 1_775_100_000, "action": .string(actions[number]),
            "actor": ["type": "user", "user": ["id": "U1", "name": "Ann", "email": "Ann@acme.com"]],
            "entity": ["type": "file", "file": ["id": "F1", "name": "plan.pdf"]],
            "context": ["ip_address": "198.51.100.7"],
        ]
    }
}

@Suite struct SlackTests {
    private let target = ActionTarget(actionID: .random(), externalID: "U1")

    @Test("Members, apps and events are mapped to our records") func mapsWhatSlackSays() throws {
        let provider = try FakeProvider(ConnectorCase.slack.org)
        let connector = try ConnectorCase.slack.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        #expect(accounts["U0"]?.adminRoles == ["owner", "admin"])
        #expect(accounts["U0"]?.mfaEnabled == true)
        #expect(accounts["U0"]?.email == "u0@acme.com")
        #expect(accounts["U1"]?.mfaEnabled == nil)
        #expect(accounts["U1"]?.department == "Sales")
        #expect(accounts["U1"]?.managerExternalID == "U0")
        #expect(accounts["U2"]?.status == .deprovisioned)
        #expect(accounts["U3"]?.kind == .serviceAccount)
        #expect(accounts["U4"]?.kind == .external)
        #expect(accounts["USLACKBOT"]?.kind == .serviceAccount)
        let byKey = records.byKey
        guard case .application(let approved)? = byKey["application/A0"],
            case .application(let notes)? = byKey["application/A5"],
            case .oauthGrant(let grant)? = byKey["oauthGrant/A5/U1"],
            case .auditEvent(let signIn)? = byKey["auditEvent/e1"],
            case .auditEvent(let download)? = byKey["auditEvent/e2"]
        else {
            Issue.record("a record is missing")
            return
        }
        #expect(approved.isManaged)
        #expect(!notes.isManaged && notes.name == "Notes")
        #expect(grant.scopes == ["files:read", "chat:write"])
        #expect(grant.grantedAt == Timestamp(seconds: 1_770_000_000))
        // The app has been removed for all users since.
        #expect(byKey["application/A9"] == nil)
        #expect(signIn.eventType == EventType.platformSignIn && signIn.outcome == .failure)
        #expect(download.eventType == EventType.download && download.target == "plan.pdf")
    }

    /// Slack reports most failures with status 200.
    @Test(
        "Errors in answers with status 200 are recognised",
        arguments: [
            ("account_inactive", "authentication_expired"), ("missing_scope", "configuration_invalid"),
            ("internal_error", "provider_error"),
        ])
    func failuresAreOK(_ name: String, _ kind: String) throws {
        let provider = try FakeProvider { _ in .json(["ok": false, "error": .string(name)]) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.slack.connect(provider).check() }
        #expect(error?.kind == kind)
    }

    @Test(
        "Users are deactivated and activated through SCIM",
        arguments: [
            (ActionType.suspendUser, "PATCH /scim/v2/Users/U1", "false"),
            (.unsuspendUser, "PATCH /scim/v2/Users/U1", "true"), (.deactivateUser, "DELETE /scim/v2/Users/U1", ""),
        ])
    func setsPeopleInactiveBySCIM(_ action: ActionType, _ expected: String, _ value: String) throws {
        let provider = try FakeProvider { request in
            if request.method == "GET" { return .json(["id": "U1", "active": false]) }
            guard request.method + " " + request.target == expected, request.headers["Host"] == "api.slack.com" else {
                return nil
            }
            let patch: JSON = [
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [["op": "replace", "path": "active", "value": .bool(value == "true")]],
            ]
            return request.method == "DELETE" || request.json == patch ? .json([:]) : nil
        }
        let connector = try ConnectorCase.slack.connect(provider)
        _ = try connector.perform(action, on: target)
        let outcome = try connector.outcome(of: action, on: target)
        #expect((outcome == .notDone) == (action == .unsuspendUser))
        #expect(provider.unexpected.isEmpty)
    }

    @Test("Sessions are ended, apps are restricted and messages are sent")
    func endsSessionsBlocksAppsAndSpeaks() throws {
        let provider = try FakeProvider { request in
            switch request.path + " " + request.text {
            case "/api/admin.users.session.reset user_id=U1", "/api/auth.test ",
                "/api/admin.apps.restrict app_id=U1&team_id=T1",
                "/api/chat.postMessage channel=U1&text=Hi%20%26lt%3B%21channel%26gt%3B&parse=none&unfurl_links=false":
                .json(["ok": true, "team_id": "T1"])
            default: nil
            }
        }
        let connector = try ConnectorCase.slack.connect(provider)
        let message = try ActionTarget("U1", for: .notifyUser, by: Slack.self, ["message": "Hi <!channel>"])
        _ = try connector.perform(.revokeSessions, on: target)
        _ = try connector.perform(.blockApp, on: target)
        _ = try connector.perform(.notifyUser, on: message)
        #expect(provider.unexpected.isEmpty)
        provider.fail(.init(503))
        let error = #expect(throws: ConnectorError.self) { try connector.perform(.notifyUser, on: message) }
        guard case .unknownOutcome = error else {
            Issue.record("the message may have gone out")
            return
        }
        let nowhere = #expect(throws: ConnectorError.self) { try connector.perform(.createTicket, on: message) }
        #expect(nowhere?.kind == "configuration_invalid")
    }

    /// People of other companies could read a ticket in a shared channel. A person's id is not a channel.
    @Test(
        "A ticket goes only to an internal channel of the workspace",
        arguments: [
            (["id": "C1", "is_ext_shared": false], true), (["id": "C1", "is_ext_shared": true], false),
            (["id": "C1", "is_ext_shared": false, "is_pending_ext_shared": true], false), (["id": "C1"], false),
            (["id": "C1", "is_ext_shared": false, "is_im": true], false), (nil, false),
        ] as [(JSON?, Bool)])
    func aTicketGoesToAChannelOfTheWorkspaceOnly(_ channel: JSON?, _ isSent: Bool) throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET /api/conversations.info?channel=C1": .json(["ok": true, "channel": channel ?? .null])
            case "POST /api/chat.postMessage": request.form?.values("channel") == ["C1"] ? .json(["ok": true]) : nil
            default: nil
            }
        }
        let target = try ActionTarget("U1", for: .createTicket, by: Slack.self, ["channel": "C1"])
        let connector = try ConnectorCase.slack.connect(provider)
        #expect(((try? connector.perform(.createTicket, on: target)) != nil) == isSent)
        #expect(provider.requests.count == (isSent ? 2 : 1) && provider.unexpected.isEmpty)
        for id in ["U1", "D1", "#general", "c1", ""] {
            #expect(throws: ActionParameterError.self) {
                try ActionTarget("U1", for: .createTicket, by: Slack.self, ["channel": .string(id)])
            }
        }
    }
}
