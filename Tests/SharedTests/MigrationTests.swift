import Base
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct MigrationTests {
    /// All that a migration makes, a line each.
    private func schema(_ database: any Database) throws -> [String] {
        #if PostgreSQL
            try database.rows(
                """
                SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable
                FROM information_schema.columns WHERE table_schema = 'thalian'
                UNION ALL SELECT indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'thalian'
                UNION ALL SELECT tablename || ' ' || policyname FROM pg_catalog.pg_policies
                ORDER BY 1
                """
            ) { try $0[0] }
        #else
            try database.rows("SELECT coalesce(sql, name) FROM sqlite_master ORDER BY type, name") { try $0[0] }
        #endif
    }

    /// The tables, and whether each has a workspace in every row.
    private func tables(_ database: any Database) throws -> [String: Bool] {
        #if PostgreSQL
            let sql: SQL = """
                SELECT relname, EXISTS (SELECT 1 FROM pg_catalog.pg_attribute
                    WHERE attrelid = pg_class.oid AND attname = 'workspace_id' AND attnotnull)
                FROM pg_catalog.pg_class WHERE relnamespace = CAST('thalian' AS pg_catalog.regnamespace)
                    AND relkind = 'r' AND relname <> 'counters'
                """
        #else
            let sql: SQL = """
                SELECT name, EXISTS (SELECT 1 FROM pragma_table_info(sqlite_master.name)
                    WHERE name = 'workspace_id' AND ("notnull" OR pk))
                FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                """
        #endif
        return Dictionary(
            uniqueKeysWithValues: try database.rows(sql) { (try $0[0] as String, try $0[1] as Bool) })
    }

    @Test func aNewDatabaseBecomesCurrent() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        #expect(try !database.isCurrent())
        try database.migrate()
        #expect(try database.isCurrent())
        #expect(try empty.connect().isCurrent())
    }

    @Test func aSecondTimeChangesNothing() throws {
        let store = try TestStore()
        let before = try schema(store.database)
        #expect(before.count > 50)
        try store.database.migrate()
        try store.connect().migrate()
        #expect(try schema(store.database) == before)
        let runs = try store.database.rows("SELECT version FROM schema_migrations ORDER BY version") {
            try $0[0] as Int
        }
        #expect(runs == Migration.all.map(\.version))
        #expect(try store.database.first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 2)
    }

    @Test func aNewerSchemaIsNotCurrent() throws {
        let store = try TestStore()
        try store.database.execute(
            "INSERT INTO schema_migrations (version, name, applied_at) VALUES (9999, 'later', $1)", TestStore.now)
        #if !PostgreSQL
            try store.database.execute("PRAGMA user_version = 9999")
        #endif
        #expect(try !store.connect().isCurrent())
    }

    @Test func manyAtOnceMigrateOnce() throws {
        let empty = try EmptyDatabase()
        let connect = empty.connect
        let failures = Mutex<[String]>([])
        let threads = Threads(count: 8) { _ in
            do {
                let database = connect()
                try database.migrate()
                if try !database.isCurrent() { failures.withLock { $0.append("not current") } }
                database.close()
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        threads.join()
        #expect(failures.withLock { $0 } == [])
        let database = connect()
        #expect(
            try database.rows("SELECT version FROM schema_migrations ORDER BY version") { try $0[0] as Int }
                == Migration.all.map(\.version))
        #expect(try database.first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 0)
    }

    @Test func versionsAreNumberedWithoutGaps() {
        #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    }

    /// What every query relies on: no row without a workspace, but for what is nobody's: the public keys of tokens.
    @Test func everyTableBelongsToAWorkspace() throws {
        let store = try TestStore()
        let tables = try tables(store.database)
        for (table, hasWorkspace) in tables
        where !["workspaces", "schema_migrations", "session_key_sets"].contains(table) {
            #expect(hasWorkspace, "\(table)")
        }
        #expect(tables.count > 20)
    }
}
