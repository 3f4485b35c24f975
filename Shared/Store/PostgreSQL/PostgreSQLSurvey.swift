#if PostgreSQL
    extension PostgreSQLDatabase {
        /// Calls `body` without the compiler that PostgreSQL has for long queries: a survey's are many, and each takes less
        /// time than it would take to compile.
        func surveying<Result>(_ body: () throws -> Result) throws -> Result {
            try run("SELECT set_config('jit', 'off', true)", []) { _ in }
            return try body()
        }

        public func keep(_ table: KeptTable, _ parameters: [SQLValue]) throws {
            try run(
                SQL(text: "CREATE TEMP TABLE \(table.name) ON COMMIT DROP AS " + table.query.text), parameters
            ) { _ in }
            try script("CREATE INDEX ON \(table.name) (\(table.key))")
            // Nothing else tells the planner what is in it.
            try script("ANALYZE \(table.name)")
        }
    }
#endif
