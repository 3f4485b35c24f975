#if PostgreSQL
    extension PostgreSQLDatabase {
        /// Vacuums and analyzes all tables. The server would do this on its own within minutes (autovacuum), but until
        /// then it plans queries of new tables by guesses. PostgreSQL skips tables that the current role does not own.
        public func analyzeStatistics() throws {
            for table in SchemaNames.tables.sorted() { try script("VACUUM (ANALYZE) \(SchemaNames.schema).\(table)") }
        }

        /// Adds up the rows of each tally that has several rows for the same values. Any number of processes may run
        /// this at the same time: each row is added up by the process that deletes it.
        static let foldTallies = Schema.tallies.map { tally in
            PostgreSQLStatement(
                script: """
                    WITH folded AS (DELETE FROM \(tally.table) WHERE workspace_id IN (
                        SELECT workspace_id FROM \(tally.table) GROUP BY \(tally.names()) HAVING count(*) > 1)
                        RETURNING *)
                    INSERT INTO \(tally.table) (\(tally.names()), count)
                    SELECT \(tally.names()), sum(count) FROM folded GROUP BY \(tally.names()) HAVING sum(count) <> 0
                    """)
        }
    }
#endif
