import Base
import TestSupport
import Testing

@testable import Store

/// Changes that are made in steps, and the state that other connections see.
@Suite struct SteppedChangeTests {
    private let store: TestStore
    private let maker: SQLiteDatabase
    private let id = Identifier.random()
    private let tables = Schema.steppedTables.map(\.name.description) + Schema.tallies.map(\.table.description)

    init() throws {
        store = try TestStore(filled: true, on: .sqlite)
        maker = SQLiteDatabase(path: store.path)
    }

    private func change() throws -> SteppedChange {
        try #require(maker.steppedChange(id, of: store.own.id, firstRows: 1))
    }

    /// Returns the rows of the tables as texts, as a connection sees them; for a tally, the sums.
    private func rows(_ database: any Database) throws -> [String] {
        try database.transaction(.read) {
            try tables.flatMap { table in
                var counts: [String: Int] = [:]
                try database.run(SQL(text: "SELECT * FROM \(table)"), []) { row in
                    let columns = (0..<row.columnCount).filter { row.name($0) != "count" }
                    let text = columns.map { "\(row.name($0))=\(row.value($0))" }.joined(separator: " ")
                    let count = columns.count < row.columnCount ? row.integer(row.columnCount - 1) : 1
                    counts[table + ": " + text, default: 0] += count
                }
                return counts.filter { $0.value != 0 }.map { "\($0.key) x \($0.value)" }.sorted()
            }
        }
    }

    private func execute(_ sql: SQL) throws { try maker.execute(sql, store.own.id) }

    /// Statements that delete, change and add rows of several tables.
    private static let statements: [SQL] = [
        "DELETE FROM entitlements WHERE workspace_id = $1",
        "DELETE FROM oauth_grants WHERE workspace_id = $1",
        "UPDATE identities SET email = NULL WHERE workspace_id = $1",
        "UPDATE identities SET email = 'z' || substr(id, 30), status = 'suspended' WHERE workspace_id = $1",
        """
        INSERT INTO identities (workspace_id, id, email, display_name, status, identity_type, created_at, updated_at)
        SELECT workspace_id, substr(id, 1, 24) || 'ffffffffffff', 'new', 'New', 'active', 'user', created_at, updated_at
        FROM identities WHERE workspace_id = $1 LIMIT 1
        """,
        """
        UPDATE accounts SET metadata = '{"quoted": "\\"é"}', is_admin = NOT is_admin, identity_id = (
            SELECT id FROM identities WHERE email = 'new') WHERE workspace_id = $1
        """,
        """
        INSERT INTO account_links (workspace_id, account_id, email)
        SELECT workspace_id, id, 'link to ' || external_id FROM accounts WHERE workspace_id = $1
        """,
        "UPDATE applications SET is_managed = NOT is_managed WHERE workspace_id = $1",
        "UPDATE devices SET open_detections = open_detections + 1, hostname = 'x' WHERE workspace_id = $1",
        "UPDATE audit_events SET actor = 'somebody' WHERE workspace_id = $1",
    ]

    @Test("Other connections see a change in steps only after its last transaction")
    func nobodySeesAChangeBeforeItsLastTransaction() throws {
        let (transactions, statements) = (store.connect(), store.connect())
        func single() throws -> [Int] {
            try tables.map { table in
                try statements.first(SQL(text: "SELECT count(*) FROM \(table)")) { try $0[0] as Int } ?? -1
            }
        }
        let (before, counts) = (try rows(transactions), try single())
        let change = try change()
        #expect(try !change.begin())
        for sql in Self.statements {
            try change.step { try execute(sql) }
            #expect(try rows(transactions) == before, "\(sql)")
            // Tallies have more rows now, which add up to the same sums.
            #expect(try single().prefix(Schema.steppedTables.count) == counts.prefix(Schema.steppedTables.count))
        }
        let after = try rows(maker)
        #expect(after != before)
        // A snapshot makes temporary tables next to the views.
        #expect(try transactions.transaction(.snapshot) { try rows(transactions) } == before)
        // Others may write to other tables at the same time.
        try transactions.execute("UPDATE workspaces SET name = 'Renamed' WHERE id = $1", store.own.id)
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try maker.transaction(.write) {
                try change.finish(); throw Failure()
            }
        }
        #expect(try rows(transactions) == before)
        try maker.transaction(.write) { try change.finish() }
        change.release()
        #expect(try rows(transactions) == after && rows(store.connect()) == after)
        try change.forgetRows()
        #expect(try rows(transactions) == after && rows(maker) == after)
    }

    @Test("An undone change leaves the tables as they were") func whatIsUndoneIsAsItWas() throws {
        let before = try rows(maker)
        for count in 1...Self.statements.count {
            let change = try change()
            _ = try change.begin()
            for sql in Self.statements.prefix(count) { try change.step { try execute(sql) } }
            change.release()
            #expect(try rows(store.database) == before)
            // A new connection undoes the change, as another process would.
            let database = SQLiteDatabase(path: store.path)
            try #require(database.steppedChange(id, of: store.own.id, firstRows: 1)).undo()
            #expect(try rows(database) == before && rows(maker) == before, "\(count)")
            #expect(try maker.first("SELECT count(*) FROM unfinished_rows") { try $0[0] as Int } == 0)
        }
    }

    @Test("An interrupted undo is completed before the change starts again")
    func anUndoThatWasInterruptedIsEndedBeforeTheChangeBeginsAnew() throws {
        let before = try rows(maker)
        let first = try change()
        _ = try first.begin()
        for sql in Self.statements { try first.step { try execute(sql) } }
        first.release()
        try maker.execute("CREATE TRIGGER interrupts BEFORE UPDATE ON accounts BEGIN SELECT RAISE(ABORT, 'x'); END")
        #expect(throws: StoreError.self) { try first.undo() }
        #expect(try rows(store.database) == before)
        try maker.execute("DROP TRIGGER interrupts")
        let second = try change()
        #expect(try !second.begin())
        #expect(try rows(maker) == before)
        try second.step { try execute(Self.statements[0]) }
        try maker.transaction(.write) { try second.finish() }
        second.release()
        #expect(try rows(store.database) == rows(maker) && rows(maker) != before)
    }

    @Test("A process that has been replaced writes nothing more")
    func whoeverHasBeenReplacedWritesNothingMore() throws {
        let first = try change()
        _ = try first.begin()
        try first.step { try execute(Self.statements[0]) }
        let other = SQLiteDatabase(path: store.path)
        let second = try #require(other.steppedChange(id, of: store.own.id, firstRows: 1))
        #expect(try second.begin())
        let state = try rows(other)
        #expect(throws: SteppedChange.Lost.self) { try first.step { try execute(Self.statements[1]) } }
        #expect(throws: SteppedChange.Lost.self) { try first.each(["x"]) { _ in try execute(Self.statements[1]) } }
        #expect(throws: SteppedChange.Lost.self) { try maker.transaction(.write) { try first.finish() } }
        #expect(try rows(other) == state)
        // A closed connection has lost the triggers that keep the old rows.
        other.close()
        #expect(throws: SteppedChange.Lost.self) { try second.step { try other.execute("DELETE FROM devices") } }
        #expect(try rows(other) == rows(store.database))
    }

    @Test("A workspace has one change in steps at a time") func aWorkspaceHasOneChangeAtATime() throws {
        let first = try change()
        _ = try first.begin()
        let other = SQLiteDatabase(path: store.path)
        let second = try #require(other.steppedChange(.random(), of: store.own.id, firstRows: 1))
        #expect(throws: SteppedChange.Occupied.self) { try second.begin() }
        second.release()
        let elsewhere = try #require(other.steppedChange(.random(), of: store.other.id, firstRows: 1))
        #expect(try !elsewhere.begin())
        #expect(try maker.unfinishedChange(of: store.own.id) == id && maker.hasUnfinishedChanges())
    }

    @Test("Steps are short, so that other writers get their turn") func stepsAreShortAndLeaveOthersTheirTurn() throws {
        let change = try change()
        _ = try change.begin()
        var sizes: [Int] = []
        try change.each((0..<600).map(String.init)) { some in
            sizes.append(some.count)
            // Each row takes a millisecond.
            let end = ContinuousClock.now + .milliseconds(some.count)
            while ContinuousClock.now < end {}
        }
        #expect(sizes.reduce(0, +) == 600 && sizes.first == 1)
        #expect(sizes.allSatisfy { $0 <= 64 }, "\(sizes)")
    }

    /// A database of an older build has no tables for changes in steps.
    @Test("A database without the tables for changes in steps has no unfinished changes")
    func aDatabaseWithoutTheTablesHasNoUnfinishedChanges() throws {
        let folder = try TemporaryFolder()
        let database = SQLiteDatabase(path: folder.path("old.db"), creates: true)
        try database.migrate(upTo: 4)
        #expect(try !database.hasUnfinishedChanges())
        #expect(try database.first("SELECT count(*) FROM accounts") { try $0[0] as Int } == 0)
    }
}
