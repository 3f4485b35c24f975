#if PostgreSQL
    extension PostgreSQLDatabase {
        /// Calls `body` without the compiler that PostgreSQL has for long queries: a survey's are many, and each takes less
        /// time than it would take to compile.
        func surveying<Result>(_ body: () throws -> Result) throws -> Result {
            try run("SELECT set_config('jit', 'off', true)", []) { _ in }
            defer { kept = [] }
            let result = try body()
            // Without this they would stay until the end of a transaction that the survey is a part of.
            for table in kept { try script("DROP TABLE \(table)") }
            return result
        }

        public func keep(_ table: KeptTable, _ parameters: [SQLValue]) throws {
            try run(
                SQL(text: "CREATE TEMP TABLE \(table.name) ON COMMIT DROP AS " + table.query.text), parameters
            ) { _ in }
            kept.append(table.name)
            try script("CREATE INDEX ON \(table.name) (\(table.key))")
            // Nothing else tells the planner what is in it.
            try script("ANALYZE \(table.name)")
        }

        /// Has the server look at the tables of which much has changed since it last did, as it would by itself within
        /// minutes: what it guesses of new tables can make a query of a survey take a thousand times as long.
        func refreshStatistics() throws {
            try run("SELECT refresh_statistics()", []) { _ in }
        }
    }
#endif
