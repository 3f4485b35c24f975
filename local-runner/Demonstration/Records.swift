import Base

/// A person, service account or guest: a row of the table identities.
final class Person {
    enum Kind { case employee, contractor, service, guest }
    enum Rank { case chief, head, manager, member }

    let id: Identifier
    let kind: Kind
    let name: String
    let email: String
    var rank = Rank.member
    var department: String?
    var title: String?
    var manager: Person?
    var status = Account.Status.active
    /// True if the person is an admin of the identity provider.
    var isAdmin = false
    var mfa: Bool?
    /// The latest sign-in to the identity provider.
    var lastLogin: Timestamp?
    /// The status in HR: `active`, `leave` or `terminated`; nil for people who are not in HR.
    var hrStatus: String?
    var hiredAt: Timestamp
    /// The end of the last day, which may still be to come.
    var terminatedAt: Timestamp?
    var deprovisionedAt: Timestamp?
    var country = "NL"
    var accounts: [Account] = []
    var devices: [Device] = []
    var entitlements: [Entitlement] = []
    var grants: [Grant] = []
    /// True if the person has a part in the story, so that no other part is given to them.
    var isTaken = false

    init(id: Identifier, kind: Kind, name: String, email: String, hiredAt: Timestamp) {
        self.id = id
        self.kind = kind
        self.name = name
        self.email = email
        self.hiredAt = hiredAt
    }

    var isActive: Bool { status == .active }

    /// The value of identity_type in the API.
    var identityType: String {
        switch kind {
        case .service: "service_account"
        case .contractor, .guest: "external"
        case .employee: isAdmin ? "admin" : "user"
        }
    }

    /// True for an active employee who is neither a manager nor an admin anywhere and has no part in the story.
    var isPlain: Bool {
        kind == .employee && rank == .member && isActive && !isAdmin && !isTaken
            && !entitlements.contains { $0.isAdmin } && !accounts.contains { $0.isAdmin }
    }

    func account(on platform: Platform) -> Account? { accounts.first { $0.platform == platform } }

    func entitlement(to application: Application) -> Entitlement? {
        entitlements.first { $0.application === application }
    }
}

/// An account on one platform.
final class Account {
    enum Kind: String { case user, external, shared, service = "service_account" }
    enum Status: String { case active, suspended, deprovisioned }

    let id: Identifier
    let platform: Platform
    let externalID: String
    weak var person: Person?
    var kind: Kind
    var username: String
    var email: String?
    var displayName: String
    var status = Status.active
    var isAdmin = false
    var adminRoles: [String] = []
    var mfa: Bool?
    var ssoEnforced: Bool?
    var lastLogin: Timestamp?
    var department: String?
    var managerEmail: String?
    var metadata: [String: JSON] = [:]
    var createdAt: Timestamp

    init(
        id: Identifier, platform: Platform, externalID: String, person: Person?, kind: Kind, username: String,
        displayName: String, createdAt: Timestamp
    ) {
        self.id = id
        self.platform = platform
        self.externalID = externalID
        self.person = person
        self.kind = kind
        self.username = username
        self.displayName = displayName
        self.createdAt = createdAt
    }
}

/// An application that IT manages, or that people use with their Google accounts.
final class Application {
    let id: Identifier
    let name: String
    let publisher: String?
    let category: String
    let isManaged: Bool
    let isAITool: Bool
    var sso: Bool?
    /// True if its ordinary entitlements are paid seats.
    var isLicensed = false
    /// The workspace's decision: `sanctioned`, `unauthorized` or `blocked`; nil if there is none.
    var policy: String?
    var firstSeen: Timestamp
    var entitlements: [Entitlement] = []
    var grants: [Grant] = []

    init(
        id: Identifier, name: String, publisher: String?, category: String, isManaged: Bool, isAITool: Bool,
        firstSeen: Timestamp
    ) {
        self.id = id
        self.name = name
        self.publisher = publisher
        self.category = category
        self.isManaged = isManaged
        self.isAITool = isAITool
        self.firstSeen = firstSeen
    }

    /// True if IT does not manage the application and no policy sanctions it.
    var isShadowIT: Bool { !isManaged && policy != "sanctioned" }
}

/// A computer or a phone in the records of one platform: an endpoint manager, or CrowdStrike with its agent.
final class Device {
    enum Kind { case mac, windows, phone }

    let id: Identifier
    let kind: Kind
    let hostname: String
    let platform: Platform
    var serial: String
    weak var owner: Person?
    var osVersion: String
    var isSupported = true
    var isEncrypted = true
    var isCompliant = true
    var isJailbroken = false
    var isContained = false
    var openDetections = 0
    var lastSeen: Timestamp
    let createdAt: Timestamp

    init(
        id: Identifier, kind: Kind, hostname: String, platform: Platform, serial: String, osVersion: String,
        lastSeen: Timestamp, createdAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.hostname = hostname
        self.platform = platform
        self.serial = serial
        self.osVersion = osVersion
        self.lastSeen = lastSeen
        self.createdAt = createdAt
    }
}
