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
    }

    let version: Int
    let name: String
    let steps: [Step]

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
                ] + Schema.tallies.map { .tally($0) })
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
    static let tables: [String] = Migration.all.flatMap(\.steps).compactMap { step in
        guard case .sql(let sql) = step else { return nil }
        let words = sql.text.prefix(200).split(whereSeparator: { $0 == " " || $0 == "\n" })
        return words.count > 2 && words[0] == "CREATE" && words[1] == "TABLE" ? String(words[2]) : nil
    }
}
