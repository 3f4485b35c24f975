#if PostgreSQL
    import Base

    extension PostgreSQLDatabase {
        /// The role that has the rights which functions need. The operator makes the database user that functions log
        /// in as a member of it, unless that user owns the tables.
        private static let role = "thalian_functions"
        /// The advisory lock of this product's migrations. The number distinguishes it from locks of other products.
        private static let lock = 0x7468_616C_6961_6E

        public func migrate(upTo version: Int) throws {
            try transaction(.write) {
                // A second process that migrates at the same time waits here, and then finds nothing left to do.
                try script("SELECT pg_catalog.pg_advisory_xact_lock(\(Self.lock))")
                try prepareSchema()
                let applied = Set(try rows("SELECT version FROM schema_migrations") { try $0[0] as Int })
                for migration in Migration.all
                where migration.version <= version && !applied.contains(migration.version) {
                    for step in migration.steps { try apply(step) }
                    try note(migration)
                }
            }
        }

        /// Creates the parts of the database that migrations do not create, unless they exist: the schema, its role and
        /// functions, the table of the migrations that have been run, and the counters.
        private func prepareSchema() throws {
            let exists = try first(
                "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = $1", SchemaNames.schema
            ) { try $0[0] as Int }
            guard exists == 0 else { return }
            try script("CREATE SCHEMA \(SchemaNames.schema)")
            try script(
                """
                DO $$ BEGIN CREATE ROLE \(Self.role) NOLOGIN;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
                """)
            try script("GRANT USAGE ON SCHEMA \(SchemaNames.schema) TO \(Self.role)")
            try script(
                """
                CREATE FUNCTION \(SchemaNames.schema).epoch(timestamptz) RETURNS bigint
                LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
                AS 'SELECT CAST(floor(extract(epoch FROM $1)) AS bigint)'
                """)
            try script(
                """
                CREATE FUNCTION \(SchemaNames.schema).moment(text) RETURNS timestamptz
                LANGUAGE sql STABLE STRICT PARALLEL SAFE AS 'SELECT CAST($1 AS timestamptz)'
                """)
            try script(
                """
                CREATE FUNCTION \(SchemaNames.schema).refuse_change() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN RAISE EXCEPTION '% keeps what it has', TG_TABLE_NAME USING ERRCODE = '23001'; END $$
                """)
            try makeRefreshStatistics()
            try createTable(Migration.table.text, rights: "SELECT")
            for sql in Migration.counters {
                try createTable(
                    // Each count leaves an old version of the row behind. With half-empty pages, PostgreSQL can remove
                    // old versions when it visits a page; on full pages every count would have to read through them.
                    Self.replacing("CREATE TABLE", by: "CREATE UNLOGGED TABLE", in: sql.text)
                        + " WITH (fillfactor = 50)",
                    rights: "SELECT, INSERT, UPDATE, DELETE")
            }
        }

        /// Creates a function that analyzes the tables which have changed about as much as makes autovacuum analyze
        /// them. The functions' role needs it, because it does not own the tables and so may not analyze them itself.
        /// If two processes call it at the same time, the second one waits, and then usually finds nothing left to do.
        private func makeRefreshStatistics() throws {
            let name = "\(SchemaNames.schema).refresh_statistics()"
            try script(
                """
                CREATE FUNCTION \(name) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp
                AS $$ DECLARE changed regclass; BEGIN
                    PERFORM pg_advisory_xact_lock(\(Self.lock + 1));
                    FOR changed IN
                        SELECT pg_class.oid FROM pg_class JOIN pg_stat_all_tables ON relid = pg_class.oid
                        WHERE relnamespace = CAST('\(SchemaNames.schema)' AS regnamespace) AND relkind = 'r'
                            AND (reltuples <= 0 OR n_mod_since_analyze > 50 + 0.1 * reltuples)
                    LOOP
                        EXECUTE format('ANALYZE %s', changed);
                    END LOOP;
                END $$
                """)
            try script("REVOKE ALL ON FUNCTION \(name) FROM PUBLIC")
            try script("GRANT EXECUTE ON FUNCTION \(name) TO \(Self.role)")
        }

        private func apply(_ step: Migration.Step) throws {
            switch step {
            case .sql(let sql):
                if sql.text.hasPrefix("CREATE TABLE") {
                    try createTable(sql.text, rights: "SELECT, INSERT, UPDATE, DELETE")
                } else {
                    try script(sql.text)
                }
            // INSERT can't replace a row in PostgreSQL; it would have to update it, which this refuses. So no trigger
            // for INSERT is needed.
            case .appendOnly(let table, keys: _):
                try script("REVOKE UPDATE, DELETE ON \(SchemaNames.schema).\(table) FROM \(Self.role)")
                try refuse("UPDATE OR DELETE", on: table, "FOR EACH ROW")
                try refuse("TRUNCATE", on: table, "FOR EACH STATEMENT")
            case .onlyForward(let table, let key, let counter):
                try script("REVOKE DELETE ON \(SchemaNames.schema).\(table) FROM \(Self.role)")
                try refuse(
                    "UPDATE", on: table,
                    "FOR EACH ROW WHEN (NEW.\(counter) < OLD.\(counter) OR NEW.\(key) IS DISTINCT FROM OLD.\(key))")
                try refuse("DELETE", on: table, "FOR EACH ROW")
                try refuse("TRUNCATE", on: table, "FOR EACH STATEMENT")
            case .tally(let tally): try keep(tally)
            // Not needed: in PostgreSQL a long transaction does not block other writers.
            case .steppedChanges: break
            case .busy(let table):
                try script(
                    """
                    ALTER TABLE \(SchemaNames.schema).\(table) SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0,
                        autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0)
                    """)
            }
        }

        /// Creates a tally. Each change of the source inserts rows into the tally and updates none. If all writers
        /// updated the same row, they would wait for each other, and the row would be rewritten with each change.
        /// `foldTallies` adds the rows up.
        private func keep(_ tally: Tally) throws {
            let (schema, names) = (SchemaNames.schema, tally.names())
            try createTable(tally.creation, rights: "SELECT, INSERT, DELETE")
            try script("CREATE INDEX \(tally.table)_by_workspace ON \(tally.table) (workspace_id)")
            try script(
                """
                CREATE FUNCTION \(schema).keep_\(tally.table)() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF TG_OP = 'UPDATE' THEN
                        INSERT INTO \(schema).\(tally.table) (\(names), count)
                        VALUES (\(tally.names("OLD.")), -1), (\(tally.names("NEW.")), 1);
                    ELSE
                        INSERT INTO \(schema).\(tally.table) (\(names), count)
                        SELECT \(names), CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END * pg_catalog.count(*)
                        FROM changed GROUP BY \(names);
                    END IF;
                    RETURN NULL;
                END $$
                """)
            for (event, scope) in [
                ("INSERT", "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT"),
                ("DELETE", "REFERENCING OLD TABLE AS changed FOR EACH STATEMENT"),
                ("UPDATE", "FOR EACH ROW WHEN (\(tally.differs("IS DISTINCT FROM")))"),
            ] {
                try script(
                    """
                    CREATE TRIGGER keeps_\(tally.table)_\(event.lowercased()) AFTER \(event)
                    ON \(schema).\(tally.source) \(scope) EXECUTE FUNCTION \(schema).keep_\(tally.table)()
                    """)
            }
        }

        private func refuse(_ event: String, on table: StaticString, _ scope: String) throws {
            let name = "refuses_" + event.split(separator: " ").joined(separator: "_").lowercased()
            try script(
                """
                CREATE TRIGGER \(name) BEFORE \(event) ON \(SchemaNames.schema).\(table)
                \(scope) EXECUTE FUNCTION \(SchemaNames.schema).refuse_change()
                """)
        }

        /// Creates a table that only its owner and the functions' role may use: row level security is on, and the only
        /// policy is for this role. Texts are sorted by their bytes, as in SQLite, whatever the database's locale.
        private func createTable(_ text: String, rights: String) throws {
            let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
            guard let open = words.firstIndex(where: { $0.hasPrefix("(") }), open > 0 else {
                throw StoreError.failed("a migration creates a table without columns")
            }
            let name = "\(SchemaNames.schema).\(words[open - 1])"
            try script(Self.replacing(" text", by: " text COLLATE \"C\"", in: text))
            try script("ALTER TABLE \(name) ENABLE ROW LEVEL SECURITY")
            try script("CREATE POLICY functions ON \(name) TO \(Self.role) USING (true) WITH CHECK (true)")
            try script("GRANT \(rights) ON \(name) TO \(Self.role)")
        }

        /// Replaces each occurrence of `word` that is not followed by a letter, a digit or an underscore. The character
        /// before it is not checked, so `word` itself may begin with a space.
        private static func replacing(_ word: String, by replacement: String, in text: String) -> String {
            var result = ""
            var rest = text[...]
            while let found = rest.firstRange(ofWord: word) {
                result += rest[..<found.lowerBound] + replacement
                rest = rest[found.upperBound...]
            }
            return result + rest
        }
    }

    extension Substring {
        /// Returns the first occurrence of `word` that is not followed by a letter, a digit or an underscore.
        fileprivate func firstRange(ofWord word: String) -> Range<Index>? {
            var start = startIndex
            while start < endIndex {
                if self[start...].hasPrefix(word) {
                    let end = index(start, offsetBy: word.count)
                    if end == endIndex || !(self[end].isLetter || self[end].isNumber || self[end] == "_") {
                        return start..<end
                    }
                }
                start = index(after: start)
            }
            return nil
        }
    }
#endif
