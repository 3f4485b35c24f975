public import Base
import CompanyRecords
import Store

// Functions that add records to a workspace, one by one. Texts contain the workspace's mark unless the test sets them.
extension TestWorkspace {
    private var records: CompanyRecords { CompanyRecords(of: id, in: database) }

    /// Adds an integration; returns its id.
    @discardableResult
    public func addIntegration(
        _ platform: String, category: String = "productivity", idpRole: String? = nil, status: String = "connected",
        lastSyncAt: Timestamp? = TestStore.now - .hours(1), createdAt: Timestamp = TestStore.now - .days(60)
    ) throws -> Identifier {
        let integration = nextID()
        try records.addIntegration(
            integration, platform, category: category, idpRole: idpRole, status: status, lastSyncAt: lastSyncAt,
            nextSyncAt: TestStore.now + .hours(1), createdAt: createdAt)
        return integration
    }

    /// Adds an identity; returns its id.
    @discardableResult
    public func addIdentity(
        _ email: String?, status: String = "active", type: String = "user", mfa: Bool? = true,
        lastLoginAt: Timestamp? = TestStore.now - .days(5), department: String? = nil, manager: String? = nil
    ) throws -> Identifier {
        let identity = nextID()
        try records.addIdentity(
            identity, email: email, name: "Person \(owner.mark)", status: status, type: type, mfa: mfa,
            lastLoginAt: lastLoginAt, department: department, manager: manager, createdAt: TestStore.now - .days(50),
            updatedAt: TestStore.now - .days(50))
        return identity
    }

    /// Adds an identity's account on a platform; returns its id.
    @discardableResult
    public func addAccount(of identity: Identifier, on integration: Identifier) throws -> Identifier {
        let account = nextID()
        try records.addAccount(
            account, on: integration, of: identity, externalID: account.description, username: owner.mark + "-user",
            updatedAt: TestStore.now)
        return account
    }

    /// Adds an application; returns its id.
    @discardableResult
    public func addApplication(
        _ name: String, from integration: Identifier, sso: Bool? = true, isManaged: Bool = true
    ) throws -> Identifier {
        let application = nextID()
        try records.addApplication(
            application, name, from: integration, externalID: application.description, publisher: owner.mark, sso: sso,
            isManaged: isManaged, firstSeenAt: TestStore.now - .days(40), updatedAt: TestStore.now - .days(40))
        return application
    }

    /// Gives an account a role in an application.
    public func addEntitlement(
        _ role: String, of identity: Identifier, account: Identifier, in application: Identifier,
        from integration: Identifier, lastUsedAt: Timestamp? = nil
    ) throws {
        let entitlement = nextID()
        try records.addEntitlement(
            entitlement, role, of: identity, account: account, in: application, from: integration,
            externalID: entitlement.description, lastUsedAt: lastUsedAt, updatedAt: TestStore.now)
    }

    /// Adds an access token; returns its id.
    @discardableResult
    public func addKey(
        _ externalID: String, named name: String, of account: Identifier?, identity: Identifier?,
        on integration: Identifier
    ) throws -> Identifier {
        let key = nextID()
        try records.addKey(
            key, externalID, kind: "access_token", name: name, of: identity, account: account, on: integration,
            canWrite: true, updatedAt: TestStore.now)
        return key
    }

    /// Adds a device of an identity; returns its id.
    @discardableResult
    public func addDevice(of identity: Identifier, from integration: Identifier) throws -> Identifier {
        let device = nextID()
        try records.addDevice(
            device, "\(owner.mark)-laptop", of: identity, from: integration, externalID: device.description,
            createdAt: TestStore.now, updatedAt: TestStore.now)
        return device
    }

    /// Adds a finding; returns its id.
    @discardableResult
    public func addFinding(
        _ severity: String, _ category: String = "identity_security", status: String = "open", title: String? = nil,
        affected: Int = 1, identity: Identifier? = nil, application: Identifier? = nil, device: Identifier? = nil,
        action: String? = nil, entities: JSON? = nil, sources: JSON = ["okta"],
        createdAt: Timestamp = TestStore.now - .days(3), snoozedUntil: Timestamp? = nil, rule: String? = nil
    ) throws -> Identifier {
        let finding = nextID()
        try database.execute(
            """
            INSERT INTO findings (workspace_id, id, finding_key, rule_id, category, title, severity, severity_rank,
                status, affected_entities, affected_count, affected_identity_id, affected_application_id,
                affected_device_id, recommended_action, action_type, source_integrations, confidence, snoozed_until,
                created_at, updated_at, last_seen_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0.9, $18, $19, $19, $19)
            """, id, finding, finding.description, rule ?? category + "::test", category,
            title ?? "Finding \(owner.mark)",
            severity, ["critical", "high", "medium", "low", "info"].firstIndex(of: severity), status,
            entities ?? ["identities": [["name": .string(owner.mark)], ["name": .string(owner.mark)]]], affected,
            identity, application, device,
            "Act on \(owner.mark).", action, sources, snoozedUntil, createdAt)
        return finding
    }

    /// Sets the policy for an application.
    public func setPolicy(_ status: String, on appName: String) throws {
        try records.addPolicy(status, on: appName, by: owner.mark, at: TestStore.now - .days(2))
    }

    /// Switches a rule on or off.
    public func setRule(_ ruleID: String, isEnabled: Bool) throws {
        try database.execute(
            "INSERT INTO rule_states (workspace_id, rule_id, is_enabled, updated_at) VALUES ($1, $2, $3, $4)", id,
            ruleID, isEnabled, TestStore.now)
    }

    /// Adds one or two records of most kinds, some of them with names that both workspaces use: the same e-mail
    /// address, application and platform.
    func fill() throws {
        let okta = try addIntegration("okta", category: "idp", idpRole: "primary_idp")
        try addIntegration("slack", category: "collaboration", status: "paused")
        let alice = try addIdentity("alice@example.com", department: owner.mark, manager: "boss@example.com")
        try addIdentity("\(owner.mark.lowercased())@example.com", type: "admin", mfa: false)
        let account = try addAccount(of: alice, on: okta)
        let figma = try addApplication("Figma", from: okta)
        try addApplication("App of \(owner.mark)", from: okta, sso: false, isManaged: false)
        try addEntitlement("\(owner.mark) editor", of: alice, account: account, in: figma, from: okta)
        try addDevice(of: alice, from: okta)
        try addFinding("critical", identity: alice)
        try addFinding("medium", "shadow_it", title: "Shadow \(owner.mark)")
        try setPolicy(owner == .own ? "sanctioned" : "blocked", on: "Figma")
        try setPolicy("blocked", on: "Policy \(owner.mark)")
    }
}
