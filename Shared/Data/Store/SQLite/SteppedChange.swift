public import Base
import Glibc

// Problem. SQLite has only one writer at a time. A sync of a large company writes hundreds of thousands of rows, which
// takes many seconds. In a single transaction this would block every other writer, and after five seconds their
// requests would fail. In several ordinary transactions readers would see half of the change: people without accounts,
// and accounts without people.
//
// Approach. The change is made in place, in many short transactions. When a row is written for the first time, TEMP
// triggers of this connection copy its former version to unfinished_rows. A row of unfinished_changes says that a
// change is under way. While that row exists, every other connection has views in front of its tables, which show the
// copied rows instead of the written ones (SQLiteViews). The last transaction deletes that row, which makes the whole
// change visible.
//
// Why it is safe.
// - Readers. A transaction looks for unfinished changes in the same snapshot in which it reads everything else, so it
//   sees all of a change or nothing. If there is no change, this costs one look at an empty table.
// - A process that is killed. The steps that it has committed remain hidden. The next process has the copied rows too.
//   It either continues (finished statements find nothing more to do) or undoes the change. Undoing can also be
//   interrupted and repeated.
// - A process that was replaced. Each step first checks that the change still belongs to this process (`owner`), in the
//   same transaction. After another process has taken over, no step of this process is committed.
// - Other writers. Only syncs, retention and the erasure of a workspace write these tables. Syncs of the same workspace
//   exclude each other (`Occupied`); syncs of other workspaces write the tables themselves (`writingInventory`).
//   Retention, which deletes old events, waits for the next hour, and an erasure is refused. Any other statement that
//   writes one of the tables fails, because a view can't be written.
//
// Costs. For each row that is written, a copy is written and later deleted; it is small if the row is new. Each step
// waits for the disk. Reads through the views become slower as the change writes more rows.

/// A change of a workspace's inventory in several short transactions. Other connections see the whole change after the
/// last transaction, and, except within `writingInventory`, nothing of it before.
public final class SteppedChange {
    /// This object no longer owns the change: another process has taken it over, it has ended, or this connection was
    /// closed.
    public struct Lost: Error {}
    /// The workspace has another unfinished change.
    public struct Occupied: Error {}

    /// The time for which a step should block other writers, in milliseconds.
    private static let stepMilliseconds = 40.0
    /// The largest number of keys in one step.
    private static let most = 2_000
    private let database: SQLiteDatabase
    private let workspaceID: Identifier
    /// The id of the change.
    public let id: Identifier
    private let owner = Identifier.random()
    /// The number of keys in the first step of each series of steps.
    private let firstRows: Int

    init(_ id: Identifier, of workspaceID: Identifier, in database: SQLiteDatabase, firstRows: Int) {
        self.id = id
        self.workspaceID = workspaceID
        self.database = database
        self.firstRows = max(1, firstRows)
    }

    // MARK: From the beginning to the end

    /// Begins the change, or continues it if another process has begun it. Returns true if it is continued. If its
    /// undoing has begun, it is undone first.
    ///
    /// - Throws: `Occupied` if the workspace has another unfinished change.
    public func begin() throws -> Bool {
        if let known = try underWay(), known.id == id, known.isUndone { try undo() }
        database.seesUnfinishedChanges = true
        while true {
            if try underWay() == nil { try forgetRows() }
            if let goesOn = try claim() {
                for table in Schema.steppedTables { try keepRows(of: table) }
                return goesOn
            }
        }
    }

    /// Makes this object the owner of the change. Returns true if another process has begun it. Returns nil if the
    /// copied rows of an earlier change must be deleted first, because readers would take them for rows of this change.
    private func claim() throws -> Bool? {
        try database.transaction(.write) {
            let known = try underWay()
            guard known == nil || known?.id == id && known?.isUndone == false else { throw Occupied() }
            let hasRows = try database.first(
                "SELECT 1 FROM unfinished_rows WHERE workspace_id = $1 LIMIT 1", workspaceID
            ) { _ in true }
            if known == nil, hasRows != nil { return nil }
            try database.execute(
                """
                INSERT INTO unfinished_changes (workspace_id, id, owner) VALUES ($1, $2, $3)
                ON CONFLICT (workspace_id) DO UPDATE SET owner = excluded.owner
                """, workspaceID, id, owner)
            return known != nil
        }
    }

    /// Runs `body` as one step, in a transaction of its own.
    ///
    /// - Throws: `Lost` if this object no longer owns the change.
    public func step(_ body: () throws -> Void) throws { try step(isUndone: false, body) }

    /// Calls `body` with some of the keys at a time, each time in a short step (transaction) of its own.
    ///
    /// - Throws: `Lost` if this object no longer owns the change.
    public func each(_ keys: [String], _ body: (_ some: [String]) throws -> Void) throws {
        try each(keys, isUndone: false, body)
    }

    /// Makes the change visible when the current transaction commits.
    ///
    /// - Throws: `Lost` if this object no longer owns the change.
    public func finish() throws {
        let finished = try database.execute(
            "DELETE FROM unfinished_changes WHERE workspace_id = $1 AND owner = $2 AND NOT is_undone", workspaceID,
            owner)
        guard finished == 1 else { throw Lost() }
    }

    /// Stops working on the change, finished or not.
    public func release() {
        database.seesUnfinishedChanges = false
        for table in Schema.steppedTables {
            for event in Self.events {
                _ = try? database.script("DROP TRIGGER IF EXISTS temp.\(Self.trigger(event, table))")
            }
        }
    }

    // MARK: Undoing it

    /// Restores all rows of this change, which no process will finish, and ends it. Returns false if the workspace has
    /// no unfinished change with this id.
    @discardableResult
    public func undo() throws -> Bool {
        let wasChanging = database.seesUnfinishedChanges
        database.seesUnfinishedChanges = true
        defer { database.seesUnfinishedChanges = wasChanging }
        try database.execute(
            "UPDATE unfinished_changes SET owner = $3, is_undone = true WHERE workspace_id = $1 AND id = $2",
            workspaceID, id, owner)
        guard try underWay()?.id == id else { return false }
        for table in Schema.steppedTables {
            guard let column = table.unique else { continue }
            // First removes all unique values, so that no row holds a value that another row will get back.
            try eachRow(of: table) { keys in
                "UPDATE \(table.name) SET \(column) = NULL WHERE \(column) IS NOT NULL AND \(keys)"
            }
        }
        for table in Schema.steppedTables {
            let columns = try database.columns(of: table.name)
            let key = table.key.map(\.description)
            let rest = columns.filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
            try eachRow(of: table, where: "before IS NOT NULL") { _ in
                """
                INSERT INTO \(table.name) (\(columns.joined(separator: ", ")))
                SELECT \(columns.map { "before ->> '\($0)'" }.joined(separator: ", ")) FROM unfinished_rows
                WHERE \(Self.some) AND before IS NOT NULL
                ON CONFLICT (\(key.joined(separator: ", "))) DO \(rest.isEmpty ? "NOTHING" : "UPDATE SET " + rest)
                """
            }
        }
        for table in Schema.steppedTables.reversed() {
            try eachRow(of: table, where: "before IS NULL") { keys in "DELETE FROM \(table.name) WHERE \(keys)" }
        }
        try database.execute(
            "DELETE FROM unfinished_changes WHERE workspace_id = $1 AND owner = $2", workspaceID, owner)
        // If this fails, the next change of the workspace deletes them.
        try? forgetRows()
        return true
    }

    /// Runs a statement for the copied rows of a table, some rows at a time. `statement` returns its text; `keys` is an
    /// SQL condition that restricts it to these rows.
    private func eachRow(
        of table: SteppedTable, where condition: String = "TRUE", _ statement: (_ keys: String) -> String
    ) throws {
        let columns = table.key.map(\.description).joined(separator: ", ")
        let keys =
            "(\(columns)) IN (SELECT \(table.parts(of: "row_key")) FROM unfinished_rows WHERE \(Self.some))"
        let sql = SQL(text: statement(keys))
        var last = ""
        while true {
            let page = try database.rows(
                SQL(
                    text: """
                        SELECT row_key FROM unfinished_rows WHERE workspace_id = $1 AND table_name = $2 AND row_key > $3
                            AND \(condition) ORDER BY row_key LIMIT \(Self.most)
                        """), workspaceID, table.name.description, last
            ) { try $0[0] as String }
            guard let end = page.last else { return }
            try each(page, isUndone: true) { some in
                try database.execute(sql, workspaceID, table.name.description, JSON.array(some.map(JSON.string)))
            }
            last = end
        }
    }

    private static let some = """
        workspace_id = $1 AND table_name = $2 AND row_key IN (SELECT value FROM json_each($3))
        """

    /// Deletes the copied rows of a change that has ended.
    ///
    /// - Throws: `Occupied` if the workspace has an unfinished change.
    public func forgetRows() throws {
        while true {
            let keys = try database.rows(
                "SELECT table_name, row_key FROM unfinished_rows WHERE workspace_id = $1 LIMIT $2", workspaceID,
                Self.most
            ) { (table: try $0[0] as String, key: try $0[1] as String) }
            guard let table = keys.first?.table else { return }
            try inSteps(keys.filter { $0.table == table }.map(\.key)) { some in
                guard try underWay() == nil else { throw Occupied() }
                try database.execute(
                    SQL(text: "DELETE FROM unfinished_rows WHERE \(Self.some)"), workspaceID, table,
                    JSON.array(some.map(JSON.string)))
            }
        }
    }

    // MARK: Steps

    private func each(_ keys: [String], isUndone: Bool, _ body: ([String]) throws -> Void) throws {
        try inSteps(keys) { some in
            try demandOwnership(isUndone: isUndone)
            try body(some)
        }
    }

    private func step(isUndone: Bool, _ body: () throws -> Void) throws {
        try database.transaction(.write) {
            try demandOwnership(isUndone: isUndone)
            try body()
        }
    }

    /// Calls `body` with some of the keys at a time, in a transaction. The number of keys is adapted so that a
    /// transaction takes about `stepMilliseconds`.
    private func inSteps(_ keys: [String], _ body: ([String]) throws -> Void) throws {
        var rest = keys[...]
        var rows = firstRows
        while !rest.isEmpty {
            let some = Array(rest.prefix(rows))
            var start = ContinuousClock.now
            try database.transaction(.write) {
                start = .now
                try body(some)
            }
            rest = rest.dropFirst(some.count)
            let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            if milliseconds > Self.stepMilliseconds { rows = max(1, rows / 2) }
            if milliseconds < Self.stepMilliseconds / 2, some.count == rows { rows = min(Self.most, rows * 2) }
            database.letOthersWrite()
        }
    }

    private func demandOwnership(isUndone: Bool) throws {
        // If the connection was closed, its triggers no longer exist.
        guard database.seesUnfinishedChanges else { throw Lost() }
        let isOwner = try database.first(
            "SELECT 1 FROM unfinished_changes WHERE workspace_id = $1 AND owner = $2 AND is_undone = $3", workspaceID,
            owner, isUndone
        ) { _ in true }
        guard isOwner == true else { throw Lost() }
    }

    private func underWay() throws -> (id: Identifier, isUndone: Bool)? {
        try database.first("SELECT id, is_undone FROM unfinished_changes WHERE workspace_id = $1", workspaceID) {
            (try $0[0], try $0[1])
        }
    }

    // MARK: Keeping rows

    private static let events = ["INSERT", "UPDATE", "DELETE"]

    private static func trigger(_ event: String, _ table: SteppedTable) -> String { "keep_\(table.name)_\(event)" }

    /// Creates triggers that copy a row's former version when this connection writes the row for the first time.
    private func keepRows(of table: SteppedTable) throws {
        let columns = try database.columns(of: table.name)
        let members = columns.map { "'\($0)', OLD.\($0)" }.joined(separator: ", ")
        for event in Self.events {
            let (row, before) = event == "INSERT" ? ("NEW", "NULL") : ("OLD", "json_object(\(members))")
            let place = "'\(workspaceID)', '\(table.name)', \(table.key(of: row))"
            try database.script(
                """
                CREATE TEMP TRIGGER IF NOT EXISTS \(Self.trigger(event, table)) AFTER \(event) ON main.\(table.name)
                WHEN NOT EXISTS (SELECT 1 FROM unfinished_rows
                    WHERE (workspace_id, table_name, row_key) = (\(place)))
                BEGIN
                    INSERT INTO unfinished_rows (workspace_id, table_name, row_key, before) VALUES (\(place), \(before));
                END
                """)
        }
    }
}
