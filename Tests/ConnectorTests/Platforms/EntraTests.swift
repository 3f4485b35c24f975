import Base
import Integrations
import Synchronization
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let entra = ConnectorCase(
        connector: Entra.self, config: GraphTenant.config,
        org: { request in GraphTenant.answer(request) { EntraTenant.answer(request, $0, isEmpty: false) } },
        emptyOrg: { request in GraphTenant.answer(request) { EntraTenant.answer(request, $0, isEmpty: true) } },
        isPage: { $0.path == "/v1.0/users" },
        throttled: GraphTenant.throttled, refused: GraphTenant.refused, renewsTokens: true,
        rejected: GraphTenant.rejected,
        counts: ["account": 11, "application": 4, "entitlement": 24, "oauthGrant": 5, "auditEvent": 13])
}

enum EntraTenant {
    static func answer(_ request: FakeProvider.Request, _ path: String, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.method == "GET" else { return nil }
        func list(_ items: [JSON], if isAsked: Bool = true) -> FakeProvider.Reply? {
            isAsked ? GraphTenant.page(request, isEmpty ? [] : items) : nil
        }
        let select = request.parameter("$select") ?? ""
        let filter = request.parameter("$filter")
        switch path {
        case "/organization": return .json(["value": [["id": .string(GraphTenant.id)]]])
        case "/users":
            let hasSignIns = select.contains("signInActivity")
            return list(
                (0..<6).map(user).map { hasSignIns ? $0 : $0.with(["signInActivity": nil]) },
                if: request.parameter("$top") == "120"
                    && request.parameter("$expand")?.hasPrefix("manager(") == true)
        case "/directory/deletedItems/microsoft.graph.user": return list((0..<5).map(deleted))
        case "/reports/authenticationMethods/userRegistrationDetails":
            return list((0..<6).map { ["id": .string("u\($0)"), "isMfaRegistered": .bool($0 != 0)] })
        case "/roleManagement/directory/roleDefinitions":
            return list([
                ["id": "r1", "displayName": "Global Administrator"], ["id": "r2", "displayName": "Directory Readers"],
                ["id": "r3", "displayName": "User Administrator"],
            ])
        case "/roleManagement/directory/roleAssignments":
            return list([
                assignment("r1", "u1", "user"), assignment("r2", "u2", "user"), assignment("r3", "g1", "group"),
            ])
        case "/groups/g1/transitiveMembers/microsoft.graph.user":
            // Graph answers a type cast in a path only as an advanced query, which needs $count and ConsistencyLevel.
            return list(
                [["id": "u3"], ["id": "u4"], ["id": "u5"]],
                if: select == "id" && request.parameter("$count") == "true"
                    && request.headers["ConsistencyLevel"] == "eventual")
        case "/servicePrincipals": return list((0..<7).map(principal), if: select.contains("appRoles"))
        case "/oauth2PermissionGrants":
            switch filter {
            case "consentType eq 'Principal'": return list((0..<6).map(grant))
            case "consentType eq 'AllPrincipals'": return list([["id": "all", "clientId": "sp2"]])
            default: return nil
            }
        case "/auditLogs/signIns": return list(signIns, if: filter == "createdDateTime ge 2026-03-31T23:33:20Z")
        case "/auditLogs/directoryAudits":
            return list(audits, if: filter == "activityDateTime ge 2026-03-31T23:33:20Z")
        default:
            let parts = path.split(separator: "/")
            guard parts.count == 3, parts[0] == "servicePrincipals", parts[2] == "appRoleAssignedTo" else { return nil }
            let id = String(parts[1])
            return list([
                appRole(id, "a", "User", "u0", "00000000-0000-0000-0000-000000000000"),
                appRole(id, "b", "Group", "g1", "role1"), appRole(id, "c", "ServicePrincipal", "sp9", "role1"),
                appRole(id, "d", "User", "u1", "role1"), appRole(id, "e", "User", "u2", "gone"),
            ])
        }
    }

    private static func user(_ number: Int) -> JSON {
        [
            "id": .string("u\(number)"), "displayName": .string("Ann \(number)"),
            "mail": number == 2 ? nil : .string("Ann\(number)@example.com"),
            "userPrincipalName": number == 4
                ? "guest_partner.example#EXT#@tenant.onmicrosoft.com" : .string("a\(number)@corp.example.com"),
            "accountEnabled": .bool(number != 3), "department": "Sales", "jobTitle": "Lead",
            "userType": number == 4 ? "Guest" : "Member", "createdDateTime": "2024-01-02T03:04:05Z",
            "signInActivity": [
                "lastSignInDateTime": "2026-04-02T10:00:00Z",
                "lastSuccessfulSignInDateTime": number == 0 ? nil : "2026-04-01T10:00:00Z",
            ],
            "manager": ["id": "u1", "mail": "Boss@example.com"],
        ]
    }

    private static func deleted(_ number: Int) -> JSON {
        [
            "id": .string("0a0a0a0a-0000-4000-8000-00000000000\(number)"), "displayName": "Gone",
            "userPrincipalName": .string("0a0a0a0a00004000800000000000000\(number)gone\(number)@corp.example.com"),
            "userType": "Member", "deletedDateTime": "2026-03-01T00:00:00Z",
        ]
    }

    private static func assignment(_ role: JSON, _ principal: JSON, _ type: String) -> JSON {
        [
            "id": "x", "roleDefinitionId": role, "principalId": principal,
            "principal": ["@odata.type": .string("#microsoft.graph.\(type)"), "id": principal],
        ]
    }

    /// Returns a service principal. Number 4 is Microsoft's own, 5 is a managed identity, and 6 is blocked.
    private static func principal(_ number: Int) -> JSON {
        [
            "id": .string("sp\(number)"), "displayName": .string("App \(number)"),
            "accountEnabled": .bool(number != 6),
            "servicePrincipalType": number == 5 ? "ManagedIdentity" : "Application",
            "appOwnerOrganizationId": number == 4
                ? "f8cdef31-a31e-4b4a-93e4-5f571e91255a" : number == 3 ? .string(GraphTenant.id) : "other",
            "preferredSingleSignOnMode": number == 0 ? "saml" : nil, "appRoleAssignmentRequired": false,
            "verifiedPublisher": ["displayName": number == 1 ? "Vendor" : nil],
            "appRoles": [["id": "role1", "value": "Org.Admin", "displayName": "Administrator"]],
        ]
    }

    private static func appRole(
        _ application: String, _ id: String, _ type: JSON, _ principal: JSON, _ role: JSON
    ) -> JSON {
        [
            "id": .string(application + id), "principalType": type, "principalId": principal, "appRoleId": role,
            "createdDateTime": "2025-01-01T00:00:00Z",
        ]
    }

    /// Returns a grant. Number 5, the last, is a grant to Microsoft's own application.
    private static func grant(_ number: Int) -> JSON {
        [
            "id": .string("grant\(number)"), "clientId": number == 5 ? "sp4" : "sp1", "consentType": "Principal",
            "principalId": .string("u\(number)"), "scope": " Mail.Read openid",
        ]
    }

    private static let signIns: [JSON] = [0, 50_126, 50_140, 500_121, 0].enumerated().map { index, code in
        [
            "id": .string("s\(index)"), "createdDateTime": "2026-04-02T10:00:00Z", "userId": "u1",
            "userPrincipalName": "a1@corp.example.com", "userDisplayName": "Ann 1", "appDisplayName": "Portal",
            "ipAddress": "198.51.100.7", "status": ["errorCode": .integer(code)],
            "location": ["countryOrRegion": "NL"], "riskLevelDuringSignIn": index == 4 ? "high" : "none",
        ]
    }

    private static let audits: [JSON] = [
        "Add member to role", "User deleted security info", "Admin deleted security info",
        "Reset password (self-service)", "Suspicious activity reported", "Delete conditional access policy",
        "Update user",
    ].enumerated().map { index, name in
        [
            "id": .string("a\(index)"), "activityDateTime": "2026-04-02T10:00:00Z",
            "activityDisplayName": .string(name), "result": index == 6 ? "failure" : "success",
            "initiatedBy": [
                "user": ["id": "u1", "userPrincipalName": "a1@corp.example.com", "ipAddress": "198.51.100.7"]
            ],
            "targetResources": [["displayName": "Target"]],
        ]
    }
}

@Suite struct EntraTests {
    private func everything() throws -> [SyncRecord] {
        let provider = try FakeProvider(ConnectorCase.entra.org)
        let connector = try ConnectorCase.entra.connect(provider)
        return try pull { connector }
    }

    @Test("Users are mapped to our accounts") func mapsUsers() throws {
        let accounts = try everything().accounts
        #expect(accounts["u0"]?.email == "ann0@example.com")
        #expect(accounts["u0"]?.linkedEmails == ["a0@corp.example.com"])
        #expect(accounts["u0"]?.mfaEnabled == false)
        #expect(accounts["u0"]?.lastLoginAt?.description == "2026-04-02T10:00:00Z")
        #expect(accounts["u1"]?.lastLoginAt?.description == "2026-04-01T10:00:00Z")
        #expect(accounts["u1"]?.adminRoles == ["Global Administrator"])
        #expect(accounts["u1"]?.managerEmail == "boss@example.com")
        #expect(accounts["u2"]?.email == "a2@corp.example.com")
        #expect(accounts["u2"]?.isAdmin == false)
        #expect(accounts["u3"]?.status == .suspended)
        #expect(accounts["u3"]?.adminRoles == ["User Administrator"])
        #expect(accounts["u4"]?.kind == .external)
        #expect(accounts["u4"]?.email == "ann4@example.com")
        #expect(accounts["u4"]?.linkedEmails == [])
    }

    /// A deleted user's principal name begins with the id.
    @Test("Deleted users are known by their address without the id") func knowsDeletedUsersByTheirAddress() throws {
        let gone = try #require(try everything().accounts["0a0a0a0a-0000-4000-8000-000000000001"])
        #expect(gone.email == "gone1@corp.example.com")
        #expect(gone.status == .deprovisioned)
        #expect(gone.deprovisionedAt?.description == "2026-03-01T00:00:00Z")
    }

    @Test("Applications, access and grants are mapped to our records") func mapsApplicationsAndAccess() throws {
        let records = try everything()
        var applications: [String: ApplicationRecord] = [:]
        var entitlements: [String: EntitlementRecord] = [:]
        var grants: [OAuthGrantRecord] = []
        for record in records {
            switch record {
            case .application(let application): applications[application.externalID] = application
            case .entitlement(let entitlement): entitlements[entitlement.externalID] = entitlement
            case .oauthGrant(let grant): grants.append(grant)
            default: break
            }
        }
        #expect(applications.mapValues(\.isManaged) == ["sp0": true, "sp1": false, "sp2": true, "sp3": true])
        #expect(applications["sp0"]?.ssoEnabled == true)
        #expect(applications["sp1"]?.publisher == "Vendor")
        #expect(entitlements["sp1a"]?.role == "user")
        #expect(entitlements["sp1d"]?.role == "Org.Admin")
        #expect(entitlements["sp1d"]?.isAdmin == true)
        #expect(entitlements["sp1b/u3"]?.accountExternalID == "u3")
        #expect(grants.first?.scopes == ["Mail.Read", "openid"])
        #expect(grants.allSatisfy { $0.applicationExternalID == "sp1" })
    }

    @Test("The logs are mapped to our events") func mapsLogs() throws {
        var events: [String: [AuditEventRecord]] = [:]
        for case .auditEvent(let event) in try everything() { events[event.eventType, default: []].append(event) }
        #expect(events[EventType.signIn]?.map(\.outcome) == [.success, .failure, .success])
        #expect(events[EventType.signIn]?.first?.details == ["country": "NL"])
        #expect(events["sign_in.interrupted"]?.count == 1)
        #expect(events[EventType.secondFactor]?.map(\.outcome) == [.failure])
        #expect(events[EventType.signInPolicy]?.first?.details["risk"] == "high")
        for type in [
            EventType.privilegeGranted, EventType.factorRemoved, EventType.passwordReset,
            EventType.suspiciousActivity, EventType.policyDeleted, "Admin deleted security info",
        ] { #expect(events[type]?.count == 1, "\(type)") }
        #expect(events["Update user"]?.first?.outcome == .failure)
    }

    @Test("A tenant without a license has fewer records and no errors")
    func aTenantWithoutALicenceHasFewerRecords() throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                if path.hasPrefix("/auditLogs") || path.hasPrefix("/reports") { return GraphTenant.unlicensed }
                guard path == "/users" else { return EntraTenant.answer(request, path, isEmpty: false) }
                return request.parameter("$select")?.contains("signInActivity") == true
                    ? GraphTenant.unlicensed : .json(["value": [["id": "u1", "userPrincipalName": "a@example.com"]]])
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let records = try pull { connector }
        #expect(records.accounts["u1"]?.adminRoles == ["Global Administrator"])
        #expect(records.accounts["u1"]?.mfaEnabled == nil)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A next page at another host is requested from Graph") func aNextPageElsewhereIsAskedOfGraph() throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { select in
                let isSecond = request.parameter("$skiptoken") == "2"
                let next: JSON = "https://graph.microsoft.com.evil.example/v1.0/users?$skiptoken=2"
                return .json(["value": [], "@odata.nextLink": isSecond ? .null : next])
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let users = try #require(connector.collections.first)
        let first = try users.page(nil)
        #expect(try users.page(first.next).next == nil)
        let hosts = provider.requests.filter { $0.path == "/v1.0/users" }.map { $0.headers["Host"] }
        #expect(hosts == ["graph.microsoft.com", "graph.microsoft.com"])
    }

    @Test("A next page outside of the API version is not requested")
    func aNextPageOutsideOfGraphIsNotFollowed() throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { _ in
                .json(["value": [], "@odata.nextLink": "https://graph.microsoft.com/beta/users"])
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let error = #expect(throws: ConnectorError.self) { try pull { connector } }
        #expect(error?.kind == "provider_error")
        #expect(provider.requests.count == 2)
    }

    @Test(
        "Errors of the token endpoint tell if the secret or the configuration is wrong",
        arguments: [
            (7_000_222, "authentication_expired"), (90_002, "configuration_invalid"),
            (700_016, "configuration_invalid"),
        ])
    func tokenErrorsSayWhatToDo(_ code: Int, _ kind: String) throws {
        let provider = try FakeProvider { _ in
            .json(["error": "invalid_client", "error_codes": [.integer(code)]], status: 401)
        }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.entra.connect(provider).check() }
        #expect(error?.kind == kind)
    }

    @Test(
        "A tenant must be named by its GUID",
        arguments: ["contoso.onmicrosoft.com", "../common", "11111111-2222-4333-8444-55555555555"])
    func takesTenantsByTheirGUIDOnly(_ tenant: String) {
        let config = GraphTenant.config.merging(["tenant_id": .string(tenant)]) { $1 }
        #expect(throws: CredentialErrors.self) { try Credentials(config, Entra.fields) }
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (ActionType.suspendUser, "PATCH /users/x1", #"{"accountEnabled":false}"#),
            (.unsuspendUser, "PATCH /users/x1", #"{"accountEnabled":true}"#),
            (
                .forcePasswordChange, "PATCH /users/x1",
                #"{"passwordProfile":{"forceChangePasswordNextSignIn":true}}"#
            ),
            (.revokeSessions, "POST /users/x1/revokeSignInSessions", ""),
            (.revokeOAuthToken, "DELETE /oauth2PermissionGrants/grant7", ""),
            (.revokeAllTokens, "DELETE /oauth2PermissionGrants/grant7", ""),
            (.blockApp, "PATCH /servicePrincipals/x1", #"{"accountEnabled":false}"#),
        ])
    func acts(_ action: ActionType, _ expected: String, _ body: String) throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                if request.method == "GET", path == "/users/x1/oauth2PermissionGrants" {
                    return .json(["value": [["id": "grant7"]]])
                }
                // revokeSignInSessions may answer with another 2xx than documented.
                return request.method + " " + path == expected && request.text == body ? .init(202) : nil
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "x1")
        #expect(try connector.perform(action, on: target)["platform"] == "microsoft_entra")
        #expect(Entra.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
    }

    @Test("One grant is revoked by its own id") func oneGrantIsRevokedByItsOwnID() throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                request.method == "DELETE" && path == "/oauth2PermissionGrants/grant3" ? .init(204) : nil
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let target = ActionTarget(actionID: .random(), .grant, externalID: "grant3")
        _ = try connector.perform(.revokeOAuthToken, on: target)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A license is revoked: the named one, or the only one") func takesALicenseBack() throws {
        let (first, second) = ("c7df2760-2c81-4ef7-b578-5b5392b571df", "0C266DFF-15DD-4B49-8397-2BB16070ED52")
        let held = Mutex([first, second])
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                switch request.method + " " + path {
                case "GET /users/x1/licenseDetails":
                    return .json(["value": .array(held.withLock { $0.map { ["skuId": .string($0)] } })])
                case "POST /users/x1/assignLicense":
                    guard request.json["addLicenses"] == [],
                        let sku = request.json["removeLicenses"]?.array?.first?.string
                    else { return nil }
                    held.withLock { $0.removeAll { $0 == sku } }
                    return .json(["id": "x1"])
                default: return nil
                }
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let unnamed = ActionTarget(actionID: .random(), externalID: "x1")
        let named = try ActionTarget(
            "x1", for: .revokeLicense, by: Entra.self, ["sku_id": .string(second.lowercased())])
        #expect(throws: ConnectorError.self) { try connector.perform(.revokeLicense, on: unnamed) }
        #expect(try connector.outcome(of: .revokeLicense, on: named) == .notDone)
        let result = try connector.perform(.revokeLicense, on: named)
        #expect(held.withLock { $0 } == [first])
        // The license is already gone, and no other is revoked instead.
        #expect(throws: ConnectorError.self) { try connector.perform(.revokeLicense, on: named) }
        #expect(held.withLock { $0 } == [first])
        #expect(try connector.outcome(of: .revokeLicense, on: named) == .done(result))
        // If the action names no license, it is not known which of the two licenses it concerned.
        #expect(try connector.outcome(of: .revokeLicense, on: unnamed) == nil)
        #expect(try connector.perform(.revokeLicense, on: unnamed) == result)
        #expect(held.withLock { $0.isEmpty })
        #expect(try connector.outcome(of: .revokeLicense, on: unnamed) == .done(result))
        #expect(throws: ConnectorError.self) { try connector.perform(.revokeLicense, on: unnamed) }
        #expect(provider.unexpected.isEmpty && Entra.actions.contains(.revokeLicense))
    }

    @Test("An access review that was already created is found again") func anAccessReviewIsFoundAgain() throws {
        let group = "0b0b0b0b-0000-4000-8000-000000000001"
        let target = try ActionTarget(
            "x", .other, for: .createAccessReview, by: Entra.self, ["group_id": .string(group)])
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                if path == "/groups/\(group)" { return .json(["id": .string(group)]) }
                guard path == "/identityGovernance/accessReviews/definitions" else { return nil }
                guard request.method == "POST" else {
                    return GraphTenant.page(
                        request,
                        [
                            ["id": "1", "displayName": "Other"], ["id": "2", "displayName": "Other"],
                            ["id": "3", "displayName": .string("Thalian access review \(target.actionID)")],
                        ])
                }
                let body = request.json
                let isRight =
                    body["scope"]?["query"] == .string("/groups/\(group)/transitiveMembers")
                    && body["reviewers"]?.array?.first?["query"] == .string("/groups/\(group)/owners")
                    && body["settings"]?["autoApplyDecisionsEnabled"] == false
                return isRight ? .json(["id": "3"], status: 201) : nil
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let result = try connector.perform(.createAccessReview, on: target)
        #expect(result["review_id"] == "3")
        #expect(try connector.outcome(of: .createAccessReview, on: target) == .done(result))
        let other = ActionTarget(actionID: .random(), externalID: "x")
        #expect(try connector.outcome(of: .createAccessReview, on: other) == .notDone)
        #expect(throws: ConnectorError.self) { try connector.perform(.createAccessReview, on: other) }
        #expect(provider.unexpected.isEmpty)
    }

    /// A user belongs to the groups that the user is a member of, and an application to the groups that are assigned to
    /// it.
    @Test(
        "Only a group that the target belongs to is reviewed",
        arguments: [ActionTarget.Kind.account, .application], [true, false])
    func onlyTheTargetsGroupIsReviewed(_ kind: ActionTarget.Kind, _ belongs: Bool) throws {
        let group = "0b0b0b0b-0000-4000-8000-000000000001"
        let target = try ActionTarget(
            "x", kind, for: .createAccessReview, by: Entra.self, ["group_id": .string(group.uppercased())])
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                switch request.method + " " + path {
                case "POST /users/x/checkMemberGroups":
                    return request.json == ["groupIds": [.string(group)]]
                        ? .json(["value": belongs ? [.string(group)] : []]) : nil
                case "GET /servicePrincipals/x/appRoleAssignedTo":
                    return GraphTenant.page(
                        request, [["principalId": .string(belongs ? group : "other"), "principalType": "Group"]])
                case "POST /identityGovernance/accessReviews/definitions": return .json(["id": "3"], status: 201)
                default: return nil
                }
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let isReviewed = (try? connector.perform(.createAccessReview, on: target)) != nil
        #expect(isReviewed == belongs && provider.unexpected.isEmpty)
        #expect(provider.requests.contains { $0.path.hasSuffix("definitions") } == belongs)
    }

    @Test("The outcome of a suspension is read from the user") func tellsWhatBecameOfASuspension() throws {
        for isEnabled in [true, false] {
            let provider = try FakeProvider { request in
                GraphTenant.answer(request) { _ in .json(["id": "u1", "accountEnabled": .bool(isEnabled)]) }
            }
            let connector = try ConnectorCase.entra.connect(provider)
            let target = ActionTarget(actionID: .random(), externalID: "u1")
            #expect((try connector.outcome(of: .suspendUser, on: target) == .notDone) == isEnabled)
        }
    }
}
