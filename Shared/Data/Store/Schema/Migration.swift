/// One numbered change of the schema. It is run once on each database.
///
/// It is written with PostgreSQL's types. SQLite accepts any type name and stores text, integers, floating-point
/// numbers and bytes: UUIDs, timestamps and JSON are text, and booleans are 0 and 1.
struct Migration: Sendable {
    /// One step of a migration.
    enum Step: Sendable {
        case sql(SQL)
        /// Makes the database refuse UPDATE and DELETE on the table, and rows that would replace others with the same
        /// key. `keys` contains the columns of each key of the table.
        case appendOnly(table: StaticString, keys: [[StaticString]])
        /// Makes the database refuse DELETE on the table, any UPDATE that lowers `counter` or changes the key, and rows
        /// that would replace others with the same key.
        case onlyForward(table: StaticString, key: StaticString, counter: StaticString)
        /// Creates a tally, which the database keeps up to date.
        case tally(Tally)
        /// Prepares the table for rows that change often and don't stay long: PostgreSQL leaves room for new versions
        /// of the rows, and removes old ones early. SQLite needs nothing of this.
        case busy(table: StaticString)
        /// Creates the tables for changes in steps, if the engine has only one writer at a time.
        case steppedChanges
    }

    let version: Int
    let name: String
    /// True if builds of the previous version can continue to work while this migration runs and after it: it only adds
    /// tables, indexes, and columns that have a default value or may be null, and fills such columns.
    let isAdditive: Bool
    private let makeSteps: @Sendable () -> [Step]

    /// Creates a migration. The steps are evaluated only when they are needed: every process reads the newest version
    /// number, but few run migrations.
    init(
        version: Int, name: String, isAdditive: Bool = false, steps: @autoclosure @escaping @Sendable () -> [Step]
    ) {
        self.version = version
        self.name = name
        self.isAdditive = isAdditive
        makeSteps = steps
    }

    /// The oldest version of builds that may use a database after this migration. Nil if it does not matter to them.
    var oldestBuild: Int? { isAdditive ? nil : version }

    /// The migration since which databases record `oldestBuild`.
    static let firstWithRanges = 9

    var steps: [Step] { makeSteps() }

    /// All migrations in their order. A released migration never changes; a further change is a new migration.
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
                // Adds the version of the hashes (AuditLink.Version). Existing entries keep their hashes.
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
        // Deletes parameters of ended actions. Among them are PINs, and only actions of Jamf Pro have such parameters.
        // Actions that have not ended keep theirs until they end.
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
        // The state of each list of an integration after its last completed sync, such as its number of entries
        // (ListState in Integrations).
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
                // Only Jamf Pro's actions had secret parameters.
                .sql(
                    """
                    UPDATE remediation_actions SET extra_params = '{}'
                    WHERE target_platform = 'jamf_pro' AND status = 'cancelled'
                    """),
            ]),
        Migration(version: 7, name: "changes in steps", steps: [.steppedChanges]),
        // A workspace whose data was erased keeps its row, to which its audit log refers.
        Migration(
            version: 8, name: "deleted workspaces",
            steps: [.sql("ALTER TABLE workspaces ADD COLUMN deleted_at timestamptz")]),
        // Records which builds may use the database, and which workspaces take no more changes because their data was
        // erased.
        Migration(
            version: 9, name: "ranges of builds; closed audit logs", isAdditive: true,
            steps: [
                .sql("ALTER TABLE schema_migrations ADD COLUMN oldest_build integer"),
                .sql("ALTER TABLE audit_heads ADD COLUMN is_closed boolean NOT NULL DEFAULT false"),
                .sql(
                    """
                    UPDATE audit_heads SET is_closed = true
                    WHERE workspace_id IN (SELECT id FROM workspaces WHERE deleted_at IS NOT NULL)
                    """),
            ]),
        Migration(version: 10, name: "tables for all that a sync notes", steps: Schema.syncs.map { .sql($0) }),
        // The time at which a sync first saw that a person was suspended; null for people who are not. People who are
        // suspended already count from the last change of their row.
        Migration(
            version: 11, name: "times of suspensions", isAdditive: true,
            steps: [
                .sql("ALTER TABLE identities ADD COLUMN suspended_at timestamptz"),
                .sql("UPDATE identities SET suspended_at = updated_at WHERE status = 'suspended'"),
            ]),
        // Decisions of a company that the analysis respects. An older build knows only if a rule is switched off.
        Migration(
            version: 12, name: "settings of the analysis", isAdditive: true, steps: Schema.decisions.map { .sql($0) }),
        // The time at which a sync first saw that an account is an administrator's; null for other accounts. Those that
        // are administrators' already have been so since the last change of their row at least.
        Migration(
            version: 13, name: "times since which accounts are administrators'", isAdditive: true,
            steps: [
                .sql("ALTER TABLE accounts ADD COLUMN admin_since timestamptz"),
                .sql("UPDATE accounts SET admin_since = updated_at WHERE is_admin"),
            ]),
        // The employments of which accounts at HR systems are the records; null for accounts elsewhere. An older build
        // leaves them as they are.
        Migration(
            version: 14, name: "records of HR", isAdditive: true,
            steps: [
                .sql("ALTER TABLE accounts ADD COLUMN hr_status text"),
                .sql("ALTER TABLE accounts ADD COLUMN hired_at timestamptz"),
                .sql("ALTER TABLE accounts ADD COLUMN terminated_at timestamptz"),
                .sql("ALTER TABLE accounts ADD COLUMN moved_at timestamptz"),
            ]),
    ]

    /// The table of the migrations that have been run.
    static let table: SQL = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)
        """

    /// The counters' tables. They are not created by migrations, because the database that contains them may be lost
    /// and created again.
    static let counters: [SQL] = [
        """
        CREATE TABLE IF NOT EXISTS counters (
            subject text PRIMARY KEY, window_start timestamptz NOT NULL, count bigint NOT NULL,
            last_counted_at timestamptz NOT NULL)
        """
    ]
}

/// The product's tables, grouped by area.
enum Schema {
    /// The names of all tables with the product's data. Each table comes after those that it refers to.
    static let tables: [String] = changes.reduce(into: []) { names, change in
        if let gone = change.gone { names.removeAll { $0 == gone } }
        if let new = change.new { names.append(new) }
    }

    /// The names of all tables, including those that later migrations removed.
    static let everyTable = Set(changes.flatMap { [$0.gone, $0.new].compactMap { $0 } })

    /// The tables that migrations create, drop and rename, in the order of the migrations.
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
