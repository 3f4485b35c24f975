#if PostgreSQL
    import Base
    import Foundation
    import TestSupport
    import Testing

    @testable import Store

    /// Behaviour that only PostgreSQL has.
    @Suite(.enabled(if: TestStore.Engine.ofThisRun == .postgreSQL, "Tests/run starts PostgreSQL"), .usesStore)
    struct PostgreSQLTests {
        private let store: TestStore

        init() throws { store = try TestStore() }

        @Test("Table and function names in queries are qualified with the schema") func namesOfTablesAreQualified() {
            let qualified = SchemaNames.qualified(
                """
                WITH known AS (SELECT id FROM identities WHERE EXISTS (SELECT 1 FROM accounts JOIN integrations ON
                integrations.id = accounts.integration_id)) UPDATE findings SET title = 'FROM findings', updated_at = $3
                WHERE epoch(created_at) < $2 AND id IN (SELECT id FROM known)
                """)
            #expect(
                qualified == """
                    WITH known AS (SELECT id FROM thalian.identities WHERE EXISTS (SELECT 1 FROM thalian.accounts JOIN \
                    thalian.integrations ON
                    integrations.id = accounts.integration_id)) UPDATE thalian.findings SET title = 'FROM findings', \
                    updated_at = $3
                    WHERE thalian.epoch(created_at) < $2 AND id IN (SELECT id FROM known)
                    """)
        }

        /// The test server has an unusual time zone and date style (Tests/postgresql): values must not depend on them.
        @Test("Values are read as they are in SQLite") func valuesAreTheSameAsInSQLite() throws {
            let row = try store.database.first(
                """
                SELECT CAST($1 AS timestamptz), CAST('t' AS boolean), CAST(3 AS smallint), CAST(1.5 AS double precision),
                    sum(CAST(n AS bigint)), avg(n), CAST('\\x00ff' AS bytea), CAST('{"b": [1]}' AS jsonb), NULL, -12.25,
                    CAST('aaaaaaaa-0000-4000-8000-000000000001' AS uuid), 123456789012345.5
                FROM (VALUES (1), (2)) AS numbers (n)
                """, TestStore.now
            ) { row in (0..<row.columnCount).map(row.value) }
            #expect(
                row == [
                    .text("2026-04-15T12:30:00Z"), .integer(1), .integer(3), .real(1.5), .integer(3), .real(1.5),
                    .blob([0, 255]), .text(#"{"b": [1]}"#), .null, .real(-12.25),
                    .text("aaaaaaaa-0000-4000-8000-000000000001"), .real(123_456_789_012_345.5),
                ])
        }

        /// No query of ours makes extreme values, but a server may hold some.
        @Test("Extreme dates and numbers are read") func extremeValuesAreRead() throws {
            let row = try store.database.first(
                """
                SELECT CAST('-infinity' AS timestamptz), CAST('infinity' AS timestamptz),
                    CAST('0001-01-01 00:00:00.5+00' AS timestamptz), CAST(9223372036854775807 AS numeric),
                    CAST(9223372036854775808 AS numeric), CAST(-9223372036854775807 AS numeric), CAST(1e20 AS numeric),
                    CAST(repeat('9', 5000) AS numeric), CAST(1e-30 AS numeric), CAST(0 AS numeric),
                    CAST('NaN' AS numeric), CAST(12345678901234567890.25 AS numeric), CAST(40000 AS numeric),
                    CAST(-0.0001 AS numeric)
                """
            ) { row in (0..<row.columnCount).map(row.value) }
            #expect(
                row?.prefix(8) == [
                    .text("0000-01-01T00:00:00Z"), .text("9999-12-31T23:59:59Z"), .text("0001-01-01T00:00:00Z"),
                    .integer(.max), .real(9_223_372_036_854_775_808), .integer(-.max), .real(1e20),
                    .real(.infinity),
                ])
            // Powers of ten above 22 are not exact in a double.
            if case .real(let tiny)? = row?[8] {
                #expect(abs(tiny / 1e-30 - 1) < 1e-12)
            } else {
                Issue.record("a small number is none")
            }
            #expect(
                row?.dropFirst(11) == [.real(12_345_678_901_234_567_890.25), .integer(40_000), .real(-0.0001)])
        }

        /// A process that is frozen in the middle of a transaction would otherwise keep its row locks for hours.
        @Test("The server ends a write transaction that has been idle for a minute, and no other setting changes")
        func idleWriteTransactionsEnd() throws {
            func limit() throws -> String? {
                try store.database.first("SELECT current_setting('idle_in_transaction_session_timeout')") {
                    $0.text(0)
                }
            }
            let before = try limit()
            #expect(try store.database.transaction(.write) { try limit() } == "1min")
            #expect(try limit() == before)
        }

        @Test("The locks of a transaction that the server ended for being idle are free")
        func endedTransactionsLockNothing() throws {
            guard let other = DatabaseURL(store.url)?.database() else { throw StoreError.failed("no database") }
            #expect(throws: StoreError.self) {
                try store.database.transaction(.write) {
                    try store.database.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
                    try store.database.execute("UPDATE workspaces SET name = 'frozen' WHERE id = $1", store.own.id)
                    // Waits for the server to end the idle transaction, because the row is locked until then.
                    try other.execute("UPDATE workspaces SET name = 'free' WHERE id = $1", store.own.id)
                    try store.database.execute("UPDATE workspaces SET name = 'frozen' WHERE id = $1", store.own.id)
                }
            }
            let name = try store.database.first("SELECT name FROM workspaces WHERE id = $1", store.own.id) {
                $0.text(0)
            }
            #expect(name == "free")
        }

        @Test("Texts sort by their bytes") func textsSortByTheirBytes() throws {
            let okta = try store.own.addIntegration("okta")
            for name in ["b", "A", "_", "a b", "ab", "é"] { try store.own.addApplication(name, from: okta) }
            let sorted = try store.database.rows("SELECT name_folded FROM applications ORDER BY name_folded") {
                try $0[0] as String
            }
            #expect(sorted == sorted.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        }

        /// The roles of Supabase's public API must see nothing. The functions' own role can do its work, and nothing
        /// more.
        @Test("Only the functions' role can read or change the data") func onlyTheFunctionsRoleSeesAnything() throws {
            func attempt(_ role: SQL, _ statement: SQL) -> String {
                let database = store.connect()
                defer { database.close() }
                do {
                    return try database.transaction(.write) {
                        try database.execute(role)
                        var rows = 0
                        try database.run(statement, []) { _ in rows += 1 }
                        return "\(rows)"
                    }
                } catch {
                    return "\(error)"
                }
            }
            try store.database.execute(
                """
                DO $$ BEGIN CREATE ROLE anon NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
                """)
            let (anon, functions): (SQL, SQL) = ("SET LOCAL ROLE anon", "SET LOCAL ROLE thalian_functions")
            let read: SQL = "SELECT id FROM workspaces"
            #expect(attempt(anon, read).contains("permission denied for schema thalian"))
            #expect(attempt(functions, read) == "2")
            #expect(attempt(functions, "UPDATE workspaces SET name = name").contains("0"))
            for refused: SQL in [
                "UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "DROP TABLE thalian.findings",
                "CREATE TABLE thalian.more (n integer)", "DELETE FROM schema_migrations",
            ] {
                let outcome = attempt(functions, refused)
                #expect(outcome.contains("permission denied") || outcome.contains("must be owner"), "\(outcome)")
            }
            // A snapshot's temporary tables need no right that the functions' own role lacks.
            #expect(attempt(functions, "CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT id FROM workspaces") == "0")
            // The server can also analyse tables without statistics on behalf of the functions' own role.
            let unknown: SQL = """
                SELECT count(*) FROM pg_catalog.pg_class
                WHERE oid = CAST('thalian.workspaces' AS pg_catalog.regclass) AND reltuples < 0
                """
            #expect(try store.database.first(unknown) { try $0[0] as Int } == 1)
            #expect(attempt(functions, "SELECT refresh_statistics()") == "1")
            #expect(try store.database.first(unknown) { try $0[0] as Int } == 0)
            // Row level security shows no rows, even if rights were granted by mistake.
            try store.database.execute("GRANT USAGE ON SCHEMA thalian TO anon")
            try store.database.execute("GRANT SELECT ON thalian.workspaces TO anon")
            #expect(attempt(anon, read) == "0")
            #expect(
                attempt(anon, "SELECT refresh_statistics()").contains(
                    "permission denied for function refresh_statistics"))
            #expect(throws: StoreError.self) { try store.database.execute("TRUNCATE thalian.audit_log") }
        }

        @Test("Every table has row level security") func everyTableHasRowLevelSecurity() throws {
            let open = try store.database.rows(
                """
                SELECT relname FROM pg_catalog.pg_class
                WHERE relnamespace = CAST('thalian' AS pg_catalog.regnamespace) AND relkind = 'r' AND NOT relrowsecurity
                """
            ) { try $0[0] as String }
            #expect(open == [])
        }

        /// Queries and first statements of transactions are sent again on a new connection. A single change is not,
        /// because it may already have been made.
        @Test("A lost connection is replaced") func aLostConnectionIsReplaced() throws {
            let database = store.connect()
            func loseConnection() throws {
                let process = try database.first("SELECT pg_catalog.pg_backend_pid()") { try $0[0] as Int }
                _ = try store.database.first("SELECT pg_catalog.pg_terminate_backend($1)", process) { _ in true }
                // The process does not end immediately.
                _ = try poll(seconds: 10) {
                    try store.database.first(
                        "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE pid = $1", process
                    ) { try $0[0] as Int } == 0
                }
            }
            try loseConnection()
            #expect(try database.first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 2)
            try loseConnection()
            _ = try database.transaction(.write) {
                try database.execute("UPDATE workspaces SET name = 'again' WHERE id = $1", store.own.id)
            }
            try loseConnection()
            let error = #expect(throws: StoreError.self) {
                try database.execute("UPDATE workspaces SET name = 'unknown' WHERE id = $1", store.own.id)
            }
            guard case .unreachable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(throws: StoreError.self) {
                try database.transaction(.write) {
                    try database.execute("UPDATE workspaces SET name = 'half' WHERE id = $1", store.own.id)
                    try loseConnection()
                    try database.execute("UPDATE workspaces SET name = 'more' WHERE id = $1", store.own.id)
                }
            }
            #expect(
                try database.first("SELECT name FROM workspaces WHERE id = $1", store.own.id) { try $0[0] as String }
                    == "again")
        }

        @Test("A long result can be streamed completely, and can be stopped early")
        func aStreamedResultIsNotHeldInMemory() throws {
            var count = 0
            try store.database.stream("SELECT n, repeat('x', 1000) FROM generate_series(1, 100000) AS n", []) { row in
                count += row.integer(0) > 0 && row.text(1).utf8.count == 1000 ? 1 : 0
            }
            #expect(count == 100_000)
            struct Enough: Error {}
            #expect(throws: Enough.self) {
                try store.database.stream("SELECT n FROM generate_series(1, 100000000) AS n", []) { _ in throw Enough()
                }
            }
            #expect(try store.database.isCurrent())
        }

        @Test("TLS with full verification is required, except to servers on the same machine")
        func serversElsewhereMustProveWhoTheyAre() {
            func mode(_ url: String) -> String? { PostgreSQLSettings.of(url).last { $0.name == "sslmode" }?.value }
            for url in ["postgres://u:p@127.0.0.1/d", "postgres://u@localhost:5433/d", "postgres:///d?host=/run/pg"] {
                #expect(mode(url) == "disable", "\(url)")
            }
            for url in [
                "postgres://u:p@db.example/d", "postgres://u@10.0.0.1/d", "postgres://u@127.0.0.1,db.example/d",
            ] {
                #expect(mode(url) == "verify-full", "\(url)")
            }
        }

        @Test("A server that can't be reached gives an error without the password")
        func aServerThatIsNotThereIsUnreachable() {
            for url in [
                "postgres://u:hunter2@127.0.0.1:1/d", "postgres://u:hunter2@127.0.0.1:1,127.0.0.1:2/d", "postgres://%",
            ] {
                let database = PostgreSQLDatabase(url: Secret(url))
                let error = #expect(throws: StoreError.self) { try database.isCurrent() }
                guard case .unreachable(let reason) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(!reason.contains("hunter2"))
            }
        }

        /// A statement that can't be sent leaves no answer behind that the next statement could take for its own.
        @Test("After a refused parameter, the connection still works")
        func aRefusedParameterLeavesTheConnectionInStep() throws {
            for _ in 1...3 {
                #expect(throws: StoreError.self) {
                    try store.database.transaction(.write) {
                        try store.database.execute(
                            "UPDATE workspaces SET name = $2 WHERE id = $1", store.own.id, "a\0b")
                    }
                }
                #expect(try store.database.first("SELECT 7") { try $0[0] as Int } == 7)
                #expect(try store.database.first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 2)
            }
        }

        @Test("A text with a NUL character is refused") func aTextWithANULIsRefused() {
            #expect(throws: StoreError.self) {
                try store.database.execute("UPDATE workspaces SET name = $2 WHERE id = $1", store.own.id, "a\0b")
            }
        }
    }
#endif
