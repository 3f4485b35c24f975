#if PostgreSQL
    extension PostgreSQLDatabase {
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
