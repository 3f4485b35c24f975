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

    private func intune(_ members: [String: JSON]) -> DeviceRecord? {
        guard case .device(let record)? = Intune.device(.object(["id": "d1"].merging(members) { $1 })) else {
            return nil
        }
        return record
    }

    @Test("The disk of a Cloud PC counts as encrypted, and that of another PC as Intune says")
    func theDiskOfACloudPCIsEncrypted() {
        #expect(intune(["model": "Cloud PC Enterprise 2vCPU/8GB/128GB", "isEncrypted": false])?.isEncrypted == true)
        #expect(intune(["model": "Latitude 5440", "isEncrypted": false])?.isEncrypted == false)
    }

    @Test(
        "A device that is to be retired or wiped need not check in, unless the command failed",
        arguments: [
            ("managed", nil), ("retirePending", "ended"), ("wipeIssued", "ended"), ("deletePending", "ended"),
            ("retireFailed", nil), ("wipeCanceled", nil),
        ] as [(String, JSON?)])
    func aDeviceToBeRetiredNeedNotCheckIn(_ state: String, _ use: JSON?) {
        #expect(intune(["managementState": .string(state)])?.metadata["use"] == use)
    }

    @Test("Kiosks, shared iPads, Apple TVs and dedicated devices are shared") func sharedDevices() {
        func use(_ entry: EntryReading) -> JSON? {
            guard case .device(let record)? = entry.record else { return nil }
            return record.metadata["use"]
        }
        func mobile(_ type: JSON, _ general: JSON) -> EntryReading {
            JamfRecords.mobileDevice([
                "mobileDeviceId": "1", "deviceType": type, "general": general, "security": ["dataProtected": false],
            ])
        }
        #expect(use(GoogleRecords.chromeDevice(["deviceId": "1", "deviceLicenseType": "kioskUpgrade"])) == "shared")
        #expect(use(GoogleRecords.chromeDevice(["deviceId": "1", "deviceLicenseType": "enterprise"])) == nil)
        #expect(intune(["deviceEnrollmentType": "androidEnterpriseDedicatedDevice"])?.metadata["use"] == "shared")
        #expect(use(mobile("iOS", ["sharedIpad": true])) == "shared")
        #expect(use(mobile("iOS", ["sharedIpad": false])) == nil)
        guard case .device(let television)? = mobile("tvOS", [:]).record,
            case .device(let phone)? = mobile("iOS", [:]).record
        else {
            Issue.record("a device is missing")
            return
        }
        #expect(television.isEncrypted == true && television.metadata["use"] == "shared")
        #expect(phone.isEncrypted == false)
    }

    @Test(
        "Phones that no longer have company data are left out",
        arguments: [
            ("APPROVED", true), ("BLOCKED", true), ("PENDING", true), ("WIPED", false), ("ACCOUNT_UNREGISTERED", false),
        ])
    func wipedPhonesAreLeftOut(_ status: String, _ isThere: Bool) {
        let phone = GoogleRecords.mobileDevice(["resourceId": "d1", "status": .string(status)])
        #expect((phone.record != nil) == isThere)
    }

    @Test("A silent server in a cloud has been terminated, and a Mac without management is no longer in use")
    func devicesWhoseUseHasEnded() {
        #expect(
            CrowdStrikeRecords.device(["device_id": "d1", "service_provider": "AWS_EC2_V2"])?.metadata["use"] == "ended"
        )
        #expect(CrowdStrikeRecords.device(["device_id": "d1"])?.metadata["use"] == nil)
        let uses = [true, false].map { isManaged -> JSON? in
            let computer = JamfRecords.computer([
                "id": "1", "general": ["remoteManagement": ["managed": .bool(isManaged)]],
            ])
            guard case .device(let record)? = computer.record else { return nil }
            return record.metadata["use"]
        }
        #expect(uses == [nil, "ended"])
    }
}
