import Base
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct MigrationTests {
    private func schema(_ database: any Database) throws -> [String] {
        try database.rows("SELECT coalesce(sql, name) FROM sqlite_master ORDER BY type, name") { try $0[0] }
    }

    @Test func aNewDatabaseBecomesCurrent() throws {
        let folder = try TemporaryFolder()
        let database = SQLiteDatabase(path: folder.path("new.db"), creates: true)
        #expect(try !database.isCurrent())
        try database.migrate()
        #expect(try database.isCurrent())
        #expect(try SQLiteDatabase(path: folder.path("new.db")).isCurrent())
    }

    @Test func aSecondTimeChangesNothing() throws {
        let store = try TestStore()
        let before = try schema(store.database)
        try store.database.migrate()
        try store.connect().migrate()
        #expect(try schema(store.database) == before)
        let runs = try store.database.rows("SELECT version FROM schema_migrations") { try $0[0] as Int }
        #expect(runs == Migration.all.map(\.version))
        #expect(try store.database.first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 2)
    }

    @Test func aNewerOrOlderSchemaIsNotCurrent() throws {
        let store = try TestStore()
        try store.database.execute("PRAGMA user_version = 9999")
        #expect(try !store.connect().isCurrent())
    }

    @Test func manyAtOnceMigrateOnce() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("shared.db")
        let failures = Mutex<[String]>([])
        let threads = Threads(count: 8) { _ in
            do {
                let database = SQLiteDatabase(path: path, creates: true)
                try database.migrate()
                if try !database.isCurrent() { failures.withLock { $0.append("not current") } }
                database.close()
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        threads.join()
        #expect(failures.withLock { $0 } == [])
        let database = SQLiteDatabase(path: path)
        #expect(
            try database.rows("SELECT version FROM schema_migrations") { try $0[0] as Int }
                == Migration.all.map(\.version))
        #expect(try database.first("PRAGMA integrity_check") { try $0[0] as String } == "ok")
    }

    @Test func versionsAreNumberedWithoutGaps() {
        #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    }

    /// What every query relies on: no row without a workspace.
    @Test func everyTableBelongsToAWorkspace() throws {
        let store = try TestStore()
        let tables = try store.database.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ) { try $0[0] as String }
        for table in tables where !["workspaces", "schema_migrations"].contains(table) {
            let required = try store.database.first(
                "SELECT \"notnull\" OR pk FROM pragma_table_info($1) WHERE name = 'workspace_id'", table
            ) { try $0[0] as Bool }
            #expect(required == true, "\(table)")
        }
        #expect(tables.count > 20)
    }
}
