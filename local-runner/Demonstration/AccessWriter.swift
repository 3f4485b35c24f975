import Base
import Store

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
            try database.execute(
                """
                INSERT INTO devices (workspace_id, id, integration_id, identity_id, external_id, hostname,
                    serial_number, operating_system, os_version, is_os_supported, is_encrypted, is_compliant,
                    is_jailbroken, has_edr, is_contained, open_detections, last_seen_at, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $17)
                """, workspaceID, device.id, try integrationID(device.platform), device.owner?.id,
                company.code(32, of: "0123456789abcdef"), device.hostname, device.serial, system,
                isAgent ? nil : device.osVersion, isAgent ? nil : device.isSupported,
                isAgent ? nil : device.isEncrypted, isAgent ? nil : device.isCompliant,
                isAgent ? nil : device.isJailbroken, isAgent ? true : nil, device.isContained, device.openDetections,
                device.lastSeen, device.createdAt)
        }
    }

    func writeEntitlements() throws {
        for person in company.people {
            for entitlement in person.entitlements {
                try database.execute(
                    """
                    INSERT INTO entitlements (workspace_id, id, integration_id, account_id, identity_id,
                        application_id, external_id, role, is_admin, is_license, granted_at, last_used_at, updated_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                    """, workspaceID, entitlement.id, try integrationID(entitlement.account.platform),
                    entitlement.account.id, person.id, entitlement.application.id, "0ua" + company.code(17),
                    entitlement.role, entitlement.isAdmin, entitlement.isLicense, entitlement.grantedAt,
                    entitlement.lastUsed, entitlement.lastUsed ?? entitlement.grantedAt)
            }
        }
    }

    func writeGrants() throws {
        for person in company.people {
            for grant in person.grants {
                try database.execute(
                    """
                    INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, identity_id,
                        application_id, external_id, scopes, access, reads_mail_or_files, granted_at, last_used_at,
                        updated_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
                    """, workspaceID, grant.id, try integrationID(grant.account.platform), grant.account.id,
                    person.id, grant.application.id, company.code(20, of: "0123456789"), JSON.array(grant.scopes),
                    grant.access.rawValue, grant.readsMailOrFiles, grant.grantedAt, grant.lastUsed)
            }
        }
    }

    func writeKeys() throws {
        for key in company.keys {
            try database.execute(
                """
                INSERT INTO access_keys (workspace_id, id, integration_id, account_id, identity_id, external_id, kind,
                    name, is_active, can_write, created_at, last_used_at, expires_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12)
                """, workspaceID, key.id, try integrationID(key.platform), key.account?.id, key.account?.person?.id,
                key.externalID, key.kind.rawValue, key.name, true, key.canWrite, key.createdAt, key.lastUsed,
                key.expiresAt)
        }
    }

    func writeEvents() throws {
        for event in company.events.sorted(by: { ($0.time, $0.id.description) < ($1.time, $1.id.description) }) {
            try database.execute(
                """
                INSERT INTO audit_events (workspace_id, id, integration_id, identity_id, external_id, event_type,
                    outcome, actor, target, ip_address, details, country, occurred_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                """, workspaceID, event.id, try integrationID(event.platform), event.person?.id,
                event.id.description, event.type, event.succeeded ? "success" : "failure", event.actor, event.target,
                event.address, JSON.object(event.details), event.details["country"]?.string, event.time)
        }
    }
}
