import Base
import Integrations
import Synchronization
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let jamfPro = ConnectorCase(
        connector: JamfPro.self,
        config: ["url": "https://acme.jamfcloud.com", "client_id": "8f1c-client", "client_secret": "secretJamfSecret"],
        org: { JamfServer.answer($0, isEmpty: false) }, emptyOrg: { JamfServer.answer($0, isEmpty: true) },
        isPage: { $0.path == "/api/v4/computers-inventory" },
        throttled: { .init(429, headers: ["Retry-After": "0"]) },
        refused: .json(["httpStatus": 401, "errors": [["code": "INVALID_TOKEN"]]], status: 401), renewsTokens: true,
        rejected: .json(["error": "invalid_client"], status: 401), counts: ["device": 500])
}

/// A server as Jamf Pro's API shows it, with pages of the requested size.
enum JamfServer {
    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.headers["Host"] == "acme.jamfcloud.com" else { return nil }
        if request.path == "/api/v1/oauth/token" {
            return request.text
                == "client_id=8f1c-client&client_secret=secretJamfSecret&grant_type=client_credentials"
                ? .json(["access_token": "t1", "expires_in": 59, "token_type": "Bearer"]) : nil
        }
        guard request.headers["Authorization"] == "Bearer t1", request.method == "GET",
            let page = request.parameter("page").flatMap({ Int($0) }),
            let size = request.parameter("page-size").flatMap({ Int($0) })
        else { return nil }
        let sections = request.query.values("section")
        func reply(_ count: Int, _ item: (Int) -> JSON) -> FakeProvider.Reply {
            let total = isEmpty ? 0 : count
            let items = (min(page * size, total)..<min((page + 1) * size, total)).map(item)
            return .json(["totalCount": .integer(total), "results": .array(items)])
        }
        switch request.path {
        case "/api/v4/computers-inventory" where size == 1: return reply(250, computer)
        case "/api/v4/computers-inventory":
            guard Set(sections).isSuperset(of: ["GENERAL", "DISK_ENCRYPTION", "OPERATING_SYSTEM"]),
                request.parameter("sort") == "id:asc"
            else { return nil }
            return reply(250, computer)
        case "/api/v2/mobile-devices/detail" where request.parameter("sort") == "mobileDeviceId:asc":
            return reply(250, mobile)
        default: return nil
        }
    }

    private static func computer(_ number: Int) -> JSON {
        let status = ["ALL_ENCRYPTED", "NOT_ENCRYPTED", "UNKNOWN"][number % 3]
        return [
            "id": .string(String(number)),
            "general": [
                "name": .string("mac-\(number)"), "lastCheckIn": "2026-04-01T10:00:00.123Z",
                "managementId": number == 3 ? .null : .string("c0ffee00-0000-4000-8000-00000000000\(number)"),
                "remoteManagement": ["managed": .bool(number != 3)],
            ],
            "hardware": ["serialNumber": "C02"],
            "operatingSystem": ["version": "14.4", "fileVault2Status": .string(status)],
            "diskEncryption": ["fileVault2Enabled": .bool(number == 2)],
            "userAndLocation": ["email": "Ada@acme.com", "username": "ada"],
        ]
    }

    private static func mobile(_ number: Int) -> JSON {
        [
            "mobileDeviceId": .string(String(number)), "deviceType": "iOS",
            "general": [
                "displayName": "iPhone", "managementId": .string("beef-\(number)"), "osVersion": "17.4",
                "lastInventoryUpdateDate": "2026-04-01T10:00:00Z",
            ],
            "hardware": ["serialNumber": "F1"],
            "security": ["dataProtected": true, "jailBreakDetected": .bool(number == 0)],
            "userAndLocation": ["emailAddress": "Bob@acme.com"],
        ]
    }
}

@Suite struct JamfProTests {
    private let target = ActionTarget(actionID: .random(), externalID: "c0ffee00-0000-4000-8000-000000000000")

    @Test("Computers and mobile devices are mapped to our records") func mapsWhatJamfSays() throws {
        let provider = try FakeProvider(ConnectorCase.jamfPro.org)
        let connector = try ConnectorCase.jamfPro.connect(provider)
        var devices: [String: DeviceRecord] = [:]
        for case .device(let device) in try pull({ connector }) { devices[device.externalID] = device }
        let first = devices["c0ffee00-0000-4000-8000-000000000000"]
        #expect(first?.isEncrypted == true)
        #expect(first?.operatingSystem == "macOS")
        #expect(first?.osVersion == "14.4")
        #expect(first?.ownerEmail == "ada@acme.com")
        #expect(first?.lastSeenAt?.description == "2026-04-01T10:00:00Z")
        #expect(devices["c0ffee00-0000-4000-8000-000000000001"]?.isEncrypted == false)
        // The operating system's status is UNKNOWN, so the section about disk encryption decides.
        #expect(devices["c0ffee00-0000-4000-8000-000000000002"]?.isEncrypted == true)
        #expect(devices["computer/3"]?.metadata == ["managed": "no", "use": "ended"])
        #expect(devices["beef-0"]?.isJailbroken == true)
        #expect(devices["beef-1"]?.isJailbroken == false)
        #expect(devices["beef-1"]?.ownerEmail == "bob@acme.com")
    }

    @Test("A computer that is removed during reading hides no other computer")
    func aComputerThatGoesMeanwhileHidesNoOther() throws {
        let left = Mutex(Array(0..<250))
        let provider = try FakeProvider { request in
            guard request.path == "/api/v4/computers-inventory",
                let page = request.parameter("page").flatMap({ Int($0) }),
                let size = request.parameter("page-size").flatMap({ Int($0) })
            else { return JamfServer.answer(request, isEmpty: true) }
            return left.withLock { left in
                let items = left.dropFirst(page * size).prefix(size).map { number -> JSON in
                    ["id": .string(String(number)), "general": ["name": "mac"]]
                }
                let reply = FakeProvider.Reply.json(["totalCount": .integer(left.count), "results": .array(items)])
                // One computer goes and one comes, so the count stays the same.
                if page == 0, left[0] == 0 { left = Array(left.dropFirst()) + [250] }
                return reply
            }
        }
        let connector = try ConnectorCase.jamfPro.connect(provider)
        #expect(Set(try pull { connector }.map { $0.key.id }).count == 251)
    }

    @Test("The older API of an older server is used") func olderServersAreAskedTheOldWay() throws {
        let provider = try FakeProvider { request in
            switch request.path {
            case "/api/v1/oauth/token", "/api/v4/computers-inventory", "/api/v3/computers-inventory":
                .json([:], status: 404)
            case "/api/oauth/token": .json(["access_token": "t1"])
            case "/api/v1/computers-inventory": .json(["totalCount": 0, "results": []])
            default: nil
            }
        }
        try ConnectorCase.jamfPro.connect(provider).check()
        #expect(provider.requests.count == 5)
    }

    /// Servers before 11.30 have version 3, with one member for all contacts.
    @Test("An older inventory API gives the same devices", arguments: [3, 1])
    func anOlderInventoryIsTheSame(_ version: Int) throws {
        let provider = try FakeProvider { request in
            if request.path.hasPrefix("/api/v"), request.path.hasSuffix("/computers-inventory"),
                request.path != "/api/v\(version)/computers-inventory"
            {
                return .json([:], status: 404)
            }
            guard request.path == "/api/v\(version)/computers-inventory" else {
                return JamfServer.answer(request, isEmpty: true)
            }
            return .json([
                "totalCount": 1,
                "results": [["id": "1", "general": ["name": "mac", "lastContactTime": "2026-04-01T10:00:00Z"]]],
            ])
        }
        let connector = try ConnectorCase.jamfPro.connect(provider)
        for case .device(let device) in try pull({ connector }) {
            #expect(device.lastSeenAt?.description == "2026-04-01T10:00:00Z")
        }
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A device was last seen at its latest contact") func theLatestContactCounts() {
        let computer: JSON = [
            "id": "1", "hardware": ["serialNumber": "C02X1234JGH5", "modelIdentifier": "Mac14,2"],
            "general": [
                "lastCheckIn": "2026-04-01T10:00:00Z", "lastContact": "2026-04-03T10:00:00Z",
                "reportDate": "2026-04-02T10:00:00Z",
            ],
        ]
        guard case .device(let device)? = JamfRecords.computer(computer).record else {
            Issue.record("no device")
            return
        }
        #expect(device.lastSeenAt?.description == "2026-04-03T10:00:00Z")
        #expect(device.model == "Mac14,2" && device.serialNumber == "C02X1234JGH5")
    }

    @Test(
        "Each action sends the documented command",
        arguments: [
            (ActionType.lockDevice, "DEVICE_LOCK"), (.containHost, "DEVICE_LOCK"), (.retireDevice, "ERASE_DEVICE"),
        ])
    func acts(_ action: ActionType, _ command: String) throws {
        let id = JSON.string(target.externalID)
        let provider = try FakeProvider { request in
            if request.path == "/api/v1/oauth/token" { return .json(["access_token": "t1"]) }
            let expected: JSON = [
                "clientData": [["managementId": id]],
                "commandData": ["commandType": .string(command), "pin": "123456"],
            ]
            return request.method + " " + request.target == "POST /api/v2/mdm/commands" && request.json == expected
                ? .json([["id": "77", "href": "x"]], status: 201) : nil
        }
        let connector = try ConnectorCase.jamfPro.connect(provider)
        let target = try ActionTarget(target.externalID, .device, for: action, by: JamfPro.self, ["pin": "123456"])
        #expect(
            try connector.perform(action, on: target)
                == ["platform": "jamf_pro", "external_id": id, "command": "77"])
        #expect(JamfPro.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
    }

    @Test("An impossible action or an invalid PIN causes no request") func asksNothingForWhatItCantDo() throws {
        let provider = try FakeProvider { _ in nil }
        let connector = try ConnectorCase.jamfPro.connect(provider)
        let unmanaged = ActionTarget(actionID: .random(), externalID: "computer/3")
        #expect(throws: ConnectorError.self) { try connector.perform(.lockDevice, on: unmanaged) }
        for pin: JSON in ["12345x", "12345", "1234567", 123_456, "１２３４５６", ["sealed": "123456"]] {
            #expect(throws: ActionParameterError("extraParams.pin must be a string of six digits.")) {
                try ActionTarget("c0ffee", .device, for: .lockDevice, by: JamfPro.self, ["pin": pin])
            }
        }
        #expect(provider.requests.isEmpty)
    }
}
