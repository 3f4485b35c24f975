import Base
import Connectors
import Crypto
import Integrations
import Store

/// A provider's record in the form in which a sync keeps it until the sync is applied: the values that the inventory
/// will have, including those that the product derives itself.
struct StagedRecord {
    /// The kinds of records, and of other data that a sync keeps with them.
    enum Kind: String, CaseIterable {
        case account
        case accountLink = "account_link"
        case application
        case entitlement
        case oauthGrant = "oauth_grant"
        case accessKey = "access_key"
        case device
        case auditEvent = "audit_event"

        /// The name in SQL.
        var text: SQL {
            switch self {
            case .account: "account"
            case .accountLink: "account_link"
            case .application: "application"
            case .entitlement: "entitlement"
            case .oauthGrant: "oauth_grant"
            case .accessKey: "access_key"
            case .device: "device"
            case .auditEvent: "audit_event"
            }
        }
    }

    let kind: Kind
    let externalID: String
    /// The record as JSON. Equal data always give the same text.
    let record: String
    /// A digest of the record. If it differs from the row's, the sync writes the row again.
    var fingerprint: String { String(SHA256.hexadecimal(Array(record.utf8)).prefix(32)) }

    private init(_ kind: Kind, _ externalID: String, _ members: [String: JSON?]) {
        self.kind = kind
        self.externalID = Self.storable(externalID)
        let present = members.compactMapValues { $0 }
        let bytes = JSONWriter.bytes(JSON.object(present))
        // Searching for a few bytes is cheap, and control characters are rare.
        record = String(
            decoding: Self.mayHoldControls(bytes) ? JSONWriter.bytes(Self.storable(.object(present))) : bytes,
            as: UTF8.self)
    }

    /// Returns true if JSON contains a control character other than tabs and line breaks, escaped as `\u…` or not, or
    /// other text with such an escape.
    private static func mayHoldControls(_ json: [UInt8]) -> Bool {
        json.withUnsafeBufferPointer { json in
            var previous: UInt8 = 0
            for byte in json {
                let isEscape = previous == UInt8(ascii: "\\") && byte == UInt8(ascii: "u")
                if byte == 0x7F || isEscape || previous == 0xC2 && byte < 0xA0 { return true }
                previous = byte
            }
            return false
        }
    }

    /// Returns the staged records for a provider's record: the record itself, and the links of an account.
    static func records(of record: SyncRecord, on platform: Platform, now: Timestamp) -> [StagedRecord] {
        switch record {
        case .account(let account): [StagedRecord(account)] + links(of: account)
        case .application(let application): [StagedRecord(application)]
        case .entitlement(let entitlement): [StagedRecord(entitlement)]
        case .oauthGrant(let grant): [StagedRecord(grant, on: platform)]
        case .accessKey(let key): [StagedRecord(key)]
        case .device(let device): [StagedRecord(device, now: now)]
        case .auditEvent(let event): [StagedRecord(event)]
        }
    }

    private static func links(of account: AccountRecord) -> [StagedRecord] {
        Set(account.linkedEmails.map(EmailAddress.canonical)).sorted().map { email in
            StagedRecord(
                .accountLink, account.externalID + " " + email,
                ["account": .string(account.externalID), "email": .string(email)])
        }
    }

    /// Returns the text without control characters other than tabs and line breaks. PostgreSQL can't store NUL, and a
    /// terminal that shows an export would obey some other control characters.
    static func storable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnwanted) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { !isUnwanted($0) }))
    }

    private static func isUnwanted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r": false
        case ..<" ", "\u{7F}"..."\u{9F}": true
        default: false
        }
    }

    private static func storable(_ value: JSON) -> JSON {
        switch value {
        case .string(let text): .string(storable(text))
        case .array(let elements): .array(elements.map(storable))
        case .object(let members):
            .object(
                Dictionary(members.map { (storable($0.key), storable($0.value)) }, uniquingKeysWith: { $1 }))
        case .null, .bool, .integer, .number: value
        }
    }
}

// MARK: Records of each kind

extension StagedRecord {
    /// Returns members that say which columns keep their stored values.
    private static func kept(_ columns: [String]) -> [String: JSON?] {
        columns.reduce(into: [:]) { $0["keeps_" + $1] = true }
    }

    private init(_ account: AccountRecord) {
        var metadata = account.metadata
        metadata["unverified_email"] = account.unverifiedEmail.map(JSON.string)
        // The API has three states for identities and accounts. An account that was never activated can't be used, like
        // a suspended one, but no one has suspended it. Rules tell the two apart by this member.
        metadata["state"] = account.status == .staged ? "staged" : nil
        let status = account.status == .staged ? .suspended : account.status
        self.init(
            .account, account.externalID,
            [
                "former_id": account.formerExternalID.map(JSON.string),
                "display_name": .string(account.displayName), "status": .string(status.rawValue),
                "kind": .string(account.kind.rawValue),
                "username": (account.username ?? account.unverifiedEmail).map(JSON.string),
                "email": account.email.map(address), "is_admin": account.isAdmin.map(JSON.bool),
                "admin_roles": account.isAdmin.map { _ in .array(account.adminRoles.map(JSON.string)) },
                "mfa_enabled": account.mfaEnabled.map(JSON.bool), "sso_enforced": account.ssoEnforced.map(JSON.bool),
                "last_login_at": account.lastLoginAt.map(moment), "department": account.department.map(JSON.string),
                "title": account.title.map(JSON.string), "manager_email": account.managerEmail.map(address),
                "manager": account.managerExternalID.map(JSON.string), "created_at": account.createdAt.map(moment),
                "deprovisioned_at": account.deprovisionedAt.map(moment), "metadata": .object(metadata),
                "hr_status": account.employment.map { JSON.string($0.status.rawValue) },
                "hired_at": account.employment?.hiredAt.map(moment),
                "terminated_at": account.employment?.terminatedAt.map(moment),
            ].merging(Self.kept(account.unread.map(\.rawValue))) { $1 })
    }

    private init(_ application: ApplicationRecord) {
        self.init(
            .application, application.externalID,
            [
                "name": .string(application.name), "name_folded": .string(application.name.lowercased()),
                "publisher": application.publisher.map(JSON.string),
                "category": application.category.map(JSON.string), "sso_enabled": application.ssoEnabled.map(JSON.bool),
                "is_ai_tool": .bool(AITools.include(application)), "is_managed": .bool(application.isManaged),
                "metadata": .object(application.metadata),
            ].merging(Self.kept(application.unread.map(\.rawValue))) { $1 })
    }

    private init(_ entitlement: EntitlementRecord) {
        self.init(
            .entitlement, entitlement.externalID,
            [
                "account": .string(entitlement.accountExternalID),
                "application": .string(entitlement.applicationExternalID), "role": .string(entitlement.role),
                "is_admin": .bool(entitlement.isAdmin), "is_license": .bool(entitlement.isLicense),
                "granted_at": entitlement.grantedAt.map(moment), "last_used_at": entitlement.lastUsedAt.map(moment),
            ])
    }

    private init(_ grant: OAuthGrantRecord, on platform: Platform) {
        let access = OAuthScopes.access(of: grant.scopes, on: platform)
        self.init(
            .oauthGrant, grant.externalID,
            [
                "account": .string(grant.accountExternalID), "application": .string(grant.applicationExternalID),
                "scopes": .array(grant.scopes.map(JSON.string)), "access": .string(access.level.rawValue),
                "reads_mail_or_files": .bool(access.readsMailOrFiles), "granted_at": grant.grantedAt.map(moment),
                "last_used_at": grant.lastUsedAt.map(moment),
            ])
    }

    private init(_ key: AccessKeyRecord) {
        self.init(
            .accessKey, key.externalID,
            [
                "kind": .string(key.kind.rawValue), "account": key.accountExternalID.map(JSON.string),
                "name": key.name.map(JSON.string), "is_active": .bool(key.isActive), "can_write": .bool(key.canWrite),
                "created_at": key.createdAt.map(moment), "last_used_at": key.lastUsedAt.map(moment),
                "expires_at": key.expiresAt.map(moment),
            ])
    }

    private init(_ device: DeviceRecord, now: Timestamp) {
        var metadata = device.metadata
        metadata["model"] = device.model.map(JSON.string)
        let isSupported = OperatingSystems.isSupported(device.operatingSystem, device.osVersion, at: now)
        self.init(
            .device, device.externalID,
            [
                "hostname": .string(device.hostname), "owner_email": device.ownerEmail.map(address),
                "owner": device.ownerExternalID.map(JSON.string), "serial_number": device.serialNumber.map(JSON.string),
                "operating_system": device.operatingSystem.map(JSON.string),
                "os_version": device.osVersion.map(JSON.string), "is_os_supported": isSupported.map(JSON.bool),
                "is_encrypted": device.isEncrypted.map(JSON.bool), "is_compliant": device.isCompliant.map(JSON.bool),
                "is_jailbroken": device.isJailbroken.map(JSON.bool), "has_edr": device.hasEDR.map(JSON.bool),
                "is_contained": .bool(device.isContained), "open_detections": .integer(device.openDetections),
                "last_seen_at": device.lastSeenAt.map(moment), "metadata": .object(metadata),
            ].merging(Self.kept(device.unread.map(\.rawValue))) { $1 })
    }

    private init(_ event: AuditEventRecord) {
        self.init(
            .auditEvent, event.externalID,
            [
                "event_type": .string(event.eventType), "outcome": .string(event.outcome.rawValue),
                "occurred_at": moment(event.occurredAt), "actor": event.actor.map(JSON.string),
                "actor_account": event.actorExternalID.map(JSON.string),
                "actor_email": event.actorEmail.map(address),
                "target": event.target.map(JSON.string), "ip_address": event.ipAddress.map(JSON.string),
                "details": .object(event.details),
            ])
    }
}

private func address(_ text: String) -> JSON { .string(EmailAddress.canonical(text)) }

private func moment(_ timestamp: Timestamp) -> JSON { .string(timestamp.description) }
