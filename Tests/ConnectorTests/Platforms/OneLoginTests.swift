import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let oneLogin = ConnectorCase(
        connector: OneLogin.self,
        config: ["subdomain": "example", "client_id": "oneLoginClient", "client_secret": "oneLoginSecret"],
        org: { OneLoginAccount.answer($0, isEmpty: false) },
        emptyOrg: { OneLoginAccount.answer($0, isEmpty: true) },
        isPage: { $0.path == "/api/2/users" && $0.parameter("limit") == "100" },
        throttled: { .json(["message": "rate limit exceeded"], status: 429, headers: ["X-RateLimit-Reset": "1"]) },
        refused: OneLoginAccount.unauthorized, renewsTokens: true,
        counts: ["account": 6, "application": 5, "entitlement": 25, "auditEvent": 7])
}

/// An account as OneLogin's API shows it, with two items, or three events, per page.
enum OneLoginAccount {
    static let unauthorized = FakeProvider.Reply.json(
        ["message": "Unauthorized", "statusCode": 401, "name": "UnauthorizedError"], status: 401)

    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.headers["Host"] == "example.onelogin.com" else { return nil }
        if request.path == "/auth/oauth2/v2/token" {
            guard request.method == "POST", request.json == ["grant_type": "client_credentials"],
                request.headers["Authorization"] == "client_id:oneLoginClient, client_secret:oneLoginSecret"
            else { return nil }
            return .json(["access_token": "t1", "expires_in": 36_000, "token_type": "bearer", "account_id": 1])
        }
        guard request.method == "GET", request.headers["Authorization"] == "Bearer t1" else { return nil }
        let parts = request.path.split(separator: "/").dropFirst().map(String.init)
        switch (parts[0], parts[1], parts.count) {
        case ("2", "users", 2):
            if request.parameter("limit") == "1" { return .json([["id": 1]]) }
            guard request.parameter("fields")?.contains("manager_user_id") == true else { return nil }
            return page(request, isEmpty ? [] : (0..<6).map(user))
        case ("2", "mfa", 5) where parts[4] == "devices":
            return .json(parts[3] == "100" ? [] : [["device_id": "1", "auth_factor_name": "OneLogin"]])
        case ("2", "apps", 2):
            let methods = [0, 2, 8, 3, 6]
            return page(
                request,
                isEmpty
                    ? []
                    : methods.enumerated().map {
                        ["id": .integer($0), "name": .string("App \($0)"), "auth_method": .integer($1)]
                    })
        case ("2", "apps", 4) where parts[3] == "users":
            return page(request, (0..<5).map { ["id": .integer(100 + $0)] })
        case ("1", "privileges", 2):
            return .json(
                isEmpty ? [] : [["id": "p-1", "name": "Super user"], ["id": "p-2", "name": "User Administrator"]])
        case ("1", "privileges", 4):
            let isSuper = parts[2] == "p-1"
            guard parts[3] == "users" else { return .json(["total": 1, "roles": isSuper ? [] : [7]]) }
            if request.parameter("cursor") == "c1" { return .json(["users": [102], "afterCursor": nil]) }
            return .json(isSuper ? ["users": [101], "afterCursor": "c1"] : ["users": [], "afterCursor": nil])
        case ("1", "events", 3) where parts[2] == "types":
            return .json(["data": [["id": 17, "name": "USER_DELETED"], ["id": 24, "name": "DEREGISTERED_OTP"]]])
        case ("1", "events", 2): return events(request, isEmpty: isEmpty)
        default: return nil
        }
    }

    /// Version 2 names the next page in a header.
    private static func page(_ request: FakeProvider.Request, _ items: [JSON]) -> FakeProvider.Reply? {
        guard request.parameter("limit") == "100" else { return nil }
        let from = request.parameter("cursor").flatMap { Int($0.dropFirst()) } ?? 0
        let next = from + 2 < items.count ? "c\(from + 2)" : ""
        return .json(
            .array(Array(items[min(from, items.count)..<min(from + 2, items.count)])), headers: ["After-Cursor": next])
    }

    private static func user(_ number: Int) -> JSON {
        [
            "id": .integer(100 + number), "username": .string("ann\(number)"),
            "email": .string("Ann\(number)@example.com"), "firstname": "Ann", "lastname": .string("\(number)"),
            "status": .integer([1, 2, 3, 0, 1, 1][number]), "state": .integer(number == 4 ? 3 : 1),
            "manager_user_id": 101, "role_ids": number == 5 ? [7, 8] : [8], "department": "Sales",
            "last_login": number == 0 ? nil : "2026-04-01T10:00:00.000Z", "created_at": "2024-01-02T03:04:05.000Z",
        ]
    }

    private static func events(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.parameter("since") == "2026-03-31T23:33:20Z", request.parameter("limit") == "50" else {
            return nil
        }
        // Type 24 is the removal of a second factor's device. If its actor is not the user (101), an administrator
        // removed it.
        let all: [(type: Int, actor: Int)] = [
            (5, 101), (6, 101), (24, 101), (24, 105), (172, 101), (72, 105), (17, 105), (999, 105),
        ]
        let types = isEmpty ? [] : all
        let from = request.parameter("after_cursor").flatMap { Int($0) } ?? 0
        let data: [JSON] = (from..<min(from + 3, types.count)).map { number in
            [
                "id": .integer(number), "created_at": "2026-04-02T10:00:00.000Z",
                "event_type_id": .integer(types[number].type), "user_id": 101, "user_name": "Ann 1",
                "actor_user_id": .integer(types[number].actor), "actor_user_name": "Someone",
                "ipaddr": "198.51.100.7", "risk_score": 12,
            ]
        }
        return .json([
            "status": ["error": false, "code": 200], "data": .array(data),
            "pagination": ["after_cursor": from + 3 < types.count ? .string(String(from + 3)) : nil],
        ])
    }
}

@Suite struct OneLoginTests {
    @Test("Users, roles, applications and events are mapped to our records") func mapsWhatOneLoginSays() throws {
        let provider = try FakeProvider(ConnectorCase.oneLogin.org)
        let connector = try ConnectorCase.oneLogin.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        #expect(accounts["100"]?.mfaEnabled == false && accounts["101"]?.mfaEnabled == true)
        #expect(accounts["100"]?.lastLoginAt == nil)
        #expect(accounts["101"]?.email == "ann1@example.com")
        #expect(accounts["101"]?.adminRoles == ["Super user"] && accounts["102"]?.adminRoles == ["Super user"])
        #expect(accounts["105"]?.adminRoles == ["User Administrator"])
        #expect(accounts["100"]?.isAdmin == false)
        #expect(accounts["100"]?.managerExternalID == "101")
        #expect(
            (100...105).map { accounts[String($0)]?.status }
                == [.active, .suspended, .active, .staged, .suspended, .active])
        var events: [String: AuditEventRecord] = [:]
        var sso: [Bool?] = []
        for record in records {
            if case .auditEvent(let event) = record { events[event.externalID] = event }
            if case .application(let application) = record { sso.append(application.ssoEnabled) }
        }
        #expect(sso == [false, true, true, nil, false])
        #expect(events["0"]?.eventType == EventType.signIn && events["0"]?.outcome == .success)
        #expect(events["1"]?.eventType == EventType.signIn && events["1"]?.outcome == .failure)
        #expect(events["2"]?.eventType == EventType.factorRemoved)
        #expect(events["3"]?.eventType == "DEREGISTERED_OTP" && events["3"]?.actorExternalID == "105")
        #expect(events["4"]?.eventType == EventType.factorRemoved)
        #expect(events["5"]?.eventType == EventType.privilegeGranted && events["5"]?.actorExternalID == "105")
        #expect(events["6"]?.eventType == "USER_DELETED")
        // The outcome of an event type without a name is unknown.
        #expect(events["7"] == nil)
    }

    @Test("Without privileges in the subscription, administrators are unknown")
    func aSubscriptionWithoutPrivilegesTellsNoAdmins() throws {
        let provider = try FakeProvider { request in
            request.path == "/api/1/privileges" ? .init(404) : OneLoginAccount.answer(request, isEmpty: false)
        }
        let connector = try ConnectorCase.oneLogin.connect(provider)
        #expect(try pull { connector }.accounts.values.allSatisfy { $0.isAdmin == nil })
    }

    /// If the credential's owner was deleted, the token endpoint answers 500.
    @Test("The error for credentials of a deleted owner names this reason") func aDeletedOwnerIsSaid() throws {
        let provider = try FakeProvider { _ in .init(500) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.oneLogin.connect(provider).check() }
        #expect(error?.kind == "provider_error")
        #expect(error?.sentence.contains("deleted") == true)
    }

    @Test("Only a subdomain is accepted", arguments: ["example.onelogin.com", "evil.example/", "-x", "a b"])
    func takesASubdomainOnly(_ subdomain: String) {
        let config = ConnectorCase.oneLogin.config.merging(["subdomain": .string(subdomain)]) { $1 }
        #expect(throws: CredentialErrors.self) { try Credentials(config, OneLogin.fields) }
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (ActionType.suspendUser, "PUT /api/2/users/101", #"{"status":2}"#),
            (.unsuspendUser, "PUT /api/2/users/101", #"{"status":1}"#),
            (.revokeSessions, "PUT /api/1/users/101/logout", ""),
        ])
    func acts(_ action: ActionType, _ expected: String, _ body: String) throws {
        let provider = try FakeProvider { request in
            if request.path == "/auth/oauth2/v2/token" { return OneLoginAccount.answer(request, isEmpty: false) }
            return request.method + " " + request.target == expected && request.text == body ? .json([:]) : nil
        }
        let connector = try ConnectorCase.oneLogin.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "101")
        #expect(try connector.perform(action, on: target)["platform"] == "onelogin")
        #expect(OneLogin.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
        #expect(provider.requests.count == 2)
    }

    @Test("The outcome of a suspension is read from the user") func tellsWhatBecameOfASuspension() throws {
        for status in [1, 2] {
            let provider = try FakeProvider { request in
                request.path == "/api/2/users/101"
                    ? .json(["id": 101, "status": .integer(status)])
                    : OneLoginAccount.answer(request, isEmpty: false)
            }
            let connector = try ConnectorCase.oneLogin.connect(provider)
            let target = ActionTarget(actionID: .random(), externalID: "101")
            #expect((try connector.outcome(of: .suspendUser, on: target) == .notDone) == (status == 1))
        }
    }
}
