import Base
import HTTP
import Integrations
import Upstream

/// A connector for Microsoft Intune (learn.microsoft.com/graph/api/resources/intune-devices-manageddevice).
struct Intune: Connector {
    static let platform = Platform.microsoftIntune
    static var fields: [CredentialField] { Graph.fields }
    static let actions: Set<ActionType> = [.syncDevice, .lockDevice, .retireDevice, .containHost]

    private let api: PlatformAPI

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        api = try Graph.api(Self.platform, credentials, scope)
    }

    func check() throws {
        _ = try api.get("/deviceManagement/managedDevices", query: [("$select", "id"), ("$top", "1")]).list("value")
    }

    var collections: [RecordCollection] {
        let properties = """
            id,deviceName,emailAddress,userPrincipalName,operatingSystem,osVersion,isEncrypted,complianceState,\
            lastSyncDateTime,jailBroken,managementState,serialNumber,azureADDeviceId,managedDeviceOwnerType,model,\
            deviceEnrollmentType
            """
        return [
            Graph.pages(
                "devices", of: .device, api, "/deviceManagement/managedDevices",
                [("$select", properties), ("$top", "500")]
            ) { PageEntries($0, of: .device) { EntryReading(Self.device($0)) } }
        ]
    }

    static func device(_ device: JSON) -> SyncRecord? {
        guard let id = device.text("id") else { return nil }
        var record = DeviceRecord(externalID: id, hostname: device.text("deviceName") ?? device.text("model") ?? id)
        record.ownerEmail = device.principalAddress("emailAddress") ?? device.principalAddress()
        record.serialNumber = device.serialNumber("serialNumber")
        record.model = device.text("model")
        record.operatingSystem = device.text("operatingSystem")
        record.osVersion = device.text("osVersion")
        // The disk of a Cloud PC is encrypted outside of Windows
        // (learn.microsoft.com/graph/api/resources/cloudpctenantencryptionsetting).
        record.isEncrypted = device.text("model")?.hasPrefix("Cloud PC ") == true ? true : device["isEncrypted"]?.bool
        switch device.text("complianceState") {
        // A device in its grace period still counts as compliant.
        case "compliant", "inGracePeriod": record.isCompliant = true
        case "noncompliant": record.isCompliant = false
        default: break
        }
        switch device.text("jailBroken")?.lowercased() {
        case "true": record.isJailbroken = true
        case "false": record.isJailbroken = false
        default: break
        }
        record.lastSeenAt = device.date("lastSyncDateTime")
        record.metadata["ownership"] = device["managedDeviceOwnerType"]
        switch device.text("deviceEnrollmentType") {
        case "appleBulkWithoutUser", "windowsBulkUserless", "androidEnterpriseDedicatedDevice": record.noteSharedUse()
        default: break
        }
        // Intune lists the device until the command reaches it.
        switch device.text("managementState") {
        case "retirePending", "retireIssued", "wipePending", "wipeIssued", "deletePending": record.noteEndOfUse()
        default: break
        }
        return .device(record)
    }

    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .syncDevice: try api.change(.post, "/deviceManagement/managedDevices/\(id)/syncDevice", isIdempotent: true)
        // Graph can't isolate a device from the network; the lock keeps out the person who holds it.
        case .lockDevice, .containHost:
            try api.change(.post, "/deviceManagement/managedDevices/\(id)/remoteLock", isIdempotent: true)
        case .retireDevice: try api.change(.post, "/deviceManagement/managedDevices/\(id)/retire")
        default: throw ConnectorError.configuration("Microsoft Intune can't do \(action.rawValue).")
        }
        return Self.result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        switch action {
        // Repeating any of these actions does no harm.
        case .syncDevice, .lockDevice, .containHost: return .notDone
        case .retireDevice:
            do {
                let device = try api.get(
                    "/deviceManagement/managedDevices/\(target.externalID)", query: [("$select", "id,managementState")])
                // A retirement may also have failed (retireFailed) or have been cancelled (retireCanceled).
                let isRetiring = try ["retirePending", "retireIssued"].contains(
                    device.object().requiredText("managementState"))
                return isRetiring ? .done(Self.result(target)) : .notDone
            } catch ConnectorError.missing {
                // Intune removes a retired device from its list, so a missing device counts as retired.
                return .done(Self.result(target))
            }
        default: return nil
        }
    }

    private static func result(_ target: ActionTarget) -> JSON {
        ["platform": "microsoft_intune", "external_id": .string(target.externalID)]
    }
}
