import Base
import CompanyRecords

/// Writes devices, access and logs.
extension Writer {
    func writeDevices() throws {
        for device in company.devices {
            let system =
                switch device.kind {
                case .mac: "macOS"
                case .windows: "Windows"
                case .phone: "iOS"
                }
            // Each platform reports only its own part: CrowdStrike the agent, the endpoint manager the state of the
            // machine.
            let isAgent = device.platform == .crowdStrike
            try records.addDevice(
                device.id, device.hostname, of: device.owner?.id, from: integrationID(device.platform),
                externalID: company.code(32, of: "0123456789abcdef"), serial: device.serial, system: system,
                version: isAgent ? nil : device.osVersion, isSupported: isAgent ? nil : device.isSupported,
                isEncrypted: isAgent ? nil : device.isEncrypted, isCompliant: isAgent ? nil : device.isCompliant,
                isJailbroken: isAgent ? nil : device.isJailbroken, hasEDR: isAgent ? true : nil,
                isContained: device.isContained, detections: device.openDetections, lastSeenAt: device.lastSeen,
                createdAt: device.createdAt, updatedAt: device.lastSeen)
        }
    }

    func writeEntitlements() throws {
        for person in company.people {
            for entitlement in person.entitlements {
                try records.addEntitlement(
                    entitlement.id, entitlement.role, of: person.id, account: entitlement.account.id,
                    in: entitlement.application.id, from: integrationID(entitlement.account.platform),
                    externalID: "0ua" + company.code(17), isAdmin: entitlement.isAdmin,
                    isLicense: entitlement.isLicense, grantedAt: entitlement.grantedAt,
                    lastUsedAt: entitlement.lastUsed, updatedAt: entitlement.lastUsed ?? entitlement.grantedAt)
            }
        }
    }

    func writeGrants() throws {
        for person in company.people {
            for grant in person.grants {
                try records.addGrant(
                    grant.id, of: person.id, account: grant.account.id, to: grant.application.id,
                    from: integrationID(grant.account.platform), externalID: company.code(20, of: "0123456789"),
                    scopes: grant.scopes, access: grant.access.rawValue, readsMailOrFiles: grant.readsMailOrFiles,
                    grantedAt: grant.grantedAt, lastUsedAt: grant.lastUsed, updatedAt: grant.lastUsed)
            }
        }
    }

    func writeKeys() throws {
        for key in company.keys {
            try records.addKey(
                key.id, key.externalID, kind: key.kind.rawValue, name: key.name, of: key.account?.person?.id,
                account: key.account?.id, on: integrationID(key.platform), canWrite: key.canWrite,
                createdAt: key.createdAt, lastUsedAt: key.lastUsed, expiresAt: key.expiresAt, updatedAt: key.lastUsed)
        }
    }

    func writeEvents() throws {
        for event in company.events.sorted(by: { ($0.time, $0.id.description) < ($1.time, $1.id.description) }) {
            try records.addEvent(
                event.id, event.type, of: event.person?.id, on: integrationID(event.platform),
                externalID: event.id.description, succeeded: event.succeeded, actor: event.actor, target: event.target,
                address: event.address, details: event.details, at: event.time)
        }
    }
}
