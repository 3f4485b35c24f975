extension Schema {
    /// The tables of an unfinished sync: the records that it has read, and what it has noted for applying them.
    ///
    /// They replace `sync_staged`, which held all of this under invented kinds of records. Unfinished syncs end and
    /// start again, because their rows have the old form. A change in steps that one of them has begun is undone like
    /// that of any other sync that has ended. The table of the records has another name, so that a process of an older
    /// build which is still running can't mistake new rows for old ones: its statements fail.
    ///
    /// The keys begin with the sync, because PostgreSQL looks for the rows of a sync that is deleted.
    static let syncs: [SQL] = [
        // Comes before DROP TABLE, because the transactions of syncs lock the tables in this order.
        """
        UPDATE sync_runs SET status = 'failed', finished_at = COALESCE(finished_at, started_at), lease_token = NULL,
            lease_expires_at = NULL, position = NULL
        WHERE status IN ('queued', 'in_progress')
        """,
        "DROP TABLE sync_staged",
        // The records, until the inventory is written from them. One that is in the inventory unchanged has no content
        // and an empty fingerprint.
        """
        CREATE TABLE sync_records (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            sync_run_id uuid NOT NULL REFERENCES sync_runs (id),
            kind text NOT NULL,
            external_id text NOT NULL,
            entity_id uuid NOT NULL,
            record jsonb NOT NULL,
            fingerprint text NOT NULL,
            PRIMARY KEY (sync_run_id, kind, external_id))
        """,
        // The rows of the inventory that the provider no longer shows.
        """
        CREATE TABLE sync_gone (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            sync_run_id uuid NOT NULL REFERENCES sync_runs (id),
            kind text NOT NULL,
            entity_id uuid NOT NULL,
            PRIMARY KEY (sync_run_id, kind, entity_id))
        """,
        // The ids by which records of a kind are protected from being considered gone: of a record itself, of its
        // account or its application, or the beginning of its id.
        """
        CREATE TABLE sync_protected (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            sync_run_id uuid NOT NULL REFERENCES sync_runs (id),
            kind text NOT NULL,
            scope text NOT NULL CHECK (scope IN ('record', 'account', 'application', 'beginning')),
            external_id text NOT NULL,
            PRIMARY KEY (sync_run_id, kind, scope, external_id))
        """,
        // The identities whose fields must be written again. In a change in steps, is_written marks those that have
        // been written.
        """
        CREATE TABLE sync_identities (
            workspace_id uuid NOT NULL REFERENCES workspaces (id),
            sync_run_id uuid NOT NULL REFERENCES sync_runs (id),
            identity_id uuid NOT NULL,
            is_written boolean NOT NULL DEFAULT false,
            PRIMARY KEY (sync_run_id, identity_id))
        """,
    ]
}
