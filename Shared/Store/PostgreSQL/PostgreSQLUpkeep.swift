#if PostgreSQL
    extension PostgreSQLDatabase {
        /// What a server does by itself within minutes (autovacuum): until then it plans queries of new tables by guesses.
        /// A role that does not own the tables leaves it at that.
        public func settleStatistics() throws {
            for table in SchemaNames.tables.sorted() { try script("VACUUM (ANALYZE) \(SchemaNames.schema).\(table)") }
        }

        /// Adds up the rows of each tally that has several of the same values. Any number of processes may do it at once:
        /// each row is added up by the one that deletes it.
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
