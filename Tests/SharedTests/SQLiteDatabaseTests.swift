import Base
import Foundation
import Store
import TestSupport
import Testing

@Suite struct SQLiteDatabaseTests {
    private struct Stop: Error {}

    @Test func aTransactionIsWholeOrNothing() throws {
        let store = try TestStore()
        let (database, id) = (store.database, store.own.id)
        func names() throws -> [String] { try store.connect().rows("SELECT name FROM workspaces") { try $0[0] } }
        let before = try names()
        #expect(throws: Stop.self) {
            try database.transaction(.write) {
                try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
                throw Stop()
            }
        }
        #expect(try names() == before)
        #expect(throws: StoreError.self) {
            try database.transaction(.write) {
                try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
                try database.execute("UPDATE workspaces SET plan = 'gold' WHERE id = $1", id)
            }
        }
        #expect(try names() == before)
        // A transaction within joins the outer one.
        #expect(throws: Stop.self) {
            try database.transaction(.write) {
                try database.transaction(.write) {
                    try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
                }
                throw Stop()
            }
        }
        #expect(try names() == before)
        let result = try database.transaction(.write) {
            try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
        }
        #expect(result == 1)
        #expect(try names() != before)
    }

    @Test func aReadTransactionSeesOneState() throws {
        let store = try TestStore()
        let writer = store.connect()
        func count() throws -> Int? { try store.database.first("SELECT count(*) FROM app_policies") { try $0[0] } }
        try store.database.transaction(.read) {
            #expect(try count() == 0)
            try writer.execute(
                """
                INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_at)
                VALUES ($1, 'x', 'x', 'blocked', $2)
                """, store.own.id, TestStore.now)
            #expect(try count() == 0)
        }
        #expect(try count() == 1)
    }

    @Test func foreignKeysHold() throws {
        let store = try TestStore()
        let stranger = Identifier.random()
        for database in [store.database, store.connect()] {
            let error = #expect(throws: StoreError.self) {
                try database.execute(
                    """
                    INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_at)
                    VALUES ($1, 'x', 'x', 'blocked', $2)
                    """, stranger, TestStore.now)
            }
            guard case .constraint = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    /// An acknowledged write survives a loss of power: WAL, and synchronous FULL (2).
    @Test func writesAreDurable() throws {
        let store = try TestStore()
        let settings = try store.connect().first(
            "SELECT (SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous)"
        ) { (try $0[0] as String, try $0[1] as Int) }
        #expect(settings?.0 == "wal" && settings?.1 == 2)
        let counters = try store.connect().counters.first("PRAGMA synchronous") { try $0[0] as Int }
        #expect(counters == 0)
    }

    @Test func aMissingFileIsUnreachableAndAForeignOneDamaged() throws {
        let folder = try TemporaryFolder()
        try folder.write("noise.db", String(repeating: "this is no database ", count: 500))
        for path in ["missing.db", "no/such/folder.db", "noise.db", ""] {
            let error = #expect(throws: StoreError.self) {
                try SQLiteDatabase(path: folder.path(path)).isCurrent()
            }
            switch error {
            case .unreachable: #expect(path != "noise.db")
            case .damaged: #expect(path == "noise.db")
            default: Issue.record("\(path): \(String(describing: error))")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("missing.db")), "reading must not make a file")
    }

    @Test func aStatementMayRunWithinItself() throws {
        let database = DatabaseURL.inMemory()
        try database.execute("CREATE TABLE n (n integer)")
        for n in 1...3 { try database.execute("INSERT INTO n VALUES ($1)", n) }
        let sql: SQL = "SELECT n FROM n WHERE n >= $1 ORDER BY n"
        var seen: [[Int]] = []
        try database.run(sql, [.integer(2)]) { row in
            let outer = try row[0] as Int
            seen.append([outer] + (try database.rows(sql, outer) { try $0[0] as Int }))
        }
        #expect(seen == [[2, 2, 3], [3, 3]])
    }

    @Test func aClosedDatabaseOpensAgain() throws {
        let store = try TestStore()
        store.database.close()
        #expect(try store.database.isCurrent())
    }

    /// Five seconds are the longest wait for a lock; then the store is unreachable, and nothing was written.
    @Test func aDatabaseThatStaysLockedIsUnreachable() throws {
        let store = try TestStore()
        let holder = store.connect()
        try holder.transaction(.write) {
            let start = ContinuousClock.now
            let error = #expect(throws: StoreError.self) {
                try store.database.execute("UPDATE workspaces SET name = 'late' WHERE id = $1", store.own.id)
            }
            guard case .unreachable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(ContinuousClock.now - start < .seconds(30))
        }
        #expect(try store.database.execute("UPDATE workspaces SET name = 'now' WHERE id = $1", store.own.id) == 1)
    }

    @Test func addressesOfDatabases() {
        #expect(DatabaseURL("sqlite:x.db") != nil && DatabaseURL("sqlite:/a/b") != nil)
        for text in ["", "sqlite:", "x.db", "postgres://x", "SQLITE:x", "file:x"] { #expect(DatabaseURL(text) == nil) }
    }
}
