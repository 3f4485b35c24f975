@_spi(System) import Auth
import Base
import CompanyRecords
import Store
import TestSupport

/// A company that a test makes up, in its own workspace. By default its records have no problems, and its times are
/// relative to `TestStore.now`, a Wednesday, 12:30 UTC.
final class TestCompany {
    /// A person or service account. `account` is the account in Okta; nil if there is none.
    struct Person {
        let id: Identifier
        let name: String
        let email: String
        let account: Identifier?
    }

    typealias Employment = CompanyRecords.Employment

    let id: Identifier
    private let database: any Database
    private let records: CompanyRecords
    private var integrations: [String: Identifier] = [:]
    /// The digits with which the company's ids begin.
    private let digits: String
    private var count = 0

    private static let platforms: [(platform: String, category: String, idpRole: String?)] = [
        ("okta", "idp", "primary_idp"), ("google_workspace", "idp", "directory"), ("bamboohr", "hr", nil),
        ("github", "developer", nil), ("gitlab", "developer", nil), ("datadog", "developer", nil),
        ("aws", "cloud", nil), ("slack", "communication", nil), ("zoom", "communication", nil),
        ("box", "productivity", nil), ("salesforce", "crm", nil), ("jira", "itsm", nil),
        ("crowdstrike", "edr", nil), ("jamf_pro", "mdm", nil),
    ]

    /// Makes a company without people, with all platforms connected and synced an hour ago. The company's ids begin
    /// with eight hexadecimal digits and end with a number that counts up. Records with the same number have the same
    /// id on their platform in every company.
    init(_ database: any Database, digits: String = String(Identifier.random().description.prefix(8))) throws {
        self.database = database
        self.digits = digits
        id = try Self.id(digits, 0)
        records = CompanyRecords(of: id, in: database)
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, 'Company', 'enterprise', $2)", id,
            ago(days: 300))
        try AuditLog(database, workspaceID: id).begin(at: ago(days: 300))
        for (platform, category, idpRole) in Self.platforms {
            let integration = try nextID()
            integrations[platform] = integration
            try records.addIntegration(
                integration, platform, category: category, idpRole: idpRole, connectedAt: ago(days: 200),
                lastSyncAt: ago(hours: 1), createdAt: ago(days: 200))
        }
    }

    private static func id(_ digits: String, _ number: Int) throws -> Identifier {
        let text = digits + "-0000-4000-8000-" + String(String(1_000_000_000_000 + number).dropFirst())
        guard let id = Identifier(text) else { throw StoreError.failed("not an identifier: \(text)") }
        return id
    }

    private func nextID() throws -> Identifier {
        count += 1
        return try Self.id(digits, count)
    }

    /// Returns the id that a record has on its platform: the record's own id without the company's digits.
    private func externalID(_ id: Identifier) -> String { String(id.description.dropFirst(digits.utf8.count + 1)) }

    /// Returns the company's workspace.
    func workspace() throws -> Workspace {
        guard let workspace = try SystemAccess(database).workspace(id) else {
            throw StoreError.failed("the company's workspace is not there")
        }
        return workspace
    }

    /// Returns the time this number of days, hours and minutes ago.
    func ago(days: Int = 0, hours: Int = 0, minutes: Int = 0) -> Timestamp {
        TestStore.now - .days(days) - .hours(hours) - minutes * 60
    }

    /// Sets the status of a platform's integration and the time of its last sync.
    func set(_ platform: String, status: String = "connected", lastSync: Timestamp?) throws {
        try database.execute(
            "UPDATE integrations SET status = $3, last_sync_at = $4 WHERE workspace_id = $1 AND platform = $2", id,
            platform, status, lastSync)
    }

    /// Sets the time at which a platform was connected.
    func connect(_ platform: String, at moment: Timestamp) throws {
        try database.execute(
            "UPDATE integrations SET connected_at = $3 WHERE workspace_id = $1 AND platform = $2", id, platform, moment)
    }

    private func integration(_ platform: String) throws -> Identifier {
        guard let id = integrations[platform] else { throw StoreError.failed("the company has no \(platform)") }
        return id
    }

    // MARK: People

    /// Adds a person and, unless `idp` is false, an account in Okta. `hr` is the status in HR that the person's record
    /// has; no account in HR is added. By default the person is an active employee without problems.
    @discardableResult
    func person(
        _ name: String = "Ada Lovelace", type: String = "user", status: String = "active", mfa: Bool? = true,
        lastLogin: Timestamp? = TestStore.now - .days(1), department: String? = "Engineering",
        title: String? = "Engineer",
        manager: String? = nil, hr: String? = "active", hired: Timestamp? = TestStore.now - .days(400),
        terminated: Timestamp? = nil, deprovisioned: Timestamp? = nil,
        suspended: Timestamp = TestStore.now - .days(14), created: Timestamp = TestStore.now - .days(390),
        email address: String? = nil, idp: Bool = true, idpStatus: String? = nil, idpRoles: [String] = [],
        idpMetadata: [String: JSON] = [:], adminSince: Timestamp? = nil
    ) throws -> Person {
        let person = try nextID()
        let email = address ?? name.lowercased().split(separator: " ").joined(separator: ".") + "@company.example"
        try records.addIdentity(
            person, email: email, name: name, status: status, type: type, mfa: mfa, lastLoginAt: lastLogin,
            department: department, title: title, manager: manager, hrStatus: hr, hiredAt: hired,
            terminatedAt: terminated, deprovisionedAt: deprovisioned,
            suspendedAt: status == "suspended" ? suspended : nil, createdAt: created, updatedAt: created)
        var made = Person(id: person, name: name, email: email, account: nil)
        if idp {
            let kinds = ["service_account": "service_account", "external": "external"]
            made = Person(
                id: person, name: name, email: email,
                account: try account(
                    of: made, on: "okta", kind: kinds[type] ?? "user", status: idpStatus ?? status,
                    admin: type == "admin" || !idpRoles.isEmpty, adminSince: adminSince, roles: idpRoles, mfa: mfa,
                    lastLogin: lastLogin, department: department, manager: manager, metadata: idpMetadata,
                    created: created))
        }
        return made
    }

    /// Adds an account on a platform, of a person or of an unknown owner, who has the address `email`.
    @discardableResult
    func account(
        of person: Person? = nil, on platform: String, username: String? = nil,
        email: String? = "stranger@elsewhere.example", kind: String = "user",
        status: String = "active", admin: Bool = false, adminSince: Timestamp? = nil, roles: [String] = [],
        mfa: Bool? = nil, sso: Bool? = nil, lastLogin: Timestamp? = TestStore.now - .days(1),
        department: String? = nil, manager: String? = nil, metadata: [String: JSON] = [:],
        employment: Employment? = nil, created: Timestamp? = TestStore.now - .days(390)
    ) throws -> Identifier {
        let account = try nextID()
        try records.addAccount(
            account, on: integration(platform), of: person?.id, externalID: externalID(account),
            username: username ?? person?.email ?? "stranger", email: person?.email ?? email,
            name: person?.name ?? username ?? "Stranger", kind: kind, status: status, isAdmin: admin,
            adminSince: adminSince, roles: roles, mfa: mfa, sso: sso, lastLoginAt: lastLogin, department: department,
            manager: manager.map(EmailAddress.canonical), metadata: metadata, employment: employment,
            createdAt: created, updatedAt: ago(hours: 1))
        return account
    }

    // MARK: Applications and access

    /// Adds an application that IT manages behind single sign-on, unless the arguments say otherwise.
    @discardableResult
    func application(
        _ name: String = "Figma", from platform: String = "okta", managed: Bool = true, sso: Bool? = true,
        aiTool: Bool = false, publisher: String? = "Figma, Inc.", category: String? = nil,
        firstSeen: Timestamp = TestStore.now - .days(200)
    ) throws -> Identifier {
        let application = try nextID()
        try records.addApplication(
            application, name, from: integration(platform), externalID: externalID(application), publisher: publisher,
            category: category, sso: sso, isAITool: aiTool, isManaged: managed, firstSeenAt: firstSeen,
            updatedAt: ago(hours: 1))
        return application
    }

    /// Stores the workspace's decision about applications of a name: `sanctioned`, `unauthorized` or `blocked`.
    func decide(_ status: String, about name: String) throws {
        try records.addPolicy(status, on: name, at: ago(days: 20))
    }

    /// Gives a person a role in an application, through the person's account in Okta or another one.
    func entitlement(
        of person: Person, to application: Identifier, account: Identifier? = nil, from platform: String = "okta",
        role: String = "Member", admin: Bool = false, license: Bool = false,
        granted: Timestamp? = TestStore.now - .days(100), lastUsed: Timestamp? = TestStore.now - .days(2)
    ) throws {
        let entitlement = try nextID()
        try records.addEntitlement(
            entitlement, role, of: person.id, account: account ?? person.account, in: application,
            from: integration(platform), externalID: externalID(entitlement), isAdmin: admin, isLicense: license,
            grantedAt: granted, lastUsedAt: lastUsed, updatedAt: ago(hours: 1))
    }

    /// Adds an OAuth grant of a person, or of an account without a known owner, to an application. `access` is `basic`,
    /// `read`, `write` or `full`.
    func grant(
        of person: Person?, to application: Identifier, account: Identifier? = nil, from platform: String = "okta",
        access: String = "read", readsMailOrFiles: Bool = false, granted: Timestamp? = TestStore.now - .days(100),
        lastUsed: Timestamp? = TestStore.now - .days(2)
    ) throws {
        let grant = try nextID()
        try records.addGrant(
            grant, of: person?.id, account: account ?? person?.account, to: application, from: integration(platform),
            externalID: externalID(grant), access: access, readsMailOrFiles: readsMailOrFiles, grantedAt: granted,
            lastUsedAt: lastUsed, updatedAt: ago(hours: 1))
    }

    /// Adds an access key, token or deploy key. `kind` is `access_key`, `access_token` or `deploy_key`.
    func key(
        _ name: String = "AKIA1", of person: Person? = nil, on platform: String = "aws", kind: String = "access_key",
        account: Identifier? = nil, active: Bool = true, canWrite: Bool = false,
        created: Timestamp? = TestStore.now - .days(20), lastUsed: Timestamp? = TestStore.now - .days(1),
        expires: Timestamp? = nil
    ) throws {
        let key = try nextID()
        try records.addKey(
            key, externalID(key), kind: kind, name: name, of: person?.id, account: account, on: integration(platform),
            isActive: active, canWrite: canWrite, createdAt: created, lastUsedAt: lastUsed, expiresAt: expires,
            updatedAt: ago(hours: 1))
    }

    /// Adds one of the workspace's own API keys, which a person made. A person who is no longer a member is known only
    /// from the audit log, with the address as the session's token wrote it.
    func apiKey(
        _ name: String = "ci", scope: String = "read", by person: Person, isMember: Bool = true,
        isRevoked: Bool = false, created: Timestamp = TestStore.now - .days(100)
    ) throws {
        let key = try nextID()
        let revokedAt: Timestamp? = isRevoked ? ago(days: 1) : nil
        if isMember {
            try database.execute(
                "INSERT INTO members (workspace_id, user_id, email, role, created_at) VALUES ($1, $2, $3, 'admin', $4)",
                id, person.id, person.email, created)
        }
        try database.execute(
            """
            INSERT INTO api_keys (workspace_id, id, name, prefix, key_hash, scope, created_by, created_at, revoked_at)
            VALUES ($1, $2, $3, 'thal_1', $4, $5, $6, $7, $8)
            """, id, key, name, Array(key.description.utf8), scope, person.id, created, revokedAt)
        try AuditLog(database, workspaceID: id).append(
            AuditEntry(
                action: "api_key.created", userID: person.id, actorEmail: person.email.uppercased(),
                targetType: "api_key", targetID: key.description, createdAt: created))
    }

    // MARK: Devices and events

    /// Adds a device, which has no problems unless the arguments say otherwise.
    @discardableResult
    func device(
        _ hostname: String = "ada-mac", of person: Person? = nil, on platform: String = "jamf_pro",
        serial: String? = nil, model: String? = nil, system: String = "macOS", version: String = "15.4",
        supported: Bool? = true, encrypted: Bool? = true, compliant: Bool? = true, jailbroken: Bool? = false,
        edr: Bool? = nil,
        contained: Bool = false, detections: Int = 0, lastSeen: Timestamp? = TestStore.now - .hours(3),
        created: Timestamp = TestStore.now - .days(300)
    ) throws -> Identifier {
        let device = try nextID()
        try records.addDevice(
            device, hostname, of: person?.id, from: integration(platform), externalID: externalID(device),
            serial: serial ?? externalID(device), system: system, version: version, isSupported: supported,
            isEncrypted: encrypted, isCompliant: compliant, isJailbroken: jailbroken, hasEDR: edr,
            isContained: contained, detections: detections, lastSeenAt: lastSeen,
            metadata: model.map { ["model": .string($0)] } ?? [:], createdAt: created, updatedAt: ago(hours: 1))
        return device
    }

    /// Adds CrowdStrike's record of a machine that runs its agent.
    @discardableResult
    func agent(
        _ hostname: String = "ada-mac", of person: Person? = nil, serial: String? = nil, contained: Bool = false,
        detections: Int = 0, lastSeen: Timestamp? = TestStore.now - .hours(3)
    ) throws -> Identifier {
        try device(
            hostname, of: person, on: "crowdstrike", serial: serial, supported: nil, encrypted: nil, compliant: nil,
            jailbroken: nil, edr: true, contained: contained, detections: detections, lastSeen: lastSeen)
    }

    /// Adds an entry to a platform's log.
    func event(
        _ type: String, of person: Person? = nil, on platform: String = "okta", at moment: Timestamp,
        failed: Bool = false, target: String? = nil, address: String? = "198.51.100.7", _ details: [String: JSON] = [:]
    ) throws {
        let event = try nextID()
        try records.addEvent(
            event, type, of: person?.id, on: integration(platform), externalID: externalID(event), succeeded: !failed,
            actor: person?.email, target: target, address: address, details: details, at: moment)
    }

    // MARK: Stored results

    /// Adds a drift snapshot.
    func snapshot(at moment: Timestamp, _ metrics: [String: JSON]) throws {
        try database.execute(
            "INSERT INTO drift_snapshots (workspace_id, id, taken_at, metrics) VALUES ($1, $2, $3, $4)", id,
            try nextID(), moment, JSON.object(metrics))
    }

    /// Adds a finding of a rule as an earlier run left it.
    func finding(
        _ ruleID: String, _ severity: String, status: String = "open", about person: Person? = nil,
        application: Identifier? = nil, device: Identifier? = nil, key: String? = nil
    ) throws {
        let finding = try nextID()
        try database.execute(
            """
            INSERT INTO findings (workspace_id, id, finding_key, rule_id, category, title, severity, severity_rank,
                status, affected_entities, affected_count, affected_identity_id, affected_application_id,
                affected_device_id, recommended_action, source_integrations, confidence, created_at, updated_at,
                last_seen_at)
            VALUES ($1, $2, $3, $4, $5, 'A finding.', $6, $7, $8, '{}', 1, $9, $10, $11, 'Act.', '["okta"]', 0.9, $12,
                $12, $12)
            """, id, finding, ruleID + ":" + (key ?? finding.description), ruleID,
            String(ruleID.prefix { $0 != ":" }), severity,
            ["critical", "high", "medium", "low", "info"].firstIndex(of: severity), status, person?.id, application,
            device, ago(days: 3))
    }
}
