import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let intune = ConnectorCase(
        connector: Intune.self, config: GraphTenant.config,
        org: { request in GraphTenant.answer(request) { IntuneOrg.answer(request, $0, devices: 6) } },
        emptyOrg: { request in GraphTenant.answer(request) { IntuneOrg.answer(request, $0, devices: 0) } },
        isPage: { $0.path == "/v1.0/deviceManagement/managedDevices" },
        throttled: GraphTenant.throttled, refused: GraphTenant.refused, renewsTokens: true,
        rejected: GraphTenant.rejected, counts: ["device": 6])
}

enum IntuneOrg {
    static func answer(_ request: FakeProvider.Request, _ path: String, devices: Int) -> FakeProvider.Reply? {
        guard request.method == "GET", path == "/deviceManagement/managedDevices",
            request.parameter("$select")?.hasPrefix("id") == true
        else { return nil }
        let states = ["compliant", "noncompliant", "inGracePeriod", "unknown", "configManager", "error"]
        return GraphTenant.page(
            request,
            (0..<devices).map {
                [
                    "id": .string("d\($0)"), "deviceName": .string("LAPTOP-\($0)"), "operatingSystem": "Windows",
                    "osVersion": "10.0.22631.3447", "isEncrypted": .bool($0 != 0),
                    "complianceState": .string(states[$0]), "jailBroken": $0 == 0 ? "True" : "Unknown",
                    "userPrincipalName": "Ann@example.com", "serialNumber": .string("S\($0)"),
                    "lastSyncDateTime": $0 == 5 ? "0001-01-01T00:00:00Z" : "2026-04-01T10:00:00.1234567Z",
                ]
            })
    }
}

@Suite struct IntuneTests {
    @Test("Devices are mapped to our records") func mapsDevices() throws {
        let provider = try FakeProvider(ConnectorCase.intune.org)
        let connector = try ConnectorCase.intune.connect(provider)
        var devices: [DeviceRecord] = []
        for case .device(let device) in try pull({ connector }) { devices.append(device) }
        #expect(devices.map(\.isCompliant) == [true, false, true, nil, nil, nil])
        #expect(devices.first?.isEncrypted == false)
        #expect(devices.first?.isJailbroken == true)
        #expect(devices.last?.isJailbroken == nil)
        #expect(devices.first?.ownerEmail == "ann@example.com")
        #expect(devices.first?.lastSeenAt?.description == "2026-04-01T10:00:00Z")
        #expect(devices.last?.lastSeenAt == nil)
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (ActionType.syncDevice, "syncDevice"), (.lockDevice, "remoteLock"), (.containHost, "remoteLock"),
            (.retireDevice, "retire"),
        ])
    func acts(_ action: ActionType, _ verb: String) throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                request.method == "POST" && request.body.isEmpty
                    && path == "/deviceManagement/managedDevices/d1/\(verb)"
                    ? .init(204) : nil
            }
        }
        let connector = try ConnectorCase.intune.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "d1")
        #expect(try connector.perform(action, on: target)["platform"] == "microsoft_intune")
        #expect(Intune.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
    }

    @Test("The outcome of a retirement is read from the device") func tellsWhatBecameOfARetirement() throws {
        let replies: [(FakeProvider.Reply, Bool)] = [
            (.json(["id": "d1", "managementState": "managed"]), false),
            (.json(["id": "d1", "managementState": "retirePending"]), true),
            (.json(["id": "d1", "managementState": "retireIssued"]), true),
            (.json(["id": "d1", "managementState": "retireFailed"]), false),
            (.json(["id": "d1", "managementState": "retireCanceled"]), false),
            (GraphTenant.error(404, "ResourceNotFound"), true),
        ]
        for (reply, isDone) in replies {
            let provider = try FakeProvider { request in GraphTenant.answer(request) { _ in reply } }
            let connector = try ConnectorCase.intune.connect(provider)
            let target = ActionTarget(actionID: .random(), externalID: "d1")
            #expect((try connector.outcome(of: .retireDevice, on: target) != .notDone) == isDone)
        }
    }

    @Test("A retirement is not repeated if Microsoft fails") func aRetirementIsNotRepeated() throws {
        let provider = try FakeProvider { request in GraphTenant.answer(request) { _ in .init(503) } }
        let connector = try ConnectorCase.intune.connect(provider)
        let error = #expect(throws: ConnectorError.self) {
            try connector.perform(.retireDevice, on: ActionTarget(actionID: .random(), externalID: "d1"))
        }
        guard case .unknownOutcome = error else {
            Issue.record("a provider that fails leaves the outcome open")
            return
        }
        #expect(provider.requests.count == 2)
    }
}
