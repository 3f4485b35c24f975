import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let crowdStrike = ConnectorCase(
        connector: CrowdStrike.self,
        config: ["region": "eu-1", "client_id": "0123456789abcdef", "client_secret": "secretFalconSecret"],
        org: { FalconCloud.answer($0, isEmpty: false) }, emptyOrg: { FalconCloud.answer($0, isEmpty: true) },
        isPage: { $0.path == "/devices/queries/devices-scroll/v1" },
        throttled: {
            let reset = Timestamp.now.seconds + 1
            return .json(
                ["errors": [["code": 429, "message": "API rate limit exceeded."]]], status: 429,
                headers: ["X-RateLimit-RetryAfter": String(reset), "X-Ratelimit-Remaining": "0"])
        },
        refused: FalconCloud.refused(401, "access denied, invalid bearer token"), renewsTokens: true,
        rejected: FalconCloud.refused(403, "Failed to issue access token - Client authentication failed"),
        counts: ["device": 6, "account": 5])
}

/// An account as Falcon's API shows it, with two items per page.
enum FalconCloud {
    static func refused(_ status: Int, _ message: String) -> FakeProvider.Reply {
        .json(["errors": [["code": .integer(status), "message": .string(message)]]], status: status)
    }

    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.headers["Host"] == "api.eu-1.crowdstrike.com" else { return nil }
        if request.path == "/oauth2/token" {
            return request.text == "client_id=0123456789abcdef&client_secret=secretFalconSecret"
                ? .json(["access_token": "t1", "token_type": "bearer", "expires_in": 1_799], status: 201) : nil
        }
        guard request.headers["Authorization"] == "Bearer t1" else { return nil }
        func page(_ items: [JSON], from: Int, total: Int, next: [String: JSON]) -> FakeProvider.Reply {
            let part = isEmpty ? [] : Array(items[min(from, items.count)..<min(from + 2, items.count)])
            return .json([
                "resources": .array(part), "errors": [],
                "meta": ["pagination": .object(next.merging(["total": .integer(isEmpty ? 0 : total)]) { $1 })],
            ])
        }
        let offset = request.parameter("offset")
        switch request.method + " " + request.path {
        case "GET /devices/queries/devices/v1", "GET /alerts/queries/alerts/v2":
            return request.parameter("limit") == "1" ? .json(["resources": []]) : nil
        case "GET /devices/queries/devices-scroll/v1" where request.parameter("limit") != nil:
            let from = offset.flatMap { Int($0.dropFirst(3)) } ?? 0
            // The last page names no next page.
            let next = from + 2 < 6 ? "ptr\(from + 2)" : ""
            return page((0..<6).map { .string("d\($0)") }, from: from, total: 6, next: ["offset": .string(next)])
        case "POST /devices/entities/devices/v2":
            return .json(["resources": .array((request.json["ids"]?.array ?? []).map(host))])
        case "POST /alerts/combined/alerts/v1"
        where request.json["filter"] == "status:['new','reopened']" && request.json["limit"] == 1_000:
            let from = request.json.text("after").flatMap { Int($0) } ?? 0
            let alerts: [JSON] = ["d0", "d0", "d1", "d0", "d1", "d1"].map { ["device": ["device_id": .string($0)]] }
            return page(alerts, from: from, total: 6, next: from + 2 < 6 ? ["after": .string("\(from + 2)")] : [:])
        case "GET /user-management/queries/users/v1" where request.parameter("sort") == "uid|asc":
            let from = offset.flatMap { Int($0) } ?? 0
            return page((0..<5).map { .string("u\($0)") }, from: from, total: 5, next: ["offset": .integer(from)])
        case "POST /user-management/entities/users/GET/v1":
            return .json(["resources": .array((request.json["ids"]?.array ?? []).map(user))])
        case "GET /user-management/combined/user-roles/v2":
            return request.parameter("user_uuid") == "u0"
                ? .json(["resources": [["role_id": "falcon_administrator", "role_name": "Falcon Administrator"]]])
                : .json(["resources": [["role_id": "dashboard_viewer", "role_name": "Viewer"]]])
        default: return nil
        }
    }

    private static func host(_ id: JSON) -> JSON {
        [
            "device_id": id, "hostname": "LAPTOP", "platform_name": id == "d0" ? "Windows" : "Mac",
            "os_version": id == "d0" ? "Windows 11" : "Sonoma (14)", "os_build": "22631", "serial_number": "S1",
            "status": id == "d1" ? "contained" : "normal", "last_seen": "2026-04-01T10:00:00Z",
            "email": id == "d2" ? "Ada@acme.com" : .null, "agent_version": "7.10",
        ]
    }

    private static func user(_ id: JSON) -> JSON {
        [
            "uuid": id, "uid": .string((id.string ?? "") + "@Acme.com"), "first_name": "Ada", "last_name": "L",
            "status": id == "u1" ? "inactive" : "active", "last_login_at": "2026-04-01T10:00:00Z",
        ]
    }
}

@Suite struct CrowdStrikeTests {
    private let target = ActionTarget(actionID: .random(), externalID: "d0")

    @Test("Hosts and console users are mapped to our records") func mapsWhatFalconSays() throws {
        let provider = try FakeProvider(ConnectorCase.crowdStrike.org)
        let connector = try ConnectorCase.crowdStrike.connect(provider)
        let records = try pull { connector }
        var devices: [String: DeviceRecord] = [:]
        for case .device(let device) in records { devices[device.externalID] = device }
        #expect(devices["d0"]?.openDetections == 3)
        #expect(devices["d0"]?.operatingSystem == "Windows")
        #expect(devices["d0"]?.osVersion == "Windows 11 22631")
        #expect(devices["d0"]?.hasEDR == true)
        #expect(devices["d0"]?.isContained == false)
        #expect(devices["d1"]?.isContained == true)
        #expect(devices["d1"]?.operatingSystem == "macOS")
        #expect(devices["d1"]?.osVersion == "Sonoma (14)")
        #expect(devices["d2"]?.ownerEmail == "ada@acme.com")
        #expect(devices["d2"]?.openDetections == 0)
        #expect(records.accounts["u0"]?.adminRoles == ["Falcon Administrator"])
        #expect(records.accounts["u1"]?.status == .suspended)
        #expect(records.accounts["u1"]?.isAdmin == false)
        #expect(records.accounts["u1"]?.email == "u1@acme.com")
    }

    /// The token endpoint answers bad credentials with 403 or 400, not 401. Elsewhere, 403 means a missing scope.
    @Test("Bad credentials and a missing scope are told apart") func refusalsAreToldApart() throws {
        let malformed = try FakeProvider { _ in
            FalconCloud.refused(400, "Failed to generate access token for clientID=x")
        }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.crowdStrike.connect(malformed).check() }
        #expect(error?.kind == "authentication_expired")
        let provider = try FakeProvider(ConnectorCase.crowdStrike.org)
        provider.fail(FalconCloud.refused(403, "access denied, authorization failed"), after: 1)
        let scope = #expect(throws: ConnectorError.self) { try ConnectorCase.crowdStrike.connect(provider).check() }
        #expect(scope?.kind == "configuration_invalid")
    }

    @Test("A token that expires during concurrent requests is renewed once")
    func aTokenThatRunsOutWhileManyRequestsAreUnderWayIsRenewed() throws {
        let provider = try FakeProvider(ConnectorCase.crowdStrike.org)
        let connector = try ConnectorCase.crowdStrike.connect(provider)
        let expected = try pull { connector }.byKey
        provider.fail(ConnectorCase.crowdStrike.refused, after: 1) { $0.path.hasSuffix("/user-roles/v2") }
        let other = try ConnectorCase.crowdStrike.connect(provider)
        #expect(try pull { other }.byKey == expected)
        // One request of each connector, and one for the renewal.
        #expect(provider.requests.filter { $0.path == "/oauth2/token" }.count == 3)
        #expect(provider.unexpected.isEmpty)
    }

    /// Pointers are valid for two minutes: after a refused one the list restarts, once.
    @Test("The list restarts once after an expired pointer") func beginsAgainWhenAPointerHasExpired() throws {
        let provider = try FakeProvider(ConnectorCase.crowdStrike.org)
        provider.fail(FalconCloud.refused(404, "expired"), when: { $0.parameter("offset") == "ptr4" })
        let connector = try ConnectorCase.crowdStrike.connect(provider)
        let devices = try pull { connector }.filter { $0.key.kind == "device" }
        #expect(devices.count == 4 + 6)
        #expect(Set(devices.map(\.key.id)).count == 6)
        for _ in 0..<2 {
            provider.fail(FalconCloud.refused(404, "expired"), when: { $0.parameter("offset") == "ptr4" })
        }
        #expect(throws: ConnectorError.self) { try pull { connector } }
    }

    @Test(
        "Each action sends the documented call, and an error in its answer fails it",
        arguments: [
            (ActionType.containHost, "/devices/entities/devices-actions/v2?action_name=contain", ""),
            (.liftContainment, "/devices/entities/devices-actions/v2?action_name=lift_containment", ""),
            (.forcePasswordChange, "/user-management/entities/user-actions/v1", "reset_password"),
            (.forceMFAEnroll, "/user-management/entities/user-actions/v1", "reset_2fa"),
        ])
    func acts(_ action: ActionType, _ path: String, _ name: String) throws {
        let provider = try FakeProvider { request in
            if request.path == "/oauth2/token" { return .json(["access_token": "t1"], status: 201) }
            let expected: JSON =
                name.isEmpty ? ["ids": ["d0"]] : ["ids": ["d0"], "action": ["action_name": .string(name)]]
            return request.method == "POST" && request.target == path && request.json == expected
                ? .json(["resources": [["id": "d0"]], "errors": []], status: 202) : nil
        }
        let connector = try ConnectorCase.crowdStrike.connect(provider)
        #expect(try connector.perform(action, on: target)["external_id"] == "d0")
        #expect(CrowdStrike.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
        provider.fail(.json(["resources": [], "errors": [["code": 409, "message": "m"]]], status: 202))
        #expect(throws: ConnectorError.self) { try connector.perform(action, on: target) }
    }

    @Test("The outcome of a containment is read from the host's status") func seesWhetherAHostIsContained() throws {
        let provider = try FakeProvider(ConnectorCase.crowdStrike.org)
        let connector = try ConnectorCase.crowdStrike.connect(provider)
        let contained = ActionTarget(actionID: .random(), externalID: "d1")
        #expect(try connector.outcome(of: .containHost, on: target) == .notDone)
        let done = ActionOutcome.done(["platform": "crowdstrike", "external_id": "d1"])
        #expect(try connector.outcome(of: .containHost, on: contained) == done)
        #expect(try connector.outcome(of: .liftContainment, on: contained) == .notDone)
        #expect(try connector.outcome(of: .forceMFAEnroll, on: contained) == nil)
    }
}
