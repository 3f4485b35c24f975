extension Schema {
    /// The product's work: syncs, remediation, conversations, and the jobs behind them.
    static let operations: [SQL] = [
        """
        CREATE TABLE sync_runs (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            integration_id uuid NOT NULL REFERENCES integrations (id),
            status text NOT NULL CHECK (status IN ('queued', 'in_progress', 'completed', 'failed')),
            started_at timestamptz NOT NULL,
            lease_token uuid,
            lease_expires_at timestamptz,
            finished_at timestamptz,
            position jsonb,
            entity_counts jsonb NOT NULL DEFAULT '{}',
            error_kind text,
            error text)
        """,
        "CREATE INDEX sync_runs_by_integration ON sync_runs (workspace_id, integration_id, started_at)",
        // Records that a running sync has fetched. They are moved into the inventory all at once. Migration 10 replaces
        // this table.
        """
        CREATE TABLE sync_staged (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            sync_run_id uuid NOT NULL REFERENCES sync_runs (id),
            kind text NOT NULL,
            external_id text NOT NULL,
            entity_id uuid NOT NULL,
            record jsonb NOT NULL,
            fingerprint text NOT NULL,
            PRIMARY KEY (sync_run_id, kind, external_id))
        """,
        // The slots that running syncs occupy. They limit the number of syncs of each platform, over all workspaces.
        // Migration 4 drops this table.
        """
        CREATE TABLE sync_slots (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            platform text NOT NULL,
            slot integer NOT NULL,
            sync_run_id uuid NOT NULL REFERENCES sync_runs (id),
            lease_expires_at timestamptz NOT NULL,
            PRIMARY KEY (platform, slot))
        """,
        """
        CREATE TABLE sync_events (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            sync_run_id uuid NOT NULL REFERENCES sync_runs (id),
            change text NOT NULL CHECK (change IN ('created', 'updated', 'deleted')),
            entity_type text NOT NULL,
            entity_id uuid NOT NULL,
            label text,
            occurred_at timestamptz NOT NULL,
            PRIMARY KEY (sync_run_id, entity_type, entity_id))
        """,
        "CREATE INDEX sync_events_by_time ON sync_events (workspace_id, occurred_at)",
        """
        CREATE TABLE remediation_actions (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            finding_id uuid REFERENCES findings (id),
            action_type text NOT NULL,
            target_platform text NOT NULL,
            target_entity_id text NOT NULL,
            target_entity_label text,
            extra_params jsonb NOT NULL DEFAULT '{}',
            reason text,
            status text NOT NULL CHECK (status IN ('pending_approval', 'queued', 'running', 'succeeded',
                'failed', 'unknown_outcome', 'rejected', 'cancelled')),
            requested_by text NOT NULL,
            decided_by text,
            idempotency_key text,
            result jsonb,
            error text,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            UNIQUE (workspace_id, idempotency_key))
        """,
        "CREATE INDEX remediation_actions_by_status ON remediation_actions (workspace_id, status, created_at)",
        """
        CREATE TABLE chat_sessions (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            user_id uuid NOT NULL,
            client_id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            UNIQUE (workspace_id, user_id, client_id))
        """,
        """
        CREATE TABLE chat_messages (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            session_id uuid NOT NULL REFERENCES chat_sessions (id),
            position integer NOT NULL,
            role text NOT NULL CHECK (role IN ('user', 'assistant')),
            content jsonb NOT NULL,
            tokens_used integer,
            created_at timestamptz NOT NULL,
            UNIQUE (session_id, position))
        """,
        """
        CREATE TABLE confirmation_tokens (
            token_hash bytea PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            session_id uuid NOT NULL REFERENCES chat_sessions (id),
            user_id uuid NOT NULL,
            tool_use_id text NOT NULL,
            tool_name text NOT NULL,
            tool_input jsonb NOT NULL,
            target text NOT NULL,
            names_session boolean NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz)
        """,
        "CREATE INDEX confirmation_tokens_by_expiry ON confirmation_tokens (workspace_id, expires_at)",
        """
        CREATE TABLE jobs (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            kind text NOT NULL,
            payload jsonb NOT NULL,
            status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'dead')),
            attempts integer NOT NULL DEFAULT 0,
            run_after timestamptz NOT NULL,
            lease_expires_at timestamptz,
            error text,
            created_at timestamptz NOT NULL,
            finished_at timestamptz)
        """,
        "CREATE INDEX jobs_by_due_time ON jobs (status, run_after)",
    ]
}
