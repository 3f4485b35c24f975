extension Schema {
    /// Integrations, and the data that they provide: people, their accounts, applications, devices, access, and events.
    static let inventory: [SQL] = [
        """
        CREATE TABLE integrations (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            platform text NOT NULL,
            category text NOT NULL,
            idp_role text CHECK (idp_role IN ('primary_idp', 'directory')),
            status text NOT NULL CHECK (status IN ('connected', 'disconnected', 'error', 'paused', 'pending')),
            credentials bytea,
            settings jsonb NOT NULL DEFAULT '{}',
            connected_by uuid,
            connected_at timestamptz,
            disconnected_at timestamptz,
            last_sync_at timestamptz,
            next_auto_sync_at timestamptz,
            error_kind text,
            error text,
            created_at timestamptz NOT NULL,
            UNIQUE (workspace_id, platform))
        """,
        """
        CREATE TABLE identities (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            email text,
            display_name text NOT NULL,
            status text NOT NULL CHECK (status IN ('active', 'suspended', 'deprovisioned')),
            identity_type text NOT NULL CHECK (identity_type IN
                ('user', 'admin', 'external', 'service_account')),
            mfa_enabled boolean,
            last_login_at timestamptz,
            department text,
            title text,
            manager_email text,
            hr_status text,
            hired_at timestamptz,
            terminated_at timestamptz,
            deprovisioned_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            UNIQUE (workspace_id, email))
        """,
        """
        CREATE TABLE accounts (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            identity_id uuid REFERENCES identities (id),
            external_id text NOT NULL,
            username text,
            email text,
            display_name text,
            account_type text NOT NULL CHECK (account_type IN ('user', 'external', 'service_account', 'shared')),
            status text NOT NULL CHECK (status IN ('active', 'suspended', 'deprovisioned')),
            is_admin boolean NOT NULL DEFAULT false,
            admin_roles jsonb NOT NULL DEFAULT '[]',
            mfa_enabled boolean,
            sso_enforced boolean,
            last_login_at timestamptz,
            department text,
            title text,
            manager_email text,
            manager_external_id text,
            metadata jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz,
            deprovisioned_at timestamptz,
            sync_fingerprint text,
            updated_at timestamptz NOT NULL,
            UNIQUE (integration_id, external_id))
        """,
        """
        CREATE INDEX accounts_by_identity ON accounts
            (workspace_id, identity_id, integration_id, status, account_type, is_admin, department, manager_email)
        """,
        // Further e-mail addresses of accounts: aliases, sign-in names that are addresses, and those by which an
        // identity provider names an account (SAML, SCIM).
        """
        CREATE TABLE account_links (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            account_id uuid NOT NULL REFERENCES accounts (id),
            email text NOT NULL,
            PRIMARY KEY (account_id, email))
        """,
        """
        CREATE INDEX accounts_of_admins ON accounts
            (workspace_id, identity_id, integration_id, status, is_admin) WHERE is_admin
        """,
        """
        CREATE TABLE applications (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            external_id text NOT NULL,
            name text NOT NULL,
            name_folded text NOT NULL,
            publisher text,
            category text,
            sso_enabled boolean,
            is_ai_tool boolean NOT NULL DEFAULT false,
            is_managed boolean NOT NULL,
            metadata jsonb NOT NULL DEFAULT '{}',
            first_seen_at timestamptz NOT NULL,
            sync_fingerprint text,
            updated_at timestamptz NOT NULL,
            UNIQUE (integration_id, external_id))
        """,
        "CREATE INDEX applications_by_name ON applications (workspace_id, name_folded)",
        """
        CREATE TABLE devices (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            identity_id uuid REFERENCES identities (id),
            external_id text NOT NULL,
            hostname text NOT NULL,
            serial_number text,
            operating_system text,
            os_version text,
            is_os_supported boolean,
            is_encrypted boolean,
            is_compliant boolean,
            is_jailbroken boolean,
            has_edr boolean,
            is_contained boolean NOT NULL DEFAULT false,
            open_detections integer NOT NULL DEFAULT 0,
            last_seen_at timestamptz,
            owner_email text,
            owner_external_id text,
            metadata jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL,
            sync_fingerprint text,
            updated_at timestamptz NOT NULL,
            UNIQUE (integration_id, external_id))
        """,
        "CREATE INDEX devices_by_identity ON devices (workspace_id, identity_id)",
        """
        CREATE TABLE entitlements (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            account_id uuid NOT NULL REFERENCES accounts (id),
            identity_id uuid REFERENCES identities (id),
            application_id uuid NOT NULL REFERENCES applications (id),
            external_id text NOT NULL,
            role text NOT NULL,
            is_admin boolean NOT NULL DEFAULT false,
            is_license boolean NOT NULL DEFAULT false,
            granted_at timestamptz,
            last_used_at timestamptz,
            sync_fingerprint text,
            updated_at timestamptz NOT NULL,
            UNIQUE (integration_id, external_id))
        """,
        "CREATE INDEX entitlements_by_account ON entitlements (account_id)",
        "CREATE INDEX entitlements_by_identity ON entitlements (workspace_id, identity_id)",
        "CREATE INDEX entitlements_by_application ON entitlements (workspace_id, application_id)",
        "CREATE INDEX entitlements_of_admins ON entitlements (workspace_id, identity_id, application_id) WHERE is_admin",
        """
        CREATE INDEX entitlements_with_license ON entitlements
            (workspace_id, application_id, identity_id, integration_id, last_used_at, granted_at, is_admin, is_license)
            WHERE is_license
        """,
        """
        CREATE TABLE oauth_grants (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            account_id uuid NOT NULL REFERENCES accounts (id),
            identity_id uuid REFERENCES identities (id),
            application_id uuid NOT NULL REFERENCES applications (id),
            external_id text NOT NULL,
            scopes jsonb NOT NULL,
            access text NOT NULL CHECK (access IN ('basic', 'read', 'write', 'full')),
            reads_mail_or_files boolean NOT NULL DEFAULT false,
            granted_at timestamptz,
            last_used_at timestamptz,
            sync_fingerprint text,
            updated_at timestamptz NOT NULL,
            UNIQUE (integration_id, external_id))
        """,
        "CREATE INDEX oauth_grants_by_account ON oauth_grants (account_id)",
        "CREATE INDEX oauth_grants_by_identity ON oauth_grants (workspace_id, identity_id)",
        "CREATE INDEX oauth_grants_by_application ON oauth_grants (workspace_id, application_id)",
        """
        CREATE TABLE access_keys (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            account_id uuid REFERENCES accounts (id),
            account_external_id text,
            identity_id uuid REFERENCES identities (id),
            external_id text NOT NULL,
            kind text NOT NULL CHECK (kind IN ('access_key', 'access_token', 'deploy_key')),
            name text,
            is_active boolean NOT NULL,
            can_write boolean NOT NULL,
            created_at timestamptz,
            last_used_at timestamptz,
            expires_at timestamptz,
            sync_fingerprint text,
            updated_at timestamptz NOT NULL,
            UNIQUE (integration_id, external_id))
        """,
        "CREATE INDEX access_keys_by_account ON access_keys (account_id)",
        "CREATE INDEX access_keys_by_identity ON access_keys (workspace_id, identity_id)",
        // The country is a copy of a value in details. Queries over large numbers of events read it from an index.
        """
        CREATE TABLE audit_events (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            identity_id uuid REFERENCES identities (id),
            external_id text NOT NULL,
            event_type text NOT NULL,
            outcome text NOT NULL CHECK (outcome IN ('success', 'failure')),
            actor text,
            target text,
            ip_address text,
            details jsonb NOT NULL DEFAULT '{}',
            country text,
            occurred_at timestamptz NOT NULL,
            UNIQUE (integration_id, external_id))
        """,
        "CREATE INDEX audit_events_by_time ON audit_events (workspace_id, occurred_at)",
        // This index contains the columns that most queries of the analysis read of large numbers of events, ordered by
        // person and time within each type and outcome.
        """
        CREATE INDEX audit_events_by_type ON audit_events
            (workspace_id, event_type, outcome, identity_id, occurred_at, integration_id, ip_address, country)
        """,
    ]
}
