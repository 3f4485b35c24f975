import Base
import Integrations
import Synchronization
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let zoom = ConnectorCase(
        connector: Zoom.self,
        config: ["account_id": "acc-1", "client_id": "client-1", "client_secret": "secretZoomSecret"],
        org: { ZoomAccount.answer($0, isEmpty: false) }, emptyOrg: { ZoomAccount.answer($0, isEmpty: true) },
        isPage: { $0.path == "/v2/users" && $0.parameter("status") == "active" },
        throttled: { .json(["code": 429, "message": "m"], status: 429, headers: ["Retry-After": "1"]) },
        refused: .json(["code": 124, "message": "Invalid access token."], status: 401), renewsTokens: true,
        rejected: .json(["reason": "Invalid client_id or client_secret", "error": "invalid_client"], status: 401),
        counts: ["account": 9, "application": 1, "entitlement": 3])
}

/// An account as Zoom's API shows it, with two items per page.
enum ZoomAccount {
    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        if request.headers["Host"] == "zoom.us", request.path == "/oauth/token" {
            // The decoded credentials: client-1:secretZoomSecret
            return request.headers["Authorization"] == "Basic Y2xpZW50LTE6c2VjcmV0Wm9vbVNlY3JldA=="
                && request.text == "grant_type=account_credentials&account_id=acc-1"
                ? .json(["access_token": "t1", "token_type": "bearer", "expires_in": 3_599]) : nil
        }
        guard request.headers["Host"] == "api.zoom.us", request.headers["Authorization"] == "Bearer t1",
            request.method == "GET"
        else { return nil }
        if request.path.hasPrefix("/v2/users/") { return .json(details(String(request.path.dropFirst(10)))) }
        guard request.path == "/v2/users", request.parameter("page_size") != nil else { return nil }
        let status = request.parameter("status") ?? "active"
        let count = ["active": 6, "inactive": 2, "pending": 2][status] ?? 0
        let from = request.parameter("next_page_token").flatMap { Int($0) } ?? 0
        guard (0...count).contains(from) else { return nil }
        let users = isEmpty ? [] : (from..<min(from + 2, count)).map { user($0, status) }
        let isOver = isEmpty || from + 2 >= count
        return .json(["users": .array(users), "next_page_token": .string(isOver ? "" : String(from + 2))])
    }

    private static func user(_ number: Int, _ status: String) -> JSON {
        var user: [String: JSON] = [
            "id": .string("\(status)\(number)"), "email": .string("U\(number)@Acme.com"), "first_name": "Ada",
            "last_name": .string(status), "type": .integer(number < 3 ? 2 : 1), "status": .string(status),
            "role_id": .string(String(number)), "dept": "Sales", "verified": .integer(number == 1 ? 0 : 1),
            "last_login_time": "2026-04-01T10:00:00Z", "created_at": "2024-01-02T03:04:05Z",
        ]
        // A user who has not accepted the invitation yet may have no id.
        if status == "pending", number == 1 { user["id"] = nil }
        return .object(user)
    }

    /// Returns a single user's entry, which has fields that Zoom's list of users lacks.
    private static func details(_ id: String) -> JSON {
        let isSSO = id.hasSuffix("0")
        return [
            "id": .string(id), "manager": "boss@acme.com", "job_title": "Engineer",
            "login_types": isSSO ? [101] : id.hasSuffix("1") ? [1, 101] : .null,
        ]
    }
}

@Suite struct ZoomTests {
    private let target = ActionTarget(actionID: .random(), externalID: "u1")

    @Test("Users and seats are mapped to our records") func mapsWhatZoomSays() throws {
        let provider = try FakeProvider(ConnectorCase.zoom.org)
        let connector = try ConnectorCase.zoom.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        #expect(accounts["active0"]?.adminRoles == ["Owner"])
        #expect(accounts["active1"]?.adminRoles == ["Admin"])
        #expect(accounts["active2"]?.isAdmin == false)
        #expect(accounts["active0"]?.email == "u0@acme.com")
        #expect(accounts["active1"]?.email == nil)
        #expect(accounts["active1"]?.unverifiedEmail == "u1@acme.com")
        #expect(accounts["active0"]?.ssoEnforced == true)
        #expect(accounts["active1"]?.ssoEnforced == false)
        #expect(accounts["active2"]?.ssoEnforced == nil)
        #expect(accounts["active0"]?.managerEmail == "boss@acme.com")
        #expect(accounts["inactive0"]?.status == .suspended)
        #expect(accounts["active0"]?.title == "Engineer" && accounts["active0"]?.department == "Sales")
        #expect(accounts["pending0"]?.status == .staged)
        guard case .entitlement(let seat)? = records.byKey["entitlement/zoom/active0"] else {
            Issue.record("a seat is missing")
            return
        }
        #expect(seat.isLicense && seat.isAdmin && seat.lastUsedAt == accounts["active0"]?.lastLoginAt)
        #expect(records.byKey["entitlement/zoom/inactive0"] == nil)
    }

    /// The accounts have the fields that the list shows, and the details of single users are reported as left out.
    @Test("Without the scope for single users, the list is pulled")
    func withoutTheScopeForSingleUsersTheListIsPulled() throws {
        let provider = try FakeProvider { request in
            request.path.hasPrefix("/v2/users/")
                ? .json(["code": 4_711, "message": "Invalid access token, does not contain scopes"], status: 400)
                : ZoomAccount.answer(request, isEmpty: false)
        }
        let connector = try ConnectorCase.zoom.connect(provider)
        let accounts = try pull { connector }.accounts
        #expect(accounts.count == 9 && accounts["active0"]?.department == "Sales")
        #expect(accounts.values.allSatisfy { $0.ssoEnforced == nil && $0.title == nil })
        #expect(try connector.collections[1].page(nil).entries.leftOut.map(\.name) == ["user details"])
        // After five refusals, no more single users are requested.
        #expect(provider.requests.filter { $0.path.hasPrefix("/v2/users/") }.count == 5)
    }

    /// Page tokens are valid for fifteen minutes.
    @Test("The list restarts after an expired page token") func beginsAgainWhenAPageTokenHasExpired() throws {
        let provider = try FakeProvider(ConnectorCase.zoom.org)
        provider.fail(
            .json(["code": 300, "message": "The next page token is invalid or expired."], status: 400),
            when: { $0.parameter("next_page_token") == "4" })
        let connector = try ConnectorCase.zoom.connect(provider)
        #expect(try pull { connector }.accounts.count == 9)
        #expect(provider.unexpected.isEmpty)
    }

    /// The daily limit names a date, not a number of seconds.
    @Test("The daily rate limit is read from its date") func readsTheDailyLimit() throws {
        let provider = try FakeProvider(ConnectorCase.zoom.org)
        provider.fail(
            .json(["code": 429], status: 429, headers: ["Retry-After": "2020-01-01T00:00:00Z"]), after: 1)
        try ConnectorCase.zoom.connect(provider).check()
        #expect(provider.requests.count == 3)
    }

    @Test("A missing scope is not mistaken for a bad secret") func aMissingScopeIsNoBadSecret() throws {
        let provider = try FakeProvider(ConnectorCase.zoom.org)
        provider.fail(
            .json(["code": 4_711, "message": "Invalid access token, does not contain scopes"], status: 400), after: 1)
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.zoom.connect(provider).check() }
        #expect(error?.kind == "configuration_invalid")
    }

    /// A seat is identified by its user.
    @Test("A user's seat is revoked, and the whole application can't be revoked", arguments: ["u1", "zoom/u1"])
    func takesASeatBack(_ entity: String) throws {
        let type = Mutex(2)
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "POST /oauth/token": return .json(["access_token": "t1"])
            case "GET /v2/users/u1": return .json(["id": "u1", "type": .integer(type.withLock { $0 })])
            case "PATCH /v2/users/u1" where request.json == ["type": 1]:
                type.withLock { $0 = 1 }
                return .init(204)
            default: return nil
            }
        }
        let connector = try ConnectorCase.zoom.connect(provider)
        let kind = entity == "u1" ? ActionTarget.Kind.account : .license
        let seat = ActionTarget(actionID: .random(), kind, externalID: entity)
        #expect(try connector.outcome(of: .revokeLicense, on: seat) == .notDone)
        let result = try connector.perform(.revokeLicense, on: seat)
        #expect(result == ["platform": "zoom", "external_id": .string(entity)])
        #expect(try connector.outcome(of: .revokeLicense, on: seat) == .done(result))
        let all = ActionTarget(actionID: .random(), .application, externalID: "zoom")
        #expect(throws: ConnectorError.self) { try connector.perform(.revokeLicense, on: all) }
        #expect(provider.unexpected.isEmpty && Zoom.actions.contains(.revokeLicense))
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (ActionType.suspendUser, "PUT /v2/users/u1/status", "deactivate"),
            (.unsuspendUser, "PUT /v2/users/u1/status", "activate"),
            (.revokeSessions, "DELETE /v2/users/u1/token", nil),
        ] as [(ActionType, String, String?)])
    func acts(_ action: ActionType, _ expected: String, _ name: String?) throws {
        let provider = try FakeProvider { request in
            if request.path == "/oauth/token" { return .json(["access_token": "t1"]) }
            if request.method == "GET" { return .json(["id": "u1", "status": "inactive"]) }
            let body: JSON = name.map { ["action": .string($0)] } ?? .null
            return request.method + " " + request.target == expected && request.json == body ? .init(204) : nil
        }
        let connector = try ConnectorCase.zoom.connect(provider)
        let result: JSON = ["platform": "zoom", "external_id": "u1"]
        #expect(try connector.perform(action, on: target) == result)
        #expect(try connector.outcome(of: action, on: target) == (action == .suspendUser ? .done(result) : .notDone))
        #expect(Zoom.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A password is replaced by a random one") func replacesAPasswordByOneThatNobodyKnows() throws {
        let provider = try FakeProvider { request in
            request.path == "/oauth/token" ? .json(["access_token": "t1"]) : .init(204)
        }
        let connector = try ConnectorCase.zoom.connect(provider)
        for _ in 0..<2 {
            #expect(
                try connector.perform(.forcePasswordChange, on: target)
                    == ["platform": "zoom", "external_id": "u1"])
        }
        let changes = provider.requests.filter { $0.method + " " + $0.target == "PUT /v2/users/u1/password" }
        let passwords = Set(changes.compactMap { $0.json.text("password") })
        #expect(passwords.count == 2)
        for password in passwords { #expect((8...31).contains(password.utf8.count)) }
    }

    /// A UUID would have only 122 random bits.
    @Test("A new password has 31 characters, and all but the first four are random")
    func aNewPasswordIsNotToBeGuessed() {
        let passwords = (0..<200).map { _ in Array(Zoom.newPassword().utf8) }
        #expect(passwords.allSatisfy { $0.count == 31 })
        for place in 4..<31 {
            #expect(Set(passwords.compactMap { $0.dropFirst(place).first }).count > 40, "character \(place)")
        }
    }
}
