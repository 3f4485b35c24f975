import Base
import TestSupport
import Testing

@testable import Connectors

/// The meaning of platforms' fields about devices.
@Suite struct DeviceMeaningTests {
    private func okta(_ profile: [String: JSON], status: String = "ACTIVE") -> DeviceRecord? {
        let device: JSON = ["id": "d1", "status": .string(status), "profile": .object(profile)]
        guard case .device(let record)? = OktaRecords.device(device).record else { return nil }
        return record
    }

    /// If only the system volume is encrypted, data on the other volumes is unprotected.
    @Test(
        "Okta's kinds of disk encryption become encrypted, not encrypted or unknown",
        arguments: [
            ("FULL", true), ("USER", true), ("ALL_INTERNAL_VOLUMES", true), ("SYSTEM_VOLUME", false), ("NONE", false),
            ("SOMETHING_NEW", nil), (nil, nil),
        ] as [(String?, Bool?)])
    func onlyWholeDisksAreEncrypted(_ type: String?, _ expected: Bool?) {
        var profile: [String: JSON] = ["displayName": "Mac"]
        profile["diskEncryptionType"] = type.map(JSON.string)
        #expect(okta(profile)?.isEncrypted == expected)
    }

    @Test("A deactivated Okta device is left out, and a suspended one is contained") func aDeactivatedDeviceIsNone() {
        #expect(okta([:], status: "DEACTIVATED") == nil)
        #expect(okta([:], status: "SUSPENDED")?.isContained == true)
        #expect(okta([:], status: "ACTIVE") != nil)
    }

    @Test("Devices have the model that their platform names") func devicesHaveTheirModels() {
        #expect(okta(["model": "MacBookPro18,3"])?.model == "MacBookPro18,3")
        guard case .device(let intune)? = Intune.device(["id": "d1", "model": "Latitude 5440"]),
            case .device(let chrome)? = GoogleRecords.chromeDevice(["deviceId": "d1", "model": "HP x360"]).record,
            case .device(let phone)? = GoogleRecords.mobileDevice(["resourceId": "d1", "model": "Pixel 9"]).record
        else {
            Issue.record("a device is missing")
            return
        }
        #expect(intune.model == "Latitude 5440" && chrome.model == "HP x360" && phone.model == "Pixel 9")
        #expect(
            CrowdStrikeRecords.device(["device_id": "d1", "system_product_name": "VMware7,1"])?.model == "VMware7,1")
    }
}
