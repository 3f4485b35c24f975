import Base
import Foundation
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let okta = ConnectorCase(
        connector: Okta.self, config: ["domain": "example.okta.com", "api_token": "00secretOktaToken"],
        org: { OktaOrg.answer($0, users: 6, isEmpty: false) },
        emptyOrg: { OktaOrg.answer($0, users: 0, isEmpty: true) },
        isPage: { $0.path == "/api/v1/users" && $0.parameter("filter") == nil },
        throttled: {
            let now = Timestamp.now
            let body: JSON = [
                "errorCode": "E0000047", "errorSummary": "API call exceeded rate limit due to too many requests.",
            ]
            return .json(body, status: 429, headers: ["x-rate-limit-reset": String(now.seconds + 1)])
        },
        refused: .json(
            ["errorCode": "E0000011", "errorSummary": "Invalid token provided", "errorCauses": []], status: 401),
        renewsTokens: false,
        counts: [
            "account": 11, "application": 6, "entitlement": 30, "oauthGrant": 5, "device": 5, "auditEvent": 6,
        ])
}

/// An org as Okta's API shows it, with two items per page.
enum OktaOrg {
    static func answer(_ request: FakeProvider.Request, users: Int, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.method == "GET", request.headers["Authorization"] == "SSWS 00secretOktaToken",
            request.headers["Host"] == "example.okta.com"
        else { return nil }
        let parts = request.path.split(separator: "/").map(String.init)
        switch (parts.dropFirst(2).first, parts.count) {
        case ("org", 3): return .json(["id": "00o1", "companyName": "Example"])
        case ("users", 3) where request.parameter("filter") == nil:
            return page(request, (0..<users).map { user("u\($0)", "ACTIVE") })
        case ("users", 3) where request.parameter("filter") == #"status eq "DEPROVISIONED""#:
            return page(request, isEmpty ? [] : (0..<5).map { user("gone\($0)", "DEPROVISIONED") })
        case ("users", 5) where parts[4] == "factors":
            return .json(parts[3] == "u0" ? [["status": "PENDING_ACTIVATION"]] : [["status": "ACTIVE"]])
        case ("users", 5) where parts[4] == "roles" && parts[3] == "u1": return .json([["type": "SUPER_ADMIN"]])
        case ("iam", 5):
            return page(request, isEmpty ? [] : ["x1", "x2", "u1", "x3", "x4"].map { ["id": $0] }, in: "value")
        case ("apps", 3):
            return page(
                request,
                isEmpty
                    ? []
                    : (0..<6).map {
                        [
                            "id": .string("app\($0)"), "label": .string("App \($0)"), "status": "ACTIVE",
                            "signOnMode": $0 == 0 ? "BROWSER_PLUGIN" : $0 == 5 ? "OPENID_CONNECT" : "SAML_2_0",
                        ]
                    })
        case ("apps", 5) where parts[4] == "users":
            return page(request, (0..<5).map { ["id": .string("u\($0)"), "scope": "USER"] })
        case ("apps", 5) where parts[4] == "tokens" && parts[3] == "app5":
            return page(request, (0..<5).map { token($0, "ACTIVE") } + [token(7, "REVOKED")])
        case ("devices", 3) where request.parameter("expand") == "user": return page(request, isEmpty ? [] : devices)
        case ("logs", 3):
            let from = request.parameter("after").flatMap { Int($0) } ?? 0
            let events = isEmpty ? [] : (from..<min(from + 2, 6)).map(event)
            let next = "<https://example.okta.com/api/v1/logs?after=\(from + 2)&limit=1000>; rel=\"next\""
            return .json(.array(events), headers: ["Link": next])
        default: return nil
        }
    }

    /// Returns a page of two items; Okta writes each link into a field of its own, with the org's canonical host.
    private static func page(
        _ request: FakeProvider.Request, _ items: [JSON], in member: String? = nil
    ) -> FakeProvider.Reply {
        let from = request.parameter("after").flatMap { Int($0) } ?? 0
        let part = JSON.array(Array(items[min(from, items.count)..<min(from + 2, items.count)]))
        var reply = FakeProvider.Reply.json(member.map { [$0: part] } ?? part)
        reply.headers.add("Link", "<https://canonical.okta.com\(request.target)>; rel=\"self\"")
        if from + 2 < items.count {
            let limit = request.parameter("limit") ?? ""
            reply.headers.add(
                "Link", "<https://canonical.okta.com\(request.path)?after=\(from + 2)&limit=\(limit)>; rel=\"next\"")
        }
        return reply
    }

    private static func user(_ id: String, _ status: String) -> JSON {
        [
            "id": .string(id), "status": .string(status), "created": "2024-01-02T03:04:05.000Z",
            "statusChanged": "2026-03-01T00:00:00.000Z", "lastLogin": "2026-04-01T10:00:00.000Z",
            "profile": [
                "email": .string(id.uppercased() + "@Example.com"), "login": .string(id + "@example.com"),
                "firstName": "Ann", "lastName": .string(id), "department": "Sales", "managerId": "boss@example.com",
            ],
        ]
    }

    private static func token(_ number: Int, _ status: String) -> JSON {
        [
            "id": .string("oar\(number)"), "status": .string(status), "created": "2026-03-01T00:00:00.000Z",
            "clientId": "client5", "userId": .string("u\(number)"), "scopes": ["offline_access", "okta.users.read"],
        ]
    }

    private static let devices: [JSON] = (0..<5).map {
        [
            "id": .string("d\($0)"), "status": $0 == 0 ? "SUSPENDED" : "ACTIVE",
            "profile": [
                "displayName": "MacBook", "platform": "MACOS", "osVersion": "14.4", "diskEncryptionType": "NONE",
                "serialNumber": .string("C02OKTA\($0)"),
            ],
            "_embedded": ["users": [["user": ["id": "u1"]]]],
        ]
    }

    private static func event(_ number: Int) -> JSON {
        [
            "uuid": .string("e\(number)"), "published": "2026-04-02T10:00:00.000Z", "eventType": "user.session.start",
            "outcome": ["result": number == 0 ? "FAILURE" : "SUCCESS"],
            "actor": ["id": "u1", "type": "User", "displayName": "Ann u1"],
            "client": ["ipAddress": "198.51.100.7", "geographicalContext": ["country": "Netherlands"]],
            "debugContext": ["debugData": ["risk": "{reasons=New Device, level=HIGH}"]],
        ]
    }
}

@Suite struct OktaTests {
    @Test("Users, applications, grants, devices and events are mapped to our records") func mapsWhatOktaSays() throws {
        let provider = try FakeProvider(ConnectorCase.okta.org)
        let connector = try ConnectorCase.okta.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        #expect(accounts["u0"]?.mfaEnabled == false)
        #expect(accounts["u1"]?.mfaEnabled == true)
        #expect(accounts["u1"]?.adminRoles == ["SUPER_ADMIN"])
        #expect(accounts["u1"]?.email == "u1@example.com")
        #expect(accounts["u1"]?.managerEmail == "boss@example.com")
        #expect(accounts["gone1"]?.status == .deprovisioned)
        #expect(accounts["gone1"]?.mfaEnabled == nil)
        #expect(accounts["gone1"]?.deprovisionedAt?.description == "2026-03-01T00:00:00Z")
        for case .auditEvent(let event) in records where event.externalID == "e0" {
            #expect(event.outcome == .failure)
            #expect(event.details == ["country": "NL", "risk": "high"])
        }
    }

    /// An administrator's change to another user's account is attributed to that account.
    @Test(
        "An event is attributed to the account that was changed",
        arguments: ["user.account.reset_password", "user.mfa.factor.deactivate"])
    func namesWhoseAccountItIs(_ type: String) throws {
        let record = OktaRecords.event([
            "uuid": "e1", "published": "2026-04-02T10:00:00.000Z", "eventType": .string(type),
            "outcome": ["result": "SUCCESS", "reason": "User reset FIDO_WEBAUTHN factor"],
            "actor": ["id": "admin", "type": "User", "displayName": "Admin", "alternateId": "admin@example.com"],
            "target": [
                ["id": "f1", "type": "AuthenticatorEnrollment", "displayName": "Key"],
                ["id": "u1", "type": "User", "displayName": "Ann u1", "alternateId": "U1@example.com"],
            ],
        ])
        guard case .read(let records) = record, case .auditEvent(let event)? = records.first else {
            Issue.record("no event")
            return
        }
        #expect(event.actor == "Admin")
        #expect(event.actorExternalID == "u1" && event.actorEmail == "u1@example.com")
        let isFactor = type == EventType.factorRemoved
        #expect(event.details == (isFactor ? ["factor": "FIDO_WEBAUTHN"] : [:]))
    }

    @Test("Granting a privilege is attributed to the administrator") func grantsAreTheAdministratorsOwnDoing() throws {
        let record = OktaRecords.event([
            "uuid": "e1", "published": "2026-04-02T10:00:00.000Z", "eventType": "user.account.privilege.grant",
            "outcome": ["result": "SUCCESS"],
            "actor": ["id": "admin", "type": "User", "alternateId": "admin@example.com"],
            "target": [["id": "u1", "type": "User", "displayName": "Ann u1"]],
        ])
        guard case .read(let records) = record, case .auditEvent(let event)? = records.first else {
            Issue.record("no event")
            return
        }
        #expect(event.actorExternalID == "admin" && event.actorEmail == nil && event.target == "Ann u1")
    }

    /// Status 401 means an invalid token only together with E0000011.
    @Test("A missing feature is not mistaken for a bad token") func aMissingFeatureIsNoBadToken() throws {
        let provider = try FakeProvider(ConnectorCase.okta.org)
        provider.fail(.json(["errorCode": "E0000015", "errorSummary": "You do not have permission"], status: 401))
        let connector = try ConnectorCase.okta.connect(provider)
        let error = #expect(throws: ConnectorError.self) { try connector.check() }
        #expect(error?.kind == "configuration_invalid")
    }

    static let noFeature = FakeProvider.Reply.json(
        [
            "errorCode": "E0000015",
            "errorSummary": "You do not have permission to access the feature you are requesting",
        ], status: 401)
    static let noPermission = FakeProvider.Reply.json(
        ["errorCode": "E0000006", "errorSummary": "You do not have permission to perform the requested action"],
        status: 403)

    @Test(
        "Lists that the token may not read are left out, and the report names them",
        arguments: [noFeature, noPermission])
    func whatTheTokenMayNotSeeIsLeftOutAndSaidToBe(_ refusal: FakeProvider.Reply) throws {
        let hidden: @Sendable (String) -> Bool = { path in
            path.hasSuffix("/factors") || path.hasSuffix("/tokens")
                || ["/api/v1/devices", "/api/v1/logs", "/api/v1/iam/assignees/users"].contains(path)
        }
        let provider = try FakeProvider { hidden($0.path) ? refusal : OktaOrg.answer($0, users: 6, isEmpty: false) }
        let connector = try ConnectorCase.okta.connect(provider)
        let records = try pull { connector }
        #expect(records.accounts.count == 11)
        // The value is unknown, which is not the same as false.
        #expect(records.accounts.values.allSatisfy { $0.mfaEnabled == nil && $0.isAdmin == nil })
        #expect(records.filter { $0.key.kind == "entitlement" }.count == 30)
        #expect(!records.contains { ["device", "auditEvent", "oauthGrant"].contains($0.key.kind) })
        let other = try ConnectorCase.okta.connect(provider)
        #expect(
            try Set(pullEntries { other }.entries.leftOut.map(\.name)) == [
                "factors", "administrator roles", "grants", "devices", "events",
            ])
        // After several refusals, the factors of further users are not requested.
        #expect(provider.requests.filter { $0.path == "/api/v1/users/u5/factors" }.isEmpty)
        let open = try pullEntries { connector }
        #expect(!open.ended.contains { $0.kinds == [.device] || $0.kinds == [.auditEvent] })
        #expect(open.entries.kept.contains(.ofApplication(.oauthGrant, application: "app5")))
    }

    @Test("An administrator whose roles the token may not read is still an administrator")
    func whoseRolesTheTokenMayNotSeeIsStillAnAdministrator() throws {
        let provider = try FakeProvider {
            $0.path.hasSuffix("/roles") ? Self.noPermission : OktaOrg.answer($0, users: 6, isEmpty: false)
        }
        let connector = try ConnectorCase.okta.connect(provider)
        let accounts = try pull { connector }.accounts
        #expect(accounts["u1"]?.isAdmin == true && accounts["u1"]?.unread == [.adminRoles])
        #expect(accounts["u2"]?.isAdmin == false)
    }

    @Test("Records that are removed during reading are skipped") func whatGoesMeanwhileIsPassedOver() throws {
        let gone = FakeProvider.Reply.json(["errorCode": "E0000007", "errorSummary": "Not found"], status: 404)
        let provider = try FakeProvider { request in
            switch request.path {
            case "/api/v1/apps/app3/users", "/api/v1/users/u2/factors": gone
            case "/api/v1/apps/app4/users" where request.parameter("after") != nil: gone
            default: OktaOrg.answer(request, users: 6, isEmpty: false)
            }
        }
        let connector = try ConnectorCase.okta.connect(provider)
        let records = try pull { connector }
        let assigned = records.filter { $0.key.kind == "entitlement" }.map { String($0.key.id.prefix { $0 != "/" }) }
        #expect(Set(assigned) == ["app0", "app1", "app2", "app4", "app5"])
        #expect(records.accounts["u2"]?.mfaEnabled == nil)
        #expect(records.accounts["u3"]?.mfaEnabled == true)
    }

    /// Okta's links name the org's canonical host. Here they name another server.
    @Test("Links are followed only at the org's own host") func linksLeadNowhereButToTheOrg() throws {
        let stranger = try FakeProvider { _ in nil }
        let address = stranger.url
        let provider = try FakeProvider { request in
            guard var reply = OktaOrg.answer(request, users: 6, isEmpty: false) else { return nil }
            let links = reply.headers.fields.filter { $0.name == "Link" }.map(\.value)
            reply.headers["Link"] = nil
            for link in links {
                reply.headers.add(
                    "Link", link.replacingOccurrences(of: "https://canonical.okta.com", with: address))
            }
            return reply
        }
        let connector = try ConnectorCase.okta.connect(provider)
        #expect(try pull { connector }.accounts.count == 11)
        #expect(Set(provider.requests.map { $0.headers["Host"] }) == ["example.okta.com"])
        #expect(stranger.requests.isEmpty && provider.unexpected.isEmpty)
    }

    @Test("A service app authenticates with its private key") func aServiceAppProvesItselfWithItsKey() throws {
        let provider = try FakeProvider { request in
            switch request.path {
            case "/oauth2/v1/token":
                let parts = request.form?.values("client_assertion").first?.split(separator: ".").count
                return parts == 3 ? .json(["token_type": "Bearer", "access_token": "t1"]) : nil
            case "/api/v1/org": return request.headers["Authorization"] == "Bearer t1" ? .json(["id": "o"]) : nil
            default: return nil
            }
        }
        var example = ConnectorCase.okta
        example = ConnectorCase(
            connector: Okta.self,
            config: ["domain": "example.okta.com", "client_id": "0oa1", "private_key": .string(TestKey.rsa)],
            org: example.org, emptyOrg: example.emptyOrg, isPage: example.isPage, throttled: example.throttled,
            refused: example.refused, renewsTokens: true, counts: [:])
        try example.connect(provider).check()
        #expect(provider.unexpected.isEmpty)
        provider.fail(
            .json(
                ["error": "invalid_dpop_proof", "error_description": "The DPoP proof JWT header is missing."],
                status: 400))
        let error = #expect(throws: ConnectorError.self) { try example.connect(provider).check() }
        #expect(error?.kind == "configuration_invalid")
    }

    @Test("The tokens of one person for one client become one grant") func tokensAreGrants() throws {
        func token(_ status: String, _ day: Int, _ scope: String) -> JSON {
            [
                "userId": "u1", "clientId": "c1", "status": .string(status), "scopes": [.string(scope)],
                "created": .string("2026-03-0\(day)T00:00:00.000Z"),
            ]
        }
        let tokens = [token("ACTIVE", 2, "b"), token("ACTIVE", 1, "a"), token("REVOKED", 1, "x"), ["status": "ACTIVE"]]
        guard case .oauthGrant(let grant)? = OktaRecords.grants(tokens, application: "app1").records.first else {
            Issue.record("there is no grant")
            return
        }
        #expect(grant.externalID == "u1/c1" && grant.accountExternalID == "u1" && grant.applicationExternalID == "app1")
        #expect(grant.scopes == ["a", "b"] && grant.grantedAt?.description == "2026-03-01T00:00:00Z")
        #expect(OktaRecords.grants(tokens, application: "app1").records.count == 1)
        #expect(OktaRecords.grants(tokens, application: "app1").kept == [.all(.oauthGrant)])
    }

    @Test(
        "Tokens and grants are revoked for the client, or for all clients",
        arguments: [
            (ActionType.revokeOAuthToken, "u1/c1", ["clients/c1/tokens", "clients/c1/grants"]),
            (.revokeOAuthToken, "u1", ["clients/c1/tokens", "clients/c2/tokens", "grants"]),
            (.revokeAllTokens, "u1", ["clients/c1/tokens", "clients/c2/tokens", "grants"]),
        ])
    func revokes(_ action: ActionType, _ entity: String, _ expected: [String]) throws {
        let provider = try FakeProvider { request in
            guard request.path.hasPrefix("/api/v1/users/u1/") else { return nil }
            if request.method == "DELETE" { return .init(204) }
            return request.path.hasSuffix("/clients") ? .json([["client_id": "c1"], ["client_id": "c2"]]) : nil
        }
        let connector = try ConnectorCase.okta.connect(provider)
        let kind = entity.contains("/") ? ActionTarget.Kind.grant : .account
        _ = try connector.perform(action, on: ActionTarget(actionID: .random(), kind, externalID: entity))
        let deleted = provider.requests.filter { $0.method == "DELETE" }.map(\.path)
        #expect(deleted == expected.map { "/api/v1/users/u1/" + $0 })
        #expect(provider.unexpected.isEmpty && Okta.actions.contains(action))
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (ActionType.suspendUser, "POST /api/v1/users/u1/lifecycle/suspend"),
            (.unsuspendUser, "POST /api/v1/users/u1/lifecycle/unsuspend"),
            (.deactivateUser, "POST /api/v1/users/u1/lifecycle/deactivate"),
            (.forcePasswordChange, "POST /api/v1/users/u1/lifecycle/expire_password"),
            (.revokeSessions, "DELETE /api/v1/users/u1/sessions?oauthTokens=true"),
            (.blockApp, "POST /api/v1/apps/u1/lifecycle/deactivate"),
            (.containHost, "POST /api/v1/devices/u1/lifecycle/suspend"),
            (.liftContainment, "POST /api/v1/devices/u1/lifecycle/unsuspend"),
        ])
    func acts(_ action: ActionType, _ expected: String) throws {
        let provider = try FakeProvider { $0.method + " " + $0.target == expected ? .init(204) : nil }
        let connector = try ConnectorCase.okta.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "u1")
        #expect(try connector.perform(action, on: target)["platform"] == "okta")
        #expect(Okta.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
        provider.fail(.init(502))
        let error = #expect(throws: ConnectorError.self) { try connector.perform(action, on: target) }
        guard case .unknownOutcome = error else {
            Issue.record("a provider that fails leaves the outcome open")
            return
        }
    }
}
