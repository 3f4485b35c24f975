#if PostgreSQL
    extension PostgreSQLDatabase {
        /// Calls `body` with PostgreSQL's just-in-time compiler turned off, and then drops the temporary tables that
        /// `body` made. A snapshot runs many queries, each of which takes less time than its compilation would.
        func takingSnapshot<Result>(_ body: () throws -> Result) throws -> Result {
            try run("SELECT set_config('jit', 'off', true)", []) { _ in }
            defer { kept = [] }
            let result = try body()
            // If the snapshot is part of a larger transaction, the tables would otherwise exist until the end of that
            // transaction.
            for table in kept { try script("DROP TABLE \(table)") }
            return result
        }

        public func materialize(_ table: TemporaryTable, _ parameters: [SQLValue]) throws {
            try run(
                SQL(text: "CREATE TEMP TABLE \(table.name) ON COMMIT DROP AS " + table.query.text), parameters
            ) { _ in }
            kept.append(table.name)
            try script("CREATE INDEX ON \(table.name) (\(table.key))")
            // The planner knows nothing about a temporary table until it is analyzed.
            try script("ANALYZE \(table.name)")
        }

        /// Analyzes the tables that have changed much since they were last analyzed. The server would do this on its
        /// own within minutes. Until then its guesses about new tables can make a query of a snapshot take a thousand
        /// times as long.
        func refreshStatistics() throws {
            try run("SELECT refresh_statistics()", []) { _ in }
        }
    }
#endif
