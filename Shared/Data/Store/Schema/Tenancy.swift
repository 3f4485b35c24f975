extension Schema {
    /// Workspaces, their members, keys and plans, and the audit log.
    static let tenancy: [SQL] = [
        """
        CREATE TABLE workspaces (
            id uuid PRIMARY KEY,
            name text NOT NULL,
            plan text NOT NULL CHECK (plan IN ('free', 'trial', 'pro', 'enterprise')),
            trial_ends_at timestamptz,
            ip_allowlist jsonb NOT NULL DEFAULT '[]',
            mfa_required boolean NOT NULL DEFAULT false,
            session_timeout_hours integer CHECK (session_timeout_hours IN (1, 4, 8, 24, 72)),
            risk_settings jsonb NOT NULL DEFAULT '{}',
            remediation_settings jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL)
        """,
        """
        CREATE TABLE members (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            user_id uuid NOT NULL,
            email text NOT NULL,
            role text NOT NULL DEFAULT 'viewer' CHECK (role IN
                ('super_admin', 'admin', 'security_analyst', 'agent', 'auditor', 'viewer')),
            created_at timestamptz NOT NULL,
            PRIMARY KEY (workspace_id, user_id))
        """,
        """
        CREATE TABLE api_keys (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            name text NOT NULL,
            prefix text NOT NULL,
            key_hash bytea NOT NULL UNIQUE,
            scope text NOT NULL CHECK (scope IN ('read', 'write')),
            created_by uuid,
            created_at timestamptz NOT NULL,
            revoked_at timestamptz)
        """,
        "CREATE INDEX api_keys_by_prefix ON api_keys (prefix)",
        "CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, created_at)",
        // The keys that verify session tokens, as the JWKS endpoint of the tokens' issuer returned them. wanted_at is
        // the time since which new keys are wanted, because a token did not pass with these.
        """
        CREATE TABLE session_key_sets (
            issuer text PRIMARY KEY,
            key_set json NOT NULL,
            fetched_at timestamptz NOT NULL,
            wanted_at timestamptz)
        """,
        """
        CREATE TABLE subscriptions (
            workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
            stripe_customer_id text NOT NULL UNIQUE,
            stripe_subscription_id text UNIQUE,
            status text,
            billing_interval text CHECK (billing_interval IN ('monthly', 'annual')),
            price_id text,
            current_period_end timestamptz,
            updated_at timestamptz NOT NULL)
        """,
        """
        CREATE TABLE stripe_subscriptions (
            id text PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            stripe_customer_id text NOT NULL,
            status text NOT NULL,
            billing_interval text CHECK (billing_interval IN ('monthly', 'annual')),
            price_id text,
            current_period_end timestamptz,
            began_at timestamptz NOT NULL,
            event_order text NOT NULL)
        """,
        "CREATE INDEX stripe_subscriptions_by_workspace ON stripe_subscriptions (workspace_id, began_at)",
        """
        CREATE TABLE billing_events (
            id text PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            type text NOT NULL,
            received_at timestamptz NOT NULL)
        """,
        // details is json and not jsonb, because json keeps exactly the text that was hashed.
        """
        CREATE TABLE audit_log (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            sequence_number bigint NOT NULL,
            user_id uuid,
            actor_email text,
            action text NOT NULL,
            target_type text,
            target_id text,
            details json NOT NULL,
            content_hash text NOT NULL,
            prev_hash text NOT NULL,
            row_hash text NOT NULL,
            created_at timestamptz NOT NULL,
            UNIQUE (workspace_id, sequence_number))
        """,
        "CREATE INDEX audit_log_by_time ON audit_log (workspace_id, created_at)",
        """
        CREATE TABLE audit_heads (
            workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
            sequence_number bigint NOT NULL,
            row_hash text NOT NULL)
        """,
    ]
}
