extension Schema {
    /// The findings of the analysis, the decisions about rules and applications, and the analysis's runs and metrics.
    static let findings: [SQL] = [
        // affected_entities is json, not jsonb: PostgreSQL would have to build the text of jsonb again for each finding
        // that is listed.
        """
        CREATE TABLE findings (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            finding_key text NOT NULL,
            rule_id text NOT NULL,
            category text NOT NULL,
            title text NOT NULL,
            severity text NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
            severity_rank smallint NOT NULL,
            status text NOT NULL CHECK (status IN
                ('open', 'in_progress', 'resolved', 'dismissed', 'snoozed')),
            affected_entities json NOT NULL,
            affected_count integer NOT NULL,
            affected_identity_id uuid REFERENCES identities (id),
            affected_application_id uuid REFERENCES applications (id),
            affected_device_id uuid REFERENCES devices (id),
            recommended_action text NOT NULL,
            action_type text,
            source_integrations jsonb NOT NULL,
            confidence double precision NOT NULL,
            is_starred boolean NOT NULL DEFAULT false,
            snoozed_until timestamptz,
            reason text,
            missed_runs integer NOT NULL DEFAULT 0,
            missed_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            last_seen_at timestamptz NOT NULL,
            resolved_at timestamptz,
            UNIQUE (workspace_id, finding_key))
        """,
        """
        CREATE INDEX findings_by_severity ON findings
            (workspace_id, status, severity_rank, affected_count DESC, created_at, id)
        """,
        """
        CREATE INDEX findings_by_category ON findings
            (workspace_id, status, category, severity_rank, affected_count DESC, created_at, id)
        """,
        "CREATE INDEX findings_by_identity ON findings (workspace_id, affected_identity_id)",
        """
        CREATE TABLE rule_states (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            rule_id text NOT NULL,
            is_enabled boolean NOT NULL,
            updated_by uuid,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (workspace_id, rule_id))
        """,
        """
        CREATE TABLE app_policies (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            app_name text NOT NULL,
            app_name_folded text NOT NULL,
            status text NOT NULL CHECK (status IN ('sanctioned', 'unauthorized', 'blocked')),
            updated_by text,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (workspace_id, app_name_folded))
        """,
        """
        CREATE TABLE analysis_runs (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            status text NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
            started_at timestamptz NOT NULL,
            lease_expires_at timestamptz NOT NULL,
            finished_at timestamptz,
            results jsonb NOT NULL DEFAULT '{}')
        """,
        "CREATE INDEX analysis_runs_by_time ON analysis_runs (workspace_id, started_at)",
        """
        CREATE TABLE drift_snapshots (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            taken_at timestamptz NOT NULL,
            metrics jsonb NOT NULL)
        """,
        "CREATE INDEX drift_snapshots_by_time ON drift_snapshots (workspace_id, taken_at)",
    ]
}

extension Schema {
    /// The decisions of a company that the analysis respects: the changed severity of a rule, with the reason and the
    /// person, and the marks of emergency accounts, company domains, trusted networks and contractors.
    static let decisions: [SQL] = [
        """
        ALTER TABLE rule_states ADD COLUMN severity text
            CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info'))
        """,
        "ALTER TABLE rule_states ADD COLUMN reason text",
        "ALTER TABLE rule_states ADD COLUMN author text",
        "ALTER TABLE rule_states ADD COLUMN expires_at timestamptz",
        """
        CREATE TABLE workspace_marks (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            kind text NOT NULL,
            value text NOT NULL,
            PRIMARY KEY (workspace_id, kind, value))
        """,
    ]
}
