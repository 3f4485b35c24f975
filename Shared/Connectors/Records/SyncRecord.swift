import Base

/// What a provider says of one thing. `externalID` is unique in its kind and platform, and the id that the provider's own
/// API takes for it where it has one.
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

    /// The kinds of records, by the names that the product keeps them under.
    public enum Kind: String, Sendable, CaseIterable {
        case account, application, entitlement, oauthGrant = "oauth_grant", accessKey = "access_key", device
        case auditEvent = "audit_event"
    }
}

/// A person's or a program's account on the platform. At an identity provider it is what the identity is made of.
public struct AccountRecord: Sendable, Equatable {
    /// What kind of account it is.
    public enum Kind: String, Sendable { case user, external, serviceAccount = "service_account", shared }
    /// Tells if it can be used. Staged: made, and never activated, so that nobody can sign in with it yet.
    /// Deprovisioned: it still shows, but has been ended for good.
    public enum Status: String, Sendable { case active, staged, suspended, deprovisioned }

    public var externalID: String
    /// The id that the connector gave the account before it knew it by `externalID`: the account keeps its row.
    public var formerExternalID: String?
    public var displayName: String
    public var status: Status
    public var kind = Kind.user
    public var username: String?
    /// In its canonical form. It joins accounts of different platforms to one identity, so it must be one that the
    /// provider has verified or that an administrator has set; otherwise it goes into `unverifiedEmail`.
    public var email: String?
    /// An address that the account's holder could choose; it is shown, and joins nothing.
    public var unverifiedEmail: String?
    /// What the provider itself links the account to: addresses by which an identity provider names it (SAML NameID, SCIM
    /// userName), further verified addresses, and names that users sign in with if these are addresses.
    public var linkedEmails: [String] = []
    /// Nil when the provider does not tell: what is known of it, and of the roles, stays.
    public var isAdmin: Bool? = false
    /// The roles that make it an admin, in the provider's words, such as `SUPER_ADMIN` or `Global Administrator`.
    public var adminRoles: [String] = []
    /// Nil when the provider does not tell.
    public var mfaEnabled: Bool?
    public var ssoEnforced: Bool?
    public var lastLoginAt: Timestamp?
    public var department: String?
    public var title: String?
    /// In its canonical form.
    public var managerEmail: String?
    /// The manager's account on the same platform, where the provider names no address.
    public var managerExternalID: String?
    public var createdAt: Timestamp?
    /// When it was ended, of a deprovisioned one.
    public var deprovisionedAt: Timestamp?
    /// What rules of this platform need beside; texts, such as `role` of GitLab and `kind` of AWS.
    public var metadata: [String: JSON] = [:]
    /// The fields that could not be read this time, though the account could: what is known of them stays.
    public var unread: Set<Field> = []

    /// A field that another list than that of the accounts tells.
    public enum Field: String, Sendable {
        /// The address, and the addresses that the provider links the account to.
        case email
        /// The addresses that the provider links the account to, without its own.
        case linkedEmails = "linked_emails"
        case kind = "account_type"
        case status
        case mfaEnabled = "mfa_enabled"
        case ssoEnforced = "sso_enforced"
        case lastLoginAt = "last_login_at"
        /// The roles of somebody of whom it is known that they are an admin.
        case adminRoles = "admin_roles"
        case department, title
        case managerEmail = "manager_email"
        case managerExternalID = "manager_external_id"
        case metadata
        case createdAt = "created_at"
    }

    public init(externalID: String, displayName: String, status: Status) {
        self.externalID = externalID
        self.displayName = displayName
        self.status = status
    }
}

/// An application: one that an identity provider manages, one that people have let in by OAuth, or the platform itself.
public struct ApplicationRecord: Sendable, Equatable {
    public var externalID: String
    public var name: String
    public var publisher: String?
    public var category: String?
    /// Nil when the provider does not tell.
    public var ssoEnabled: Bool?
    /// Whether administrators have set it up; one that people brought in by themselves is not managed.
    public var isManaged: Bool
    public var metadata: [String: JSON] = [:]
    /// The fields that could not be read this time, though the application could: what is known of them stays.
    public var unread: Set<Field> = []

    /// A field that another list than that of the applications tells.
    public enum Field: String, Sendable {
        case isManaged = "is_managed"
    }

    public init(externalID: String, name: String, isManaged: Bool) {
        self.externalID = externalID
        self.name = name
        self.isManaged = isManaged
    }
}

/// That an account may use an application, and as what.
public struct EntitlementRecord: Sendable, Equatable {
    public var externalID: String
    public var accountExternalID: String
    public var applicationExternalID: String
    /// In the provider's words; `user` when it names none.
    public var role: String
    public var isAdmin = false
    /// Whether it takes up a paid seat.
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

/// That an account has let an application in by OAuth.
public struct OAuthGrantRecord: Sendable, Equatable {
    public var externalID: String
    public var accountExternalID: String
    public var applicationExternalID: String
    /// As the provider writes them.
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
    /// What kind of key it is.
    public enum Kind: String, Sendable {
        case accessKey = "access_key", accessToken = "access_token", deployKey = "deploy_key"
    }

    public var externalID: String
    public var kind: Kind
    /// Nil when it belongs to no account, such as a deploy key.
    public var accountExternalID: String?
    public var name: String?
    public var isActive = true
    public var canWrite: Bool
    public var createdAt: Timestamp?
    public var lastUsedAt: Timestamp?
    /// Nil when it never expires.
    public var expiresAt: Timestamp?

    public init(externalID: String, kind: Kind, canWrite: Bool) {
        self.externalID = externalID
        self.kind = kind
        self.canWrite = canWrite
    }
}

/// A device.
public struct DeviceRecord: Sendable, Equatable {
    public var externalID: String
    public var hostname: String
    /// In its canonical form.
    public var ownerEmail: String?
    /// The owner's account on the same platform, where the provider names no address.
    public var ownerExternalID: String?
    /// Nil when the firmware has only a placeholder.
    public var serialNumber: String?
    /// The maker's name for the model; machines of different models are not the same.
    public var model: String?
    /// Such as `macOS`, `Windows`, `iOS`, `Android`, `Linux`, `ChromeOS`.
    public var operatingSystem: String?
    public var osVersion: String?
    /// Nil when the provider does not tell.
    public var isEncrypted: Bool?
    public var isCompliant: Bool?
    public var isJailbroken: Bool?
    public var hasEDR: Bool?
    public var isContained = false
    public var openDetections = 0
    public var lastSeenAt: Timestamp?
    public var metadata: [String: JSON] = [:]
    /// The fields that could not be read this time, though the device could: what is known of them stays.
    public var unread: Set<Field> = []

    /// A field that another list than that of the devices tells.
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

/// Something that happened on the platform. Events are added and never change.
public struct AuditEventRecord: Sendable, Equatable {
    /// How it went.
    public enum Outcome: String, Sendable { case success, failure }

    public var externalID: String
    /// In the vocabulary that rules know; see `EventType`.
    public var eventType: String
    public var outcome: Outcome
    public var occurredAt: Timestamp
    /// Who did it, as the provider calls them.
    public var actor: String?
    /// The account on the same platform that the event is about: the actor's, or that of the person whose second factor or
    /// password was changed.
    public var actorExternalID: String?
    /// Its owner's address in its canonical form, where the provider names no account.
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
