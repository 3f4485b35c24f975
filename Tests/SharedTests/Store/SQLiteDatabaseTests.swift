import Base
import Foundation
import Store
import TestSupport
import Testing

@Suite struct SQLiteDatabaseTests {
    /// An acknowledged write survives a power failure: WAL, and synchronous FULL (2).
    @Test("Writes to the database are durable, and writes to the counters need not be") func writesAreDurable() throws {
        let store = try TestStore(on: .sqlite)
        let settings = try store.connect().first(
            "SELECT (SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous)"
        ) { (try $0[0] as String, try $0[1] as Int) }
        #expect(settings?.0 == "wal" && settings?.1 == 2)
        let counters = try store.connect().counters.first("PRAGMA synchronous") { try $0[0] as Int }
        #expect(counters == 0)
    }

    @Test("Only the owner may read a new database's files")
    func filesAreForTheirOwnerAlone() throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, 0o755)
        let database = SQLiteDatabase(path: folder.path("new.db"), creates: true)
        try database.migrate()
        _ = try database.counters.isCurrent()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names.contains("new.db") && names.contains("new.db-counters") && names.contains("new.db-wal"))
        for name in names {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.path(name))[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(name)")
        }
    }

    @Test("A missing file counts as unreachable, a foreign file as damaged")
    func aMissingFileIsUnreachableAndAForeignOneDamaged() throws {
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

    /// After about five seconds of waiting for a lock, the store counts as unreachable, and nothing was written.
    @Test("A database that stays locked is reported as unreachable")
    func aDatabaseThatStaysLockedIsUnreachable() throws {
        let store = try TestStore(on: .sqlite)
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

    @Test("A sqlite: URL must have a path, and other file names are no database URLs") func addressesOfDatabases() {
        #expect(DatabaseURL("sqlite:x.db") != nil && DatabaseURL("sqlite:/a/b") != nil)
        for text in ["", "sqlite:", "x.db", "SQLITE:x", "file:x"] { #expect(DatabaseURL(text) == nil) }
    }
}
