import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let googleWorkspace = ConnectorCase(
        connector: GoogleWorkspace.self,
        config: [
            "service_account_json": .string(GoogleCustomer.key), "admin_email": "admin@example.com",
            "customer_id": "C01abc2de",
        ],
        org: { GoogleCustomer.answer($0, isEmpty: false) },
        emptyOrg: { GoogleCustomer.answer($0, isEmpty: true) },
        isPage: { $0.path == "/admin/directory/v1/users" && $0.parameter("projection") == "full" },
        throttled: { GoogleCustomer.error(403, reason: "userRateLimitExceeded") },
        refused: GoogleCustomer.error(401, reason: "authError"),
        renewsTokens: true,
        rejected: .json(
            ["error": "invalid_grant", "error_description": "Invalid grant: account not found"], status: 400),
        counts: [
            "account": 11, "application": 6, "oauthGrant": 6, "accessKey": 6, "device": 13, "auditEvent": 37,
        ])
}

/// A customer as Google's APIs show it, with two items per page.
enum GoogleCustomer {
    static let key: String = {
        let key: JSON = [
            "type": "service_account", "client_email": "thalian@project.iam.gserviceaccount.com",
            "private_key_id": "k1", "private_key": .string(TestKey.rsa),
            "token_uri": "https://attacker.example.com/token",
        ]
        return String(decoding: JSONWriter.bytes(key), as: UTF8.self)
    }()

    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        if request.path == "/token" { return token(request) }
        guard request.method == "GET", request.headers["Authorization"] == "Bearer ya29.token" else { return nil }
        let parts = request.path.split(separator: "/").map(String.init)
        if request.headers["Host"] == "cloudidentity.googleapis.com" {
            return computers(request, parts, isEmpty: isEmpty)
        }
        guard request.headers["Host"] == "admin.googleapis.com", parts.first == "admin" else { return nil }
        if parts[1] == "reports" { return activities(request, parts, isEmpty: isEmpty) }
        let rest = Array(parts.dropFirst(3))
        switch (rest[0], rest.count) {
        case ("customers", 2): return rest[1] == "C01abc2de" ? .json(["id": "C01abc2de"]) : nil
        case ("users", 1): return users(request, isEmpty: isEmpty)
        case ("users", 3) where rest[2] == "tokens":
            return .json([
                "kind": "admin#directory#tokenList",
                "items": [
                    [
                        "clientId": .string("client-\(rest[1])"), "displayText": .string("App \(rest[1])"),
                        "scopes": ["https://www.googleapis.com/auth/drive"],
                    ]
                ],
            ])
        case ("users", 3) where rest[2] == "asps":
            return .json([
                "kind": "admin#directory#aspList",
                "items": [["codeId": 7, "name": "Mail", "creationTime": "1775000000000", "lastTimeUsed": "0"]],
            ])
        case ("customer", 3) where rest[2] == "roles":
            return page(
                request, "items",
                isEmpty
                    ? []
                    : [
                        ["roleId": "1", "roleName": "Super", "isSuperAdminRole": true],
                        ["roleId": "2", "roleName": "_HELP_DESK_ADMIN_ROLE"],
                    ])
        case ("customer", 3) where rest[2] == "roleassignments":
            return page(
                request, "items",
                isEmpty
                    ? []
                    : [
                        ["roleId": "1", "assignedTo": "u1", "assigneeType": "user"],
                        ["roleId": "2", "assignedTo": "g1", "assigneeType": "group"],
                        ["roleId": "1", "assignedTo": "u1", "assigneeType": "user"],
                    ])
        case ("groups", 3) where rest[2] == "members" && request.parameter("includeDerivedMembership") == "true":
            return page(request, "members", [["id": "u2", "type": "USER"], ["id": "g2", "type": "GROUP"]])
        case ("customer", 4) where rest[3] == "mobile":
            return page(request, "mobiledevices", isEmpty ? [] : (0..<5).map(mobile))
        case ("customer", 4) where rest[3] == "chromeos":
            return page(request, "chromeosdevices", isEmpty ? [] : (0..<5).map(chromebook))
        default: return nil
        }
    }

    static func error(_ status: Int, reason: String) -> FakeProvider.Reply {
        .json(
            [
                "error": [
                    "code": .integer(status), "message": "No",
                    "errors": [["domain": "global", "reason": .string(reason)]],
                ]
            ], status: status)
    }

    private static func token(_ request: FakeProvider.Request) -> FakeProvider.Reply? {
        guard request.headers["Host"] == "oauth2.googleapis.com", request.method == "POST",
            request.form?.values("grant_type") == ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
            let parts = request.form?.values("assertion").first?.split(separator: "."), parts.count == 3,
            let claims = Base64.urlSafe.decode(parts[1]).flatMap({ try? JSON(parsing: $0) }),
            claims["sub"] == "admin@example.com", claims["iss"] == "thalian@project.iam.gserviceaccount.com",
            claims["aud"] == "https://oauth2.googleapis.com/token"
        else { return nil }
        return .json(["access_token": "ya29.token", "expires_in": 3_599, "token_type": "Bearer"])
    }

    /// Returns a page of two items; Google omits an empty list.
    private static func page(
        _ request: FakeProvider.Request, _ member: String, _ items: [JSON], kind: JSON? = "admin#directory"
    ) -> FakeProvider.Reply {
        let from = request.parameter("pageToken").flatMap { Int($0.dropFirst()) } ?? 0
        var body: [String: JSON] = [:]
        body["kind"] = kind
        if !items.isEmpty { body[member] = .array(Array(items[from..<min(from + 2, items.count)])) }
        if from + 2 < items.count { body["nextPageToken"] = .string("p\(from + 2)") }
        return .json(.object(body))
    }

    private static func users(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.parameter("customer") == "C01abc2de" else { return nil }
        if request.parameter("showDeleted") == "true" {
            return page(request, "users", isEmpty ? [] : (0..<5).map { user("gone\($0)") })
        }
        switch (request.parameter("projection"), request.parameter("fields")) {
        case ("full", nil): return page(request, "users", isEmpty ? [] : (0..<6).map { user("u\($0)") })
        case (nil, "kind,nextPageToken,users(id)"):
            return page(request, "users", isEmpty ? [] : (0..<6).map { ["id": .string("u\($0)")] })
        default: return nil
        }
    }

    private static func user(_ id: String) -> JSON {
        [
            "id": .string(id), "primaryEmail": .string(id.uppercased() + "@Example.com"),
            "name": ["fullName": .string("Ann " + id)], "aliases": [.string(id + "@example.org")],
            "suspended": .bool(id == "u3"), "archived": .bool(id == "u4"), "isEnrolledIn2Sv": .bool(id != "u0"),
            "isAdmin": .bool(id == "u5"), "isDelegatedAdmin": false, "creationTime": "2024-01-02T03:04:05.000Z",
            "lastLoginTime": id == "u0" ? "1970-01-01T00:00:00.000Z" : "2026-04-01T10:00:00.000Z",
            "deletionTime": "2026-03-01T00:00:00.000Z",
            "organizations": [["department": "Old"], ["department": "Sales", "title": "Lead", "primary": true]],
            "relations": [["type": "manager", "value": "Boss@example.com"]],
        ]
    }

    private static func mobile(_ number: Int) -> JSON {
        [
            "resourceId": .string("m\(number)"), "email": ["Ann@example.com"], "model": "Pixel 9", "os": "Android 15",
            "type": "ANDROID", "status": number == 0 ? "BLOCKED" : "APPROVED",
            "encryptionStatus": number == 0 ? "Not Encrypted" : "Encrypted",
            "deviceCompromisedStatus": number == 0 ? "Compromised" : "No compromise detected",
            "lastSync": "2026-04-01T10:00:00.000Z",
        ]
    }

    private static func chromebook(_ number: Int) -> JSON {
        [
            "deviceId": .string("c\(number)"), "serialNumber": .string("S\(number)"), "model": "Chromebook",
            "osVersion": "124.0", "status": number == 0 ? "DISABLED" : "ACTIVE", "osVersionCompliance": "notCompliant",
            "recentUsers": [["type": "USER_TYPE_MANAGED", "email": "u1@example.com"]],
        ]
    }

    /// Answers as Cloud Identity, which lists phones too, and whose answers have no member `kind`.
    private static func computers(
        _ request: FakeProvider.Request, _ parts: [String], isEmpty: Bool
    ) -> FakeProvider.Reply? {
        guard request.parameter("customer") == "customers/C01abc2de" else { return nil }
        switch (parts.count, parts.last) {
        case (2, "devices"):
            let types = ["MAC_OS", "ANDROID", "WINDOWS", "LINUX"]
            let devices: [JSON] = types.enumerated().map { index, type in
                [
                    "name": .string("devices/d\(index)"), "deviceType": .string(type), "osVersion": "MacOS 14.4",
                    "encryptionState": index == 0 ? "NOT_ENCRYPTED" : "ENCRYPTED", "compromisedState": "UNCOMPROMISED",
                    "serialNumber": .string("X\(index)"), "hostname": .string("host\(index)"),
                    "lastSyncTime": "2026-04-01T10:00:00Z",
                ]
            }
            return page(request, "devices", isEmpty ? [] : devices, kind: nil)
        case (4, "deviceUsers"):
            guard parts[2] != "d3" else { return .json([:]) }
            return .json([
                "deviceUsers": [
                    [
                        "name": .string("devices/\(parts[2])/deviceUsers/du1"), "userEmail": "U1@example.com",
                        "managementState": "APPROVED",
                    ]
                ]
            ])
        default: return nil
        }
    }

    private static func activities(
        _ request: FakeProvider.Request, _ parts: [String], isEmpty: Bool
    ) -> FakeProvider.Reply? {
        guard request.parameter("startTime") == "2026-03-31T23:33:20Z", request.parameter("maxResults") == "1000",
            request.parameter("customerId") == "C01abc2de", parts.count == 8,
            parts[2...6].joined(separator: "/") == "v1/activity/users/all/applications"
        else { return nil }
        let name = request.parameter("eventName")
        let events: [JSON]
        switch (parts[7], name) {
        case ("login", nil):
            events = [
                event("login_success", ["name": "is_suspicious", "boolValue": true]), event("login_failure"),
                event(
                    "login_challenge", ["name": "login_challenge_status", "value": "Challenge Failed."]),
                event("2sv_disable"), event("password_edit"), event("login_success"),
            ]
        case ("admin", nil):
            events = Array(repeating: event("ASSIGN_ROLE", ["name": "USER_EMAIL", "value": "a@example.com"]), count: 6)
        case ("token", "authorize"?): events = Array(repeating: event("authorize"), count: 6)
        case ("drive", "download"?), ("drive", "delete"?), ("drive", "trash"?):
            events = Array(
                repeating: event(
                    name ?? "", ["name": "doc_id", "value": "doc1"], ["name": "doc_title", "value": "Plan"]), count: 6)
        default: return nil
        }
        let items: [JSON] = events.enumerated().map { index, event in
            [
                "id": [
                    "time": "2026-04-02T10:00:00.123Z", "uniqueQualifier": .string("-\(index)\(name ?? "")"),
                    "applicationName": .string(parts[7]),
                ],
                "actor": ["email": "U1@example.com", "profileId": "u1"], "ipAddress": "198.51.100.7",
                "networkInfo": ["regionCode": "NL"], "events": [event],
            ]
        }
        return page(request, "items", isEmpty ? [] : items, kind: "admin#reports#activities")
    }

    private static func event(_ name: String, _ parameters: JSON...) -> JSON {
        ["type": "x", "name": .string(name), "parameters": .array(parameters)]
    }
}

@Suite struct GoogleWorkspaceTests {
    private func everything() throws -> [SyncRecord] {
        let provider = try FakeProvider(ConnectorCase.googleWorkspace.org)
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        return try pull { connector }
    }

    @Test("Users are mapped to our accounts") func mapsUsers() throws {
        let accounts = try everything().accounts
        let first = try #require(accounts["u0"])
        #expect(first.email == "u0@example.com")
        #expect(first.linkedEmails == ["u0@example.org"])
        #expect(first.mfaEnabled == false)
        // Google writes the beginning of 1970 for "never".
        #expect(first.lastLoginAt == nil)
        #expect(first.department == "Sales")
        #expect(first.title == "Lead")
        #expect(first.managerEmail == "boss@example.com")
        #expect(first.isAdmin == false)
        #expect(accounts["u1"]?.adminRoles == ["_SEED_ADMIN_ROLE"])
        #expect(accounts["u2"]?.adminRoles == ["_HELP_DESK_ADMIN_ROLE"])
        #expect(accounts["u5"]?.adminRoles == ["_SEED_ADMIN_ROLE"])
        #expect(accounts["u3"]?.status == .suspended)
        #expect(accounts["u4"]?.status == .suspended)
        #expect(accounts["gone1"]?.status == .deprovisioned)
        #expect(accounts["gone1"]?.deprovisionedAt?.description == "2026-03-01T00:00:00Z")
    }

    @Test("Devices, grants and application passwords are mapped to our records") func mapsDevicesAndAccess() throws {
        let records = try everything().byKey
        guard case .device(let phone) = records["device/mobile/m0"],
            case .device(let chromebook) = records["device/chromeos/c1"],
            case .device(let mac) = records["device/devices/d0"],
            case .device(let linux) = records["device/devices/d3"],
            case .oauthGrant(let grant) = records["oauthGrant/u1/client-u1"],
            case .accessKey(let password) = records["accessKey/u1/7"]
        else {
            Issue.record("records are missing")
            return
        }
        #expect(phone.isJailbroken == true && phone.isEncrypted == false && phone.isContained)
        #expect(phone.operatingSystem == "Android" && phone.osVersion == "15")
        #expect(phone.ownerEmail == "ann@example.com")
        #expect(chromebook.isCompliant == false && !chromebook.isContained)
        #expect(chromebook.ownerEmail == "u1@example.com")
        #expect(mac.operatingSystem == "macOS" && mac.osVersion == "14.4" && mac.isEncrypted == false)
        #expect(mac.ownerEmail == "u1@example.com")
        #expect(linux.ownerEmail == nil && !linux.isContained)
        #expect(records["device/devices/d1"] == nil)
        #expect(grant.scopes == ["https://www.googleapis.com/auth/drive"])
        #expect(password.createdAt?.seconds == 1_775_000_000 && password.lastUsedAt == nil)
    }

    @Test("Activities are mapped to our events") func mapsActivities() throws {
        var events: [String: [AuditEventRecord]] = [:]
        for case .auditEvent(let event) in try everything() { events[event.eventType, default: []].append(event) }
        #expect(events[EventType.signIn]?.map(\.outcome) == [.success, .failure, .success])
        #expect(events[EventType.signIn]?.first?.details["country"] == "NL")
        #expect(events[EventType.signIn]?.first?.actorExternalID == "u1")
        #expect(events[EventType.signInPolicy]?.map { $0.details["risk"] } == ["high"])
        #expect(events[EventType.secondFactor]?.map(\.outcome) == [.failure])
        #expect(events[EventType.factorRemoved]?.count == 1)
        #expect(events[EventType.privilegeGranted]?.count == 6)
        #expect(events[EventType.download]?.first?.target == "doc1")
        #expect(events[EventType.deletion]?.count == 6)
        #expect(events[EventType.trash]?.count == 6)
        #expect(events["authorize"]?.count == 6)
    }

    /// Google reports throttling and a missing permission both as 403.
    @Test("A missing permission is not retried") func aMissingPermissionIsNotRetried() throws {
        let provider = try FakeProvider(ConnectorCase.googleWorkspace.org)
        provider.fail(GoogleCustomer.error(403, reason: "forbidden"), when: { $0.path != "/token" })
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        let error = #expect(throws: ConnectorError.self) { try connector.check() }
        #expect(error?.kind == "configuration_invalid")
        #expect(provider.requests.count == 2)
    }

    @Test("Missing domain-wide delegation is a configuration error") func missingDelegationIsSaid() throws {
        let provider = try FakeProvider { _ in
            .json(["error": "unauthorized_client", "error_description": "Client is unauthorized"], status: 401)
        }
        let error = #expect(throws: ConnectorError.self) {
            try ConnectorCase.googleWorkspace.connect(provider).check()
        }
        #expect(error?.kind == "configuration_invalid")
    }

    @Test(
        "Only keys of service accounts are accepted",
        arguments: ["{}", #"{"type":"authorized_user","client_email":"a@b.example","private_key":"x"}"#, "text"])
    func takesServiceAccountKeysOnly(_ key: String) {
        #expect(throws: CredentialErrors.self) {
            try Credentials(
                ["service_account_json": .string(key), "admin_email": "a@example.com"], GoogleWorkspace.fields)
        }
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (ActionType.suspendUser, "u1", "PATCH /admin/directory/v1/users/u1", #"{"suspended":true}"#),
            (.unsuspendUser, "u1", "PATCH /admin/directory/v1/users/u1", #"{"suspended":false}"#),
            (
                .forcePasswordChange, "u1", "PATCH /admin/directory/v1/users/u1",
                #"{"changePasswordAtNextLogin":true}"#
            ),
            (.revokeSessions, "u1", "POST /admin/directory/v1/users/u1/signOut", ""),
            (.revokeOAuthToken, "u1/client-u1", "DELETE /admin/directory/v1/users/u1/tokens/client-u1", ""),
            (.revokeAllTokens, "u1", "DELETE /admin/directory/v1/users/u1/tokens/client-u1", ""),
            (
                .containHost, "mobile/m1", "POST /admin/directory/v1/customer/C01abc2de/devices/mobile/m1/action",
                #"{"action":"block"}"#
            ),
            (
                .retireDevice, "mobile/m1", "POST /admin/directory/v1/customer/C01abc2de/devices/mobile/m1/action",
                #"{"action":"admin_account_wipe"}"#
            ),
            (
                .containHost, "devices/d1", "POST /v1/devices/d1/deviceUsers/du1:block",
                #"{"customer":"customers/C01abc2de"}"#
            ),
        ])
    func acts(_ action: ActionType, _ id: String, _ expected: String, _ body: String) throws {
        let provider = try FakeProvider { request in
            if request.method == "GET" || request.path == "/token" {
                return GoogleCustomer.answer(request, isEmpty: false)
            }
            return request.method + " " + request.target == expected && request.text == body ? .init(204) : nil
        }
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        let kind = action == .revokeOAuthToken ? ActionTarget.Kind.grant : .account
        let target = ActionTarget(actionID: .random(), kind, externalID: id)
        #expect(try connector.perform(action, on: target)["external_id"] == .string(id))
        #expect(GoogleWorkspace.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
        #expect(provider.requests.contains { $0.method + " " + $0.target == expected })
    }

    /// The call `batchChangeStatus` replaces a deprecated one. It is for many devices, and its status does not show the
    /// result for one device.
    @Test(
        "Chromebooks are disabled and enabled, and each device's own result counts",
        arguments: [(ActionType.containHost, "DISABLE"), (.liftContainment, "REENABLE")])
    func changesTheStatusOfChromebooks(_ action: ActionType, _ name: String) throws {
        let call = "POST /admin/directory/v1/customer/C01abc2de/devices/chromeos:batchChangeStatus"
        let body: JSON = [
            "deviceIds": ["c1"],
            "changeChromeOsDeviceStatusAction": .string("CHANGE_CHROME_OS_DEVICE_STATUS_ACTION_" + name),
        ]
        let target = ActionTarget(actionID: .random(), .device, externalID: "chromeos/c1")
        func answered(_ results: JSON) throws -> ConnectorError? {
            let provider = try FakeProvider { request in
                if request.path == "/token" { return GoogleCustomer.answer(request, isEmpty: false) }
                return request.method + " " + request.target == call && request.json == body
                    ? .json(["changeChromeOsDeviceStatusResults": results]) : nil
            }
            let connector = try ConnectorCase.googleWorkspace.connect(provider)
            defer { #expect(provider.unexpected.isEmpty) }
            do {
                #expect(try connector.perform(action, on: target)["external_id"] == "chromeos/c1")
                return nil
            } catch let error as ConnectorError {
                return error
            }
        }
        #expect(try answered([["deviceId": "c1", "response": [:]]]) == nil)
        #expect(try answered([["deviceId": "c1", "error": ["code": 5]]])?.kind == "provider_error")
        #expect(try answered([["deviceId": "c1", "error": ["code": 9]]])?.kind == "configuration_invalid")
        #expect(try answered([["deviceId": "c1", "error": ["code": 14]]])?.isTransient == true)
        // The answer contains no result for the device.
        #expect(try answered([]) != nil)
        #expect(try answered([["deviceId": "c2", "response": [:]]]) != nil)
    }

    @Test("A wipe is not repeated if Google fails") func aWipeIsNotRepeated() throws {
        let provider = try FakeProvider(ConnectorCase.googleWorkspace.org)
        provider.fail(.init(502), when: { $0.method == "POST" && $0.path != "/token" })
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        let error = #expect(throws: ConnectorError.self) {
            try connector.perform(.retireDevice, on: ActionTarget(actionID: .random(), externalID: "mobile/m1"))
        }
        guard case .unknownOutcome = error else {
            Issue.record("a provider that fails leaves the outcome open")
            return
        }
    }

    @Test("A wipe of several user profiles does not start again") func aWipeOfSeveralIsNotBegunAgain() throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.path {
            case "GET /v1/devices/d1/deviceUsers":
                .json(["deviceUsers": [["name": "devices/d1/deviceUsers/a"], ["name": "devices/d1/deviceUsers/b"]]])
            case "POST /v1/devices/d1/deviceUsers/a:wipe": .init(204)
            case "POST /v1/devices/d1/deviceUsers/b:wipe": .init(429, headers: ["Retry-After": "60"])
            default: request.path == "/token" ? GoogleCustomer.answer(request, isEmpty: false) : nil
            }
        }
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "devices/d1")
        let unknown = ConnectorError.unknownOutcome("Some of the device's users are wiped, but not all of them.")
        #expect(throws: unknown) { try connector.perform(.retireDevice, on: target) }
        #expect(throws: ConnectorError.self) { try connector.perform(.containHost, on: target) }
        #expect(provider.requests.filter { $0.path.hasSuffix("a:wipe") }.count == 1)
    }

    @Test("The outcome of a suspension is read from the user") func tellsWhatBecameOfASuspension() throws {
        for (isSuspended, expected) in [(true, true), (false, false)] {
            let provider = try FakeProvider { request in
                request.path == "/admin/directory/v1/users/u1"
                    ? .json(["id": "u1", "suspended": .bool(isSuspended)])
                    : GoogleCustomer.answer(request, isEmpty: false)
            }
            let connector = try ConnectorCase.googleWorkspace.connect(provider)
            let outcome = try connector.outcome(
                of: .suspendUser, on: ActionTarget(actionID: .random(), externalID: "u1"))
            #expect((outcome != .notDone) == expected)
        }
    }
}
