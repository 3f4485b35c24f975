import Base
import Integrations
import Synchronization
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let jumpCloud = ConnectorCase(
        connector: JumpCloud.self,
        config: ["api_key": "jca_secretJumpCloudKey", "org_id": "5f0000000000000000000001"],
        org: { JumpCloudOrg.answer($0, isEmpty: false) }, emptyOrg: { JumpCloudOrg.answer($0, isEmpty: true) },
        isPage: { $0.path == "/api/systemusers" },
        throttled: { .json(["message": "Too Many Requests"], status: 429, headers: ["Retry-After": "0"]) },
        refused: .json(["message": "Unauthorized"], status: 401), renewsTokens: false,
        counts: ["account": 6, "application": 5, "entitlement": 250, "device": 6, "auditEvent": 6])
}

/// An organization as JumpCloud's APIs show it: two items per page, a hundred in lists without a count.
enum JumpCloudOrg {
    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.headers["x-api-key"] == "jca_secretJumpCloudKey",
            request.headers["x-org-id"] == "5f0000000000000000000001"
        else { return nil }
        if request.headers["Host"] == "api.jumpcloud.com" { return events(request, isEmpty: isEmpty) }
        guard request.method == "GET", request.headers["Host"] == "console.jumpcloud.com" else { return nil }
        switch request.path {
        case "/api/organizations": return .json(["totalCount": 1, "results": [["id": "5f0000000000000000000001"]]])
        case "/api/systemusers": return page(request, isEmpty ? 0 : 6, user)
        case "/api/systems": return page(request, isEmpty ? 0 : 6, system)
        case "/api/applications":
            return page(request, isEmpty ? 0 : 5) {
                [
                    "_id": .string("app\($0)"), "displayLabel": .string("App \($0)"), "name": "template",
                    "sso": ["type": $0 == 0 ? "bookmark" : "saml"],
                ]
            }
        default:
            let parts = request.path.split(separator: "/")
            guard parts.count == 5, parts[1] == "v2", parts[2] == "applications", parts[4] == "users",
                request.parameter("limit") == "100", request.parameter("sort") == nil
            else { return nil }
            guard parts[3] == "app1" else { return .json([]) }
            // Version 2 has its count in a header, if at all.
            let skip = request.parameter("skip").flatMap { Int($0) } ?? 0
            return .json(.array((skip..<min(skip + 100, 250)).map { ["id": .string("u\($0)"), "type": "user"] }))
        }
    }

    private static func page(
        _ request: FakeProvider.Request, _ total: Int, _ item: (Int) -> JSON
    ) -> FakeProvider.Reply? {
        guard request.parameter("limit") == "100", request.parameter("sort") == "_id",
            let skip = request.parameter("skip").flatMap({ Int($0) })
        else { return nil }
        return .json([
            "totalCount": .integer(total), "results": .array((min(skip, total)..<min(skip + 2, total)).map(item)),
        ])
    }

    private static func user(_ number: Int) -> JSON {
        [
            "_id": .string("u\(number)"), "username": .string("ann\(number)"),
            "email": .string("Ann\(number)@example.com"), "firstname": "Ann", "lastname": .string("\(number)"),
            "state": .string(["ACTIVATED", "SUSPENDED", "STAGED"][number % 3]), "department": "Sales",
            "manager": "u1", "totp_enabled": .bool(number == 1), "created": "2024-01-02T03:04:05.000Z",
            "mfaEnrollment": number == 2 ? ["overallStatus": "ENROLLED"] : nil,
        ]
    }

    private static func system(_ number: Int) -> JSON {
        [
            "_id": .string("s\(number)"), "hostname": .string("host\(number)"), "osFamily": "darwin",
            "os": "Mac OS X", "version": "14.4", "fde": ["active": .bool(number != 0)],
            "policyStats": ["total": .integer(number == 2 ? 0 : 3), "failed": .integer(number == 0 ? 1 : 0)],
            "primarySystemUser": ["id": "u1"], "lastContact": "2026-04-01T10:00:00.000Z", "serialNumber": "S",
        ]
    }

    private static func events(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        let query = request.json
        guard request.method == "POST", request.path == "/insights/directory/v1/events",
            request.headers["Content-Type"] == "application/json", query["service"] == ["all"],
            query["start_time"] == "2026-03-31T23:33:20Z", query["limit"] == 1_000, query["sort"] == "ASC"
        else { return nil }
        let from = query["search_after"]?.array?.last?.integer ?? 0
        let end = isEmpty ? 0 : min(from + 2, 6)
        let events: [JSON] = (from..<max(from, end)).map { number in
            [
                "id": .string("e\(number)"), "timestamp": "2026-04-02T10:00:00.123Z",
                "event_type": .string(["user_login_attempt", "admin_login_attempt", "sso_auth"][number % 3]),
                "success": .bool(number != 0), "client_ip": "198.51.100.7", "geoip": ["country_code": "NL"],
                "initiated_by": [
                    "type": number % 3 == 1 ? "admin" : "user", "id": .string("u\(number)"), "username": "ann",
                    "email": "Ann@example.com",
                ],
            ]
        }
        return .json(
            .array(events),
            headers: [
                "X-Result-Count": String(events.count), "X-Limit": "2", "X-Search_after": "[1775124000123,\(end)]",
            ])
    }
}

@Suite struct JumpCloudTests {
    @Test("Users, systems, applications and events are mapped to our records") func mapsWhatJumpCloudSays() throws {
        let provider = try FakeProvider(ConnectorCase.jumpCloud.org)
        let connector = try ConnectorCase.jumpCloud.connect(provider)
        let records = try pull { connector }.byKey
        let accounts = records.values.accounts
        #expect(accounts["u0"]?.status == .active && accounts["u1"]?.status == .suspended)
        #expect(accounts["u2"]?.status == .staged)
        #expect(accounts["u0"]?.email == "ann0@example.com")
        #expect(accounts["u0"]?.managerExternalID == "u1")
        #expect(["u0", "u1", "u2"].map { accounts[$0]?.mfaEnabled } == [false, true, true])
        guard case .device(let first) = records["device/s0"], case .device(let third) = records["device/s2"],
            case .application(let bookmark) = records["application/app0"],
            case .auditEvent(let failed) = records["auditEvent/e0"],
            case .auditEvent(let admin) = records["auditEvent/e1"],
            case .auditEvent(let launch) = records["auditEvent/e2"]
        else {
            Issue.record("records are missing")
            return
        }
        #expect(first.operatingSystem == "macOS" && first.osVersion == "14.4" && first.ownerExternalID == "u1")
        #expect(first.isEncrypted == false && first.isCompliant == false)
        #expect(third.isEncrypted == true && third.isCompliant == nil)
        #expect(bookmark.ssoEnabled == false)
        #expect(failed.eventType == EventType.signIn && failed.outcome == .failure)
        #expect(failed.details == ["country": "NL"] && failed.actorExternalID == "u0")
        #expect(admin.eventType == EventType.signIn && admin.actorExternalID == nil)
        #expect(launch.eventType == "sso_auth")
    }

    @Test("Without Directory Insights, the log is left out, and the rest is pulled")
    func withoutDirectoryInsightsTheRestIsPulledAndTheLogIsSaidToBeLeftOut() throws {
        let provider = try FakeProvider { request in
            request.headers["Host"] == "api.jumpcloud.com"
                ? .json(["message": "Forbidden"], status: 403) : JumpCloudOrg.answer(request, isEmpty: false)
        }
        let connector = try ConnectorCase.jumpCloud.connect(provider)
        let entries = try pullEntries { connector }.entries
        #expect(entries.records.accounts.count == 6 && entries.leftOut.map(\.name) == ["events"])
    }

    @Test("A user who leaves during reading hides no other user") func aUserWhoGoesMeanwhileHidesNobodyElse() throws {
        let left = Mutex(["u0", "u1", "u2", "u3", "u4", "u5"])
        let provider = try FakeProvider { request in
            guard request.path == "/api/systemusers" else { return JumpCloudOrg.answer(request, isEmpty: true) }
            let skip = request.parameter("skip").flatMap { Int($0) } ?? 0
            return left.withLock { left in
                let page = left.dropFirst(skip).prefix(2).map { id -> JSON in
                    ["_id": .string(id), "username": .string(id)]
                }
                let reply = FakeProvider.Reply.json(["totalCount": .integer(left.count), "results": .array(page)])
                if skip == 0 { left.removeAll { $0 == "u0" } }
                return reply
            }
        }
        let connector = try ConnectorCase.jumpCloud.connect(provider)
        #expect(try pull { connector }.accounts.keys.sorted() == ["u0", "u1", "u2", "u3", "u4", "u5"])
    }

    @Test("A key for one organization sends no organization id") func aKeyForOneOrganizationNamesNone() throws {
        let provider = try FakeProvider { request in
            request.headers["x-org-id"] == nil ? .json(["totalCount": 0, "results": []]) : nil
        }
        let example = ConnectorCase.jumpCloud
        let scope = ConnectorScope(
            Environment(["ENVIRONMENT": "development", "UPSTREAM_JUMPCLOUD": provider.url]), seconds: 5,
            eventsSince: .now)
        try JumpCloud(try Credentials(["api_key": "k"], example.connector.fields), scope).check()
        #expect(provider.unexpected.isEmpty)
    }

    @Test(
        "An organization must be named by its id",
        arguments: ["5f000000000000000000000", "5f000000000000000000000z", "x"])
    func takesOrganizationsByTheirIDOnly(_ id: String) {
        #expect(throws: CredentialErrors.self) {
            try Credentials(["api_key": "k", "org_id": .string(id)], JumpCloud.fields)
        }
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (ActionType.suspendUser, "PUT /api/systemusers/x1", #"{"state":"SUSPENDED"}"#),
            (.unsuspendUser, "PUT /api/systemusers/x1", #"{"state":"ACTIVATED"}"#),
            (.forcePasswordChange, "POST /api/systemusers/x1/expire", ""),
            (.forceMFAEnroll, "PUT /api/systemusers/x1", #"{"enable_user_portal_multifactor":true}"#),
        ])
    func acts(_ action: ActionType, _ expected: String, _ body: String) throws {
        let provider = try FakeProvider {
            $0.method + " " + $0.target == expected && $0.text == body ? .json([:]) : nil
        }
        let connector = try ConnectorCase.jumpCloud.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "x1")
        #expect(try connector.perform(action, on: target)["platform"] == "jumpcloud")
        #expect(JumpCloud.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
        #expect(provider.requests.count == 1)
    }

    /// By JumpCloud's documentation, the call does not lock Macs and phones, but answers with success all the same.
    @Test(
        "Only Windows and Linux systems are locked",
        arguments: [
            ("Windows", true), ("linux", true), ("darwin", false), ("iOS", false), (nil, false),
        ] as [(String?, Bool)], [ActionType.lockDevice, .containHost])
    func locksWindowsAndLinuxOnly(_ system: (family: String?, isLocked: Bool), _ action: ActionType) throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET /api/systems/x1": .json(["_id": "x1", "osFamily": system.family.map(JSON.string) ?? .null])
            case "POST /api/systems/x1/command/builtin/lock": .json([:])
            default: nil
            }
        }
        let connector = try ConnectorCase.jumpCloud.connect(provider)
        let target = ActionTarget(actionID: .random(), .device, externalID: "x1")
        if system.isLocked {
            #expect(try connector.perform(action, on: target)["external_id"] == "x1")
        } else {
            let error = #expect(throws: ConnectorError.self) { try connector.perform(action, on: target) }
            #expect(error?.kind == "configuration_invalid")
        }
        #expect(provider.requests.contains { $0.method == "POST" } == system.isLocked && provider.unexpected.isEmpty)
        #expect(JumpCloud.actions.contains(action))
    }

    @Test(
        "The outcome of an action is read from the user",
        arguments: [
            (ActionType.suspendUser, true), (.unsuspendUser, false), (.forcePasswordChange, true),
            (.forceMFAEnroll, false),
        ])
    func tellsWhatBecameOfAnAction(_ action: ActionType, _ isDone: Bool) throws {
        let provider = try FakeProvider {
            $0.path == "/api/systemusers/u1"
                ? .json([
                    "_id": "u1", "state": "SUSPENDED", "password_expired": true,
                    "enable_user_portal_multifactor": false,
                ]) : nil
        }
        let connector = try ConnectorCase.jumpCloud.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "u1")
        #expect((try connector.outcome(of: action, on: target) != .notDone) == isDone)
    }
}
