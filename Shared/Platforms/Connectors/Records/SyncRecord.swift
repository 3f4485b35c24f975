public import Base

/// A provider's description of one object. `externalID` is unique within its kind and platform. If the provider's API
/// addresses the object by an id, `externalID` contains that id.
public enum SyncRecord: Sendable, Equatable {
    case account(AccountRecord)
    case application(ApplicationRecord)
    case entitlement(EntitlementRecord)
    case oauthGrant(OAuthGrantRecord)
    case accessKey(AccessKeyRecord)
    case device(DeviceRecord)
    case auditEvent(AuditEventRecord)

    /// The id of the record, unique in its kind and platform.
    public var externalID: String {
        switch self {
        case .account(let record): record.externalID
        case .application(let record): record.externalID
        case .entitlement(let record): record.externalID
        case .oauthGrant(let record): record.externalID
        case .accessKey(let record): record.externalID
        case .device(let record): record.externalID
        case .auditEvent(let record): record.externalID
        }
    }

    /// The kinds of records, with the names under which they are stored.
    public enum Kind: String, Sendable, CaseIterable {
        case account, application, entitlement, oauthGrant = "oauth_grant", accessKey = "access_key", device
        case auditEvent = "audit_event"
    }
}

/// An account of a person or a program on the platform. At an HR system, it is the record of an employee. Each account of
/// an identity provider gets an identity, except a shared account.
public struct AccountRecord: Sendable, Equatable {
    /// The kinds of accounts.
    public enum Kind: String, Sendable { case user, external, serviceAccount = "service_account", shared }
    /// The state of an account. `staged`: created but never activated, so that no one can sign in yet. `deprovisioned`:
    /// still listed, but permanently ended.
    public enum Status: String, Sendable { case active, staged, suspended, deprovisioned }

    public var externalID: String
    /// The id by which the connector named the account before it knew `externalID`. The account keeps its row if the
    /// user name is the same.
    public var formerExternalID: String?
    public var displayName: String
    public var status: Status
    public var kind = Kind.user
    public var username: String?
    /// The address in canonical form. Accounts of different platforms with the same address belong to one identity, so
    /// it must be verified by the provider or set by an administrator; otherwise it goes into `unverifiedEmail`.
    public var email: String?
    /// An address that the account's holder could choose freely. It is shown, but never used to match accounts.
    public var unverifiedEmail: String?
    /// The addresses to which the provider itself links the account: those by which an identity provider names it (SAML
    /// NameID, SCIM userName), further verified addresses, and sign-in names that are addresses.
    public var linkedEmails: [String] = []
    /// True for an administrator. Nil if the provider does not tell: the stored value and the stored roles stay.
    public var isAdmin: Bool? = false
    /// The roles that make the account an administrator, in the provider's words, such as `SUPER_ADMIN` or `Global
    /// Administrator`.
    public var adminRoles: [String] = []
    /// Nil if the provider does not tell.
    public var mfaEnabled: Bool?
    public var ssoEnforced: Bool?
    public var lastLoginAt: Timestamp?
    public var department: String?
    public var title: String?
    /// The manager's address in canonical form.
    public var managerEmail: String?
    /// The id of the manager's account on the same platform, for providers that name no address.
    public var managerExternalID: String?
    public var createdAt: Timestamp?
    /// The time at which the account was ended, if it is deprovisioned.
    public var deprovisionedAt: Timestamp?
    /// The employment of which the account is HR's record; nil for accounts elsewhere.
    public var employment: Employment?
    /// Further values that this platform's rules need, such as GitLab's `role` and AWS's `kind`.
    public var metadata: [String: JSON] = [:]
    /// The fields that could not be read this time although the account could. Their stored values stay.
    public var unread: Set<Field> = []

    /// A field whose stored value stays if it could not be read.
    public enum Field: String, Sendable {
        /// The account's address and the addresses to which the provider links the account.
        case email
        /// The addresses to which the provider links the account.
        case linkedEmails = "linked_emails"
        case kind = "account_type"
        case status
        case mfaEnabled = "mfa_enabled"
        case ssoEnforced = "sso_enforced"
        case lastLoginAt = "last_login_at"
        /// The administrator roles.
        case adminRoles = "admin_roles"
        case department, title
        case managerEmail = "manager_email"
        case managerExternalID = "manager_external_id"
        case metadata
        case createdAt = "created_at"
        case hrStatus = "hr_status", hiredAt = "hired_at", terminatedAt = "terminated_at"
    }

    /// A person's employment, as an HR system tells it. Its account can't be used to sign in, so no rule about accounts
    /// considers it.
    public struct Employment: Sendable, Equatable {
        /// The states of an employment. `leave`: employed, but away for some time.
        public enum Status: String, Sendable { case active, leave, terminated }

        public var status: Status
        /// The beginning of the first day, which may still be to come.
        public var hiredAt: Timestamp?
        /// The end of the last day, which may still be to come, whatever the status is.
        public var terminatedAt: Timestamp?

        public init(status: Status) { self.status = status }
    }

    public init(externalID: String, displayName: String, status: Status) {
        self.externalID = externalID
        self.displayName = displayName
        self.status = status
    }
}

/// An application: managed by an identity provider, installed by an administrator, granted access by people through
/// OAuth, or the platform itself.
public struct ApplicationRecord: Sendable, Equatable {
    public var externalID: String
    public var name: String
    public var publisher: String?
    public var category: String?
    /// Nil if the provider does not tell.
    public var ssoEnabled: Bool?
    /// True if administrators have set it up. An application that people brought in by themselves is not managed.
    public var isManaged: Bool
    public var metadata: [String: JSON] = [:]
    /// The fields that could not be read this time although the application could. Their stored values stay.
    public var unread: Set<Field> = []

    /// A field whose stored value stays if it could not be read.
    public enum Field: String, Sendable {
        case isManaged = "is_managed"
    }

    public init(externalID: String, name: String, isManaged: Bool) {
        self.externalID = externalID
        self.name = name
        self.isManaged = isManaged
    }
}

/// The right of an account to use an application, with its role there.
public struct EntitlementRecord: Sendable, Equatable {
    public var externalID: String
    public var accountExternalID: String
    public var applicationExternalID: String
    /// The role in the provider's words; if the provider names none, a word of ours, such as `user`.
    public var role: String
    public var isAdmin = false
    /// True if it takes up a paid seat.
    public var isLicense = false
    public var grantedAt: Timestamp?
    public var lastUsedAt: Timestamp?

    public init(externalID: String, accountExternalID: String, applicationExternalID: String, role: String) {
        self.externalID = externalID
        self.accountExternalID = accountExternalID
        self.applicationExternalID = applicationExternalID
        self.role = role
    }
}

/// An account's OAuth grant to an application.
public struct OAuthGrantRecord: Sendable, Equatable {
    public var externalID: String
    public var accountExternalID: String
    public var applicationExternalID: String
    /// The scopes as the provider writes them.
    public var scopes: [String]
    public var grantedAt: Timestamp?
    public var lastUsedAt: Timestamp?

    public init(externalID: String, accountExternalID: String, applicationExternalID: String, scopes: [String]) {
        self.externalID = externalID
        self.accountExternalID = accountExternalID
        self.applicationExternalID = applicationExternalID
        self.scopes = scopes
    }
}

/// A long-lived key or token.
public struct AccessKeyRecord: Sendable, Equatable {
    /// The kinds of keys.
    public enum Kind: String, Sendable {
        case accessKey = "access_key", accessToken = "access_token", deployKey = "deploy_key"
    }

    public var externalID: String
    public var kind: Kind
    /// The account to which the key belongs; nil for a key of no account, such as a deploy key, or of an unknown one.
    public var accountExternalID: String?
    public var name: String?
    public var isActive = true
    public var canWrite: Bool
    public var createdAt: Timestamp?
    public var lastUsedAt: Timestamp?
    /// The time at which the key expires; nil if it never does or the provider does not tell.
    public var expiresAt: Timestamp?

    public init(externalID: String, kind: Kind, canWrite: Bool) {
        self.externalID = externalID
        self.kind = kind
        self.canWrite = canWrite
    }
}

public struct DeviceRecord: Sendable, Equatable {
    public var externalID: String
    public var hostname: String
    /// The owner's address in canonical form.
    public var ownerEmail: String?
    /// The id of the owner's account on the same platform, for providers that name no address.
    public var ownerExternalID: String?
    /// The serial number; nil if the provider shows none, or only one that can't identify a machine.
    public var serialNumber: String?
    /// The manufacturer's name for the model. Devices of different models are never the same device.
    public var model: String?
    /// The operating system, such as `macOS`, `Windows`, `iOS`, `Android`, `Linux` or `ChromeOS`.
    public var operatingSystem: String?
    public var osVersion: String?
    /// Nil if the provider does not tell.
    public var isEncrypted: Bool?
    public var isCompliant: Bool?
    public var isJailbroken: Bool?
    public var hasEDR: Bool?
    public var isContained = false
    public var openDetections = 0
    public var lastSeenAt: Timestamp?
    public var metadata: [String: JSON] = [:]
    /// The fields that could not be read this time although the device could. Their stored values stay.
    public var unread: Set<Field> = []

    /// Notes that the device has no owner because it is made for several people or for none, such as a kiosk.
    mutating func noteSharedUse() { metadata["use"] = "shared" }

    /// Notes that the device need not check in any more: it was sold, is to be erased, or was a short-lived server.
    mutating func noteEndOfUse() { metadata["use"] = "ended" }

    /// A field whose stored value stays if it could not be read.
    public enum Field: String, Sendable {
        case ownerEmail = "owner_email"
        case isContained = "is_contained"
        case openDetections = "open_detections"
    }

    public init(externalID: String, hostname: String) {
        self.externalID = externalID
        self.hostname = hostname
    }
}

/// An event on the platform. Events are added and never change.
public struct AuditEventRecord: Sendable, Equatable {
    /// The result of the event.
    public enum Outcome: String, Sendable { case success, failure }

    public var externalID: String
    /// The type, in the vocabulary of `EventType`, or else the name that the provider or the connector gives it.
    public var eventType: String
    public var outcome: Outcome
    public var occurredAt: Timestamp
    /// The actor's name, as the provider writes it.
    public var actor: String?
    /// The id of the account on the same platform that the event is about: the actor's, or that of the person whose
    /// second factor or password was changed.
    public var actorExternalID: String?
    /// The address of that account's owner in canonical form, for providers that name no account.
    public var actorEmail: String?
    public var target: String?
    public var ipAddress: String?
    public var details: [String: JSON] = [:]

    public init(externalID: String, eventType: String, outcome: Outcome, occurredAt: Timestamp) {
        self.externalID = externalID
        self.eventType = eventType
        self.outcome = outcome
        self.occurredAt = occurredAt
    }
}
