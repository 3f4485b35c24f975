extension Schema {
    /// The job queue. Finished jobs are deleted and dead ones are kept in a table of their own, so the queue stays
    /// small.
    static let queue: [SQL] = [
        "ALTER TABLE jobs RENAME TO old_jobs",
        """
        CREATE TABLE jobs (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            kind text NOT NULL,
            lane text NOT NULL,
            state text NOT NULL CHECK (state IN ('waiting', 'ready', 'running')),
            urgency integer NOT NULL,
            order_key bigint NOT NULL,
            run_after timestamptz NOT NULL,
            unique_key text UNIQUE,
            again boolean NOT NULL DEFAULT false,
            attempts integer NOT NULL DEFAULT 0,
            claim_no bigint NOT NULL DEFAULT 0,
            lease_expires_at timestamptz,
            payload jsonb NOT NULL,
            error text,
            created_at timestamptz NOT NULL)
        """,
        // No index contains the lease. Expired leases are sought among the running jobs.
        "CREATE INDEX jobs_in_order ON jobs (state, lane, order_key, id)",
        "CREATE INDEX jobs_by_time ON jobs (state, run_after)",
        "CREATE INDEX jobs_by_workspace ON jobs (workspace_id, kind)",
        """
        CREATE TABLE job_shares (
            workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
            clock bigint NOT NULL)
        """,
        """
        CREATE TABLE dead_jobs (
            id uuid PRIMARY KEY,
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            kind text NOT NULL,
            lane text NOT NULL,
            urgency integer NOT NULL,
            unique_key text,
            attempts integer NOT NULL,
            claim_no bigint NOT NULL,
            payload jsonb NOT NULL,
            error text NOT NULL,
            created_at timestamptz NOT NULL,
            died_at timestamptz NOT NULL)
        """,
        "CREATE INDEX dead_jobs_by_time ON dead_jobs (died_at)",
        "CREATE INDEX dead_jobs_by_workspace ON dead_jobs (workspace_id, died_at)",
        // Moves the old jobs. A running job continues under its claim. A fallback job for a sync that a request ran
        // itself is no longer needed.
        """
        INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, run_after, unique_key, attempts,
            claim_no, lease_expires_at, payload, error, created_at)
        SELECT old_jobs.workspace_id, old_jobs.id, old_jobs.kind,
            CASE WHEN old_jobs.kind = 'sync' THEN 'sync:' || integrations.platform ELSE old_jobs.kind END,
            CASE WHEN old_jobs.status = 'running' THEN 'running' ELSE 'waiting' END, 0, epoch(old_jobs.run_after),
            old_jobs.run_after, CASE WHEN old_jobs.kind = 'sync' THEN 'sync ' || CAST(integrations.id AS text) ELSE NULL END,
            old_jobs.attempts, old_jobs.attempts, old_jobs.lease_expires_at, old_jobs.payload, old_jobs.error,
            old_jobs.created_at
        FROM old_jobs LEFT JOIN integrations ON CAST(integrations.id AS text) = old_jobs.payload ->> 'integration_id'
        WHERE old_jobs.status IN ('queued', 'running') AND old_jobs.payload ->> 'stand_in' IS NULL
            AND (old_jobs.kind <> 'sync' OR integrations.id IS NOT NULL)
        ORDER BY old_jobs.status DESC
        ON CONFLICT (unique_key) DO NOTHING
        """,
        """
        INSERT INTO dead_jobs (workspace_id, id, kind, lane, urgency, unique_key, attempts, claim_no, payload, error,
            created_at, died_at)
        SELECT old_jobs.workspace_id, old_jobs.id, old_jobs.kind,
            CASE WHEN old_jobs.kind = 'sync' THEN 'sync:' || integrations.platform ELSE old_jobs.kind END, 0,
            CASE WHEN old_jobs.kind = 'sync' THEN 'sync ' || CAST(integrations.id AS text) ELSE NULL END, old_jobs.attempts,
            old_jobs.attempts, old_jobs.payload, COALESCE(old_jobs.error, ''), old_jobs.created_at,
            COALESCE(old_jobs.finished_at, old_jobs.run_after)
        FROM old_jobs LEFT JOIN integrations ON CAST(integrations.id AS text) = old_jobs.payload ->> 'integration_id'
        WHERE old_jobs.status = 'dead' AND (old_jobs.kind <> 'sync' OR integrations.id IS NOT NULL)
        """,
        "INSERT INTO job_shares (workspace_id, clock) SELECT id, 0 FROM workspaces",
        "DROP TABLE old_jobs",
        // Drops the table that limited the number of syncs of a platform over all workspaces.
        "DROP TABLE sync_slots",
        // Adds the time since which an integration's syncs have failed, and the number of failures in a row.
        // Integrations that a person must repair were not synced automatically before; setting next_auto_sync_at to
        // NULL keeps it so.
        "ALTER TABLE integrations ADD COLUMN failing_since timestamptz",
        "ALTER TABLE integrations ADD COLUMN failed_syncs integer NOT NULL DEFAULT 0",
        "UPDATE integrations SET next_auto_sync_at = NULL WHERE status IN ('error', 'disconnected')",
        "ALTER TABLE workspaces ADD COLUMN next_housekeeping_at timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z'",
        // Indexes that find due rows quickly, however many rows there are.
        """
        CREATE INDEX integrations_by_next_sync ON integrations (next_auto_sync_at)
        WHERE status IN ('connected', 'pending', 'error')
        """,
        "CREATE INDEX workspaces_by_next_housekeeping ON workspaces (next_housekeeping_at)",
    ]
}
