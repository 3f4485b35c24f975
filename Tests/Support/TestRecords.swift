public import Base
import Store

// Functions that add records to a workspace, one by one. Texts contain the workspace's mark unless the test sets them.
extension TestWorkspace {
    /// Adds an integration; returns its id.
    @discardableResult
    public func addIntegration(
        _ platform: String, category: String = "productivity", idpRole: String? = nil, status: String = "connected",
        lastSyncAt: Timestamp? = TestStore.now - .hours(1), createdAt: Timestamp = TestStore.now - .days(60)
    ) throws -> Identifier {
        let integration = nextID()
        try database.execute(
            """
            INSERT INTO integrations (workspace_id, id, platform, category, idp_role, status, last_sync_at,
                next_auto_sync_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, id, integration, platform, category, idpRole, status, lastSyncAt, TestStore.now + .hours(1), createdAt)
        return integration
    }

    /// Adds an identity; returns its id.
    @discardableResult
    public func addIdentity(
        _ email: String?, status: String = "active", type: String = "user", mfa: Bool? = true,
        lastLoginAt: Timestamp? = TestStore.now - .days(5), department: String? = nil, manager: String? = nil
    ) throws -> Identifier {
        let identity = nextID()
        try database.execute(
            """
            INSERT INTO identities (workspace_id, id, email, display_name, status, identity_type, mfa_enabled,
                last_login_at, department, manager_email, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
            """, id, identity, email, "Person \(owner.mark)", status, type, mfa, lastLoginAt, department, manager,
            TestStore.now - .days(50))
        return identity
    }

    /// Adds an identity's account on a platform; returns its id.
    @discardableResult
    public func addAccount(of identity: Identifier, on integration: Identifier) throws -> Identifier {
        let account = nextID()
        try database.execute(
            """
            INSERT INTO accounts (workspace_id, id, integration_id, identity_id, external_id, username, account_type,
                status, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'user', 'active', $7)
            """, id, account, integration, identity, account.description, owner.mark + "-user", TestStore.now)
        return account
    }

    /// Adds an application; returns its id.
    @discardableResult
    public func addApplication(
        _ name: String, from integration: Identifier, sso: Bool? = true, isManaged: Bool = true
    ) throws -> Identifier {
        let application = nextID()
        try database.execute(
            """
            INSERT INTO applications (workspace_id, id, integration_id, external_id, name, name_folded, publisher,
                sso_enabled, is_managed, first_seen_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
            """, id, application, integration, application.description, name, name.lowercased(), owner.mark, sso,
            isManaged, TestStore.now - .days(40))
        return application
    }

    /// Gives an account a role in an application.
    public func addEntitlement(
        _ role: String, of identity: Identifier, account: Identifier, in application: Identifier,
        from integration: Identifier, lastUsedAt: Timestamp? = nil
    ) throws {
        let entitlement = nextID()
        try database.execute(
            """
            INSERT INTO entitlements (workspace_id, id, integration_id, account_id, identity_id, application_id,
                external_id, role, last_used_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """, id, entitlement, integration, account, identity, application, entitlement.description, role,
            lastUsedAt,
            TestStore.now)
    }

    /// Adds an access token; returns its id.
    @discardableResult
    public func addKey(
        _ externalID: String, named name: String, of account: Identifier?, identity: Identifier?,
        on integration: Identifier
    ) throws -> Identifier {
        let key = nextID()
        try database.execute(
            """
            INSERT INTO access_keys (workspace_id, id, integration_id, account_id, identity_id, external_id, kind, name,
                is_active, can_write, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, 'access_token', $7, true, true, $8)
            """, id, key, integration, account, identity, externalID, name, TestStore.now)
        return key
    }

    /// Adds a device of an identity; returns its id.
    @discardableResult
    public func addDevice(of identity: Identifier, from integration: Identifier) throws -> Identifier {
        let device = nextID()
        try database.execute(
            """
            INSERT INTO devices (workspace_id, id, integration_id, identity_id, external_id, hostname, created_at,
                updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
            """, id, device, integration, identity, device.description, "\(owner.mark)-laptop", TestStore.now)
        return device
    }

    /// Adds a finding; returns its id.
    @discardableResult
    public func addFinding(
        _ severity: String, _ category: String = "identity_security", status: String = "open", title: String? = nil,
        affected: Int = 1, identity: Identifier? = nil, application: Identifier? = nil, device: Identifier? = nil,
        action: String? = nil, entities: JSON? = nil, sources: JSON = ["okta"],
        createdAt: Timestamp = TestStore.now - .days(3), snoozedUntil: Timestamp? = nil
    ) throws -> Identifier {
        let finding = nextID()
        try database.execute(
            """
            INSERT INTO findings (workspace_id, id, finding_key, rule_id, category, title, severity, severity_rank,
                status, affected_entities, affected_count, affected_identity_id, affected_application_id,
                affected_device_id, recommended_action, action_type, source_integrations, confidence, snoozed_until,
                created_at, updated_at, last_seen_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0.9, $18, $19, $19, $19)
            """, id, finding, finding.description, category + "::test", category, title ?? "Finding \(owner.mark)",
            severity, ["critical", "high", "medium", "low", "info"].firstIndex(of: severity), status,
            entities ?? ["names": [.string(owner.mark)]], affected, identity, application, device,
            "Act on \(owner.mark).", action, sources, snoozedUntil, createdAt)
        return finding
    }

    /// Sets the policy for an application.
    public func setPolicy(_ status: String, on appName: String) throws {
        try database.execute(
            """
            INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_by, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            """, id, appName, appName.lowercased(), status, owner.mark, TestStore.now - .days(2))
    }

    /// Switches a rule on or off.
    public func setRule(_ ruleID: String, isEnabled: Bool) throws {
        try database.execute(
            "INSERT INTO rule_states (workspace_id, rule_id, is_enabled, updated_at) VALUES ($1, $2, $3, $4)", id,
            ruleID, isEnabled, TestStore.now)
    }

    /// Adds a few records of each kind, with names that both workspaces use: the same e-mail address, application and
    /// platform.
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
