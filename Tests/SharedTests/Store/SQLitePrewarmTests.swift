import Base
import Foundation
import TestSupport
import Testing

@testable import Store

/// A database that was prepared for forks must answer like any other, whatever happened to the file since.
@Suite(.serialized) struct SQLitePrewarmTests {
    private static let count: SQL = "SELECT count(*) FROM workspaces"
    private static let rename: SQL = "UPDATE workspaces SET name = $1"

    private let store: TestStore
    private let prewarmed: SQLiteDatabase
    private let neighbour: any Database

    init() throws {
        store = try TestStore(on: .sqlite)
        let rehearsal = SQLiteDatabase(path: ":memory:", creates: true)
        try rehearsal.migrate()
        _ = try rehearsal.rows(Self.count) { try $0[0] as Int }
        try rehearsal.execute(Self.rename, "any")
        prewarmed = SQLiteDatabase(path: store.path)
        neighbour = store.connect()
        prewarmed.prewarm(like: rehearsal)
        try #require(prewarmed.vfs == "template" && prewarmed.handle != nil)
    }

    private func names(_ database: any Database) throws -> [String] {
        try database.rows("SELECT name FROM workspaces ORDER BY id") { try $0[0] }
    }

    @Test("A database that is prepared for forks holds no file open until it is used") func itHoldsNoFileOpen() throws {
        // Uses a copy, because SQLite closes no descriptor of a file that another connection of the process has locked.
        try store.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let copy = store.folder.path("copy.db")
        try FileManager.default.copyItem(atPath: store.path, toPath: copy)
        let database = SQLiteDatabase(path: copy)
        database.prewarm(like: store.database)
        try #require(database.handle != nil)
        #expect(try Self.descriptors(of: copy) == 0)
        #expect(try names(database) == names(neighbour))
        #expect(try Self.descriptors(of: copy) > 0)
    }

    private static func descriptors(of path: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { descriptor in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + descriptor)
            return target?.hasPrefix(path) == true
        }
    }

    @Test("A prepared database sees later writes of others") func itSeesWhatWasWrittenSince() throws {
        try neighbour.execute(Self.rename, "since")
        #expect(try names(prewarmed) == ["since", "since"])
        try neighbour.execute(Self.rename, "again")
        #expect(try names(prewarmed) == ["again", "again"])
    }

    @Test("Other connections see the writes of a prepared database") func itWritesForOthersToSee() throws {
        _ = try prewarmed.transaction(.write) { try prewarmed.execute(Self.rename, "settled") }
        #expect(try names(neighbour) == ["settled", "settled"])
        #expect(try names(store.connect()) == ["settled", "settled"])
        #expect(try store.connect().first("PRAGMA integrity_check") { try $0[0] as String } == "ok")
    }

    @Test("A prepared database notices a changed schema") func itNoticesAChangedSchema() throws {
        try neighbour.execute("ALTER TABLE workspaces RENAME COLUMN name TO title")
        try neighbour.execute("ALTER TABLE workspaces ADD COLUMN name text DEFAULT 'new'")
        #expect(try names(prewarmed) == ["new", "new"])
        #expect(try prewarmed.first(Self.count) { try $0[0] as Int } == 2)
    }

    /// Unfinished changes are hidden as of the time of a statement, not as of the preparation.
    @Test("A prepared database hides the changes that are unfinished at the time of a query")
    func itHidesChangesThatAreUnfinishedNow() throws {
        let maker = SQLiteDatabase(path: store.path)
        let insert: SQL = """
            INSERT INTO identities (workspace_id, id, display_name, status, identity_type, created_at, updated_at)
            VALUES ($1, $2, 'New', 'active', 'user', $3, $3)
            """
        let count: SQL = "SELECT count(*) FROM identities"
        let late = SQLiteDatabase(path: store.path)
        func counts() throws -> [Int] {
            try [prewarmed, late].map { try $0.first(count) { try $0[0] as Int } ?? -1 }
        }
        let change = try #require(maker.steppedChange(.random(), of: store.own.id, firstRows: 1))
        _ = try change.begin()
        try change.step { try maker.execute(insert, store.own.id, Identifier.random(), TestStore.now) }
        late.prewarm(like: neighbour)
        #expect(try counts() == [0, 0])
        try maker.transaction(.write) { try change.finish() }
        change.release()
        #expect(try counts() == [1, 1])
    }

    @Test("A prepared database respects the transactions of others") func itWaitsForOthersAndIsWaitedFor() throws {
        try neighbour.transaction(.write) {
            try neighbour.execute(Self.rename, "uncommitted")
            #expect(try names(prewarmed) != ["uncommitted", "uncommitted"])
        }
        #expect(try names(prewarmed) == ["uncommitted", "uncommitted"])
    }

    @Test("The counters of a prepared database count") func itsCountersCount() throws {
        let counters = prewarmed.counters
        try counters.execute("INSERT INTO counters VALUES ('a', $1, 1, $1)", Timestamp.now)
        #expect(try store.connect().counters.first("SELECT count FROM counters") { try $0[0] as Int } == 1)
    }

    @Test("Preparing a missing database does nothing") func aDatabaseThatIsNotThereSettlesToNothing() throws {
        let absent = SQLiteDatabase(path: store.folder.path("absent.db"))
        absent.prewarm(like: store.database)
        #expect(absent.handle == nil && absent.vfs == nil)
        #expect(throws: StoreError.self) { try absent.execute(Self.rename, "x") }
        #expect(!FileManager.default.fileExists(atPath: store.folder.path("absent.db")))
    }
}
