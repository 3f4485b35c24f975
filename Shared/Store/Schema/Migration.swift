/// One numbered change of the schema, run once on each database.
///
/// It is written in PostgreSQL's types. SQLite takes any type's name; what it stores is text, integers,
/// floating-point numbers and bytes: UUIDs, timestamps and JSON as text, booleans as 0 and 1.
struct Migration: Sendable {
    /// One step of a migration.
    enum Step: Sendable {
        case sql(SQL)
        /// The database refuses UPDATE and DELETE on the table, and a row that would replace one of the same key. `keys`
        /// are the columns of each of its keys.
        case appendOnly(table: StaticString, keys: [[StaticString]])
        /// The database refuses DELETE on the table, an UPDATE that lowers `counter` or changes the key, and a row that
        /// would replace one of the same key.
        case onlyForward(table: StaticString, key: StaticString, counter: StaticString)
        /// The database keeps a tally.
        case tally(Tally)
        /// Rows of the table change often and don't stay: the database keeps room for their next versions, and clears old ones
        /// away early.
        case busy(table: StaticString)
        /// An engine with one writer at a time gets the tables for changes in steps.
        case steppedChanges
    }

    let version: Int
    let name: String
    private let makeSteps: @Sendable () -> [Step]

    /// The steps are made when they are asked for: every process looks at the last version, and few run a migration.
    init(version: Int, name: String, steps: @autoclosure @escaping @Sendable () -> [Step]) {
        self.version = version
        self.name = name
        makeSteps = steps
    }

    var steps: [Step] { makeSteps() }

    /// All migrations in their order. What has been released never changes; a change is a new migration.
    static let all = [
        Migration(
            version: 1, name: "the product",
            steps: (Schema.tenancy + Schema.inventory + Schema.findings + Schema.operations + Schema.exports).map {
                .sql($0)
            }
                + [
                    .appendOnly(table: "audit_log", keys: [["id"], ["workspace_id", "sequence_number"]]),
                    .onlyForward(table: "audit_heads", key: "workspace_id", counter: "sequence_number"),
                ] + Schema.tallies.map { .tally($0) }),
        Migration(
            version: 2, name: "hashes over all fields of the audit log; revoked sessions",
            steps: [
                // See AuditLink.Version. Entries that are there keep the hashes that they have.
                .sql("ALTER TABLE audit_log ADD COLUMN hash_version smallint NOT NULL DEFAULT 1"),
                .sql(
                    """
                    CREATE TABLE revoked_sessions (
                        workspace_id uuid NOT NULL REFERENCES workspaces (id),
                        session_id uuid NOT NULL,
                        revoked_at timestamptz NOT NULL,
                        PRIMARY KEY (workspace_id, session_id))
                    """),
            ]),
        // Jamf Pro's actions took no other parameter. Actions that are not at their end keep theirs until they are.
        Migration(
            version: 3, name: "no PINs of ended actions",
            steps: [
                .sql(
                    """
                    UPDATE remediation_actions SET extra_params = '{}'
                    WHERE target_platform = 'jamf_pro'
                        AND status IN ('succeeded', 'failed', 'unknown_outcome', 'rejected', 'cancelled')
                    """)
            ]),
        Migration(
            version: 4, name: "a fair queue",
            steps: Schema.queue.map { .sql($0) } + [.busy(table: "jobs"), .busy(table: "job_shares")]),
        // How many entries each list of an integration had, and since when it can't be read: see Sync's ListHistory.
        Migration(
            version: 5, name: "lists of integrations",
            steps: [.sql("ALTER TABLE integrations ADD COLUMN lists jsonb NOT NULL DEFAULT '{}'")]),
        Migration(
            version: 6, name: "one key for all names of an action's target; no secrets of cancelled actions",
            steps: [
                .sql("ALTER TABLE remediation_actions ADD COLUMN resolution_key text"),
                .sql(
                    """
                    CREATE INDEX remediation_actions_waiting ON remediation_actions (workspace_id, resolution_key)
                    WHERE status IN ('pending_approval', 'queued', 'running')
                    """),
                // No other platform's actions took a secret.
                .sql(
                    """
                    UPDATE remediation_actions SET extra_params = '{}'
                    WHERE target_platform = 'jamf_pro' AND status = 'cancelled'
                    """),
            ]),
        Migration(version: 7, name: "changes in steps", steps: [.steppedChanges]),
    ]

    /// The table that remembers which migrations have run.
    static let table: SQL = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)
        """

    /// The counters' tables. They are no migration: the database that holds them may be lost and made anew.
    static let counters: [SQL] = [
        """
        CREATE TABLE IF NOT EXISTS counters (
            subject text PRIMARY KEY, window_start timestamptz NOT NULL, count bigint NOT NULL,
            last_counted_at timestamptz NOT NULL)
        """
    ]
}

/// The tables, by area.
enum Schema {
    /// The names of all tables that hold the product's data, each after those that it refers to.
    static let tables: [String] = changes.reduce(into: []) { names, change in
        if let gone = change.gone { names.removeAll { $0 == gone } }
        if let new = change.new { names.append(new) }
    }

    /// The same, with those that are no more.
    static let everyTable = Set(changes.flatMap { [$0.gone, $0.new].compactMap { $0 } })

    /// The tables that come and go with the migrations, in their order.
    private static let changes: [(gone: String?, new: String?)] = Migration.all.flatMap(\.steps).compactMap { step in
        guard case .sql(let sql) = step else { return nil }
        let words = sql.text.prefix(200).split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
        guard words.count > 2, words[1] == "TABLE" else { return nil }
        switch words[0] {
        case "CREATE": return (nil, words[2])
        case "DROP": return (words[2], nil)
        case "ALTER" where words.count > 5 && words[3] == "RENAME": return (words[2], words[5])
        default: return nil
        }
    }
}
