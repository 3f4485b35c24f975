import Base
import CSQLite
import CSystem
import Glibc

/// The embedded engine: one SQLite file, and beside it a second one for counters that may be lost.
public final class SQLiteDatabase: Database {
    /// Which of the two files this is.
    enum Role {
        /// The product's data. An acknowledged write survives a loss of power (WAL, synchronous FULL).
        case primary
        /// Counters. Counting costs no disk flush, so that they may not survive it (synchronous OFF).
        case counters
    }

    let path: String
    let role: Role
    private let creates: Bool
    var handle: OpaquePointer?
    var statements: [SQL: SQLiteStatement] = [:]
    /// The VFS to open the file with; nil is SQLite's own.
    var vfs: String?
    private var openTransaction: TransactionKind?
    /// True while this connection sees the inventory's tables themselves, with the rows of unfinished changes.
    var seesUnfinishedChanges = false
    /// True if views stand before the tables that are being changed in steps.
    var hidesUnfinishedChanges = false
    /// Replaces an ordinary connection while nothing can be written.
    var makeshift: SQLiteMakeshift?

    /// The counters' database, in a file named for this one's with `-counters` behind it.
    public private(set) lazy var counters: any Database = SQLiteDatabase(
        path: path == ":memory:" ? path : path + "-counters", role: .counters, creates: true)

    /// A database at `path`, opened by the first statement. The file must exist, unless `creates` is true.
    public convenience init(path: String, creates: Bool = false) {
        self.init(path: path, role: .primary, creates: creates)
    }

    private init(path: String, role: Role, creates: Bool) {
        self.path = path
        self.role = role
        self.creates = creates
    }

    deinit { close() }

    @discardableResult
    public func run(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int {
        // The views must fit the snapshot that the statement reads.
        if openTransaction == nil, role == .primary, let kind = Self.kind(of: sql) {
            return try transaction(kind) { try run(sql, parameters, body) }
        }
        do {
            return try runOnce(sql, parameters, body)
        } catch let error as StoreError {
            guard case .unwritable = error, isReading(sql), try openMakeshift() else { throw error }
            if openTransaction != nil {
                try script("BEGIN")
                try hideUnfinishedChanges()
            }
            return try usingMakeshift { try runOnce(sql, parameters, body) }
        }
    }

    /// The kind of transaction that a statement needs; nil for statements of other kinds, such as BEGIN.
    private static func kind(of sql: SQL) -> TransactionKind? {
        if ["SELECT", "WITH"].contains(where: { sql.text.hasPrefix($0) }) { return .read }
        return ["INSERT", "UPDATE", "DELETE"].contains { sql.text.hasPrefix($0) } ? .write : nil
    }

    /// True if a statement only reads, and is not part of what will write.
    private func isReading(_ sql: SQL) -> Bool {
        guard openTransaction ?? .read == .read else { return false }
        return ["SELECT", "WITH", "PRAGMA"].contains { sql.text.hasPrefix($0) }
    }

    /// Lets go of the makeshift connection after a statement or a transaction, so that the next one tries the ordinary way.
    private func usingMakeshift<Result>(_ body: () throws -> Result) throws -> Result {
        defer { if makeshift != nil, openTransaction == nil { closeConnection() } }
        let result = try body()
        if openTransaction == nil { try makeshift?.check() }
        return result
    }

    private func runOnce(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int {
        let statement = try prepared(sql)
        // A run of the same statement may be stepping through its rows further up the stack.
        guard !statement.isRunning else {
            return try compile(sql).run(parameters, body)
        }
        return try statement.run(parameters, body)
    }

    public func stream(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws {
        try run(sql, parameters, body)
    }

    public func read(_ queries: [Statement]) throws {
        guard queries.count > 1 else { return try queries.forEach { try run($0) } }
        try transaction(.read) { for query in queries { try run(query) } }
    }

    /// There is no round trip to save.
    public func runWithNextRead(_ query: Statement) throws { try run(query) }

    public func runWaiting() throws {}

    /// Plans go by the schema alone, and do not change with the data.
    public func settleStatistics() throws {}

    public func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result {
        if kind == .survey { return try surveying { try transaction(.read, body) } }
        guard openTransaction == nil else { return try body() }
        try execute(kind == .write ? "BEGIN IMMEDIATE" : "BEGIN")
        openTransaction = kind
        defer {
            openTransaction = nil
            if makeshift != nil { closeConnection() }
        }
        let hides = hidesUnfinishedChanges
        do {
            try hideUnfinishedChanges()
            let result = try body()
            try execute("COMMIT")
            try makeshift?.check()
            return result
        } catch {
            // SQLite may have rolled back by itself; the views come and go with the transaction.
            if let handle, sqlite3_get_autocommit(handle) == 0 { _ = try? execute("ROLLBACK") }
            if handle != nil { hidesUnfinishedChanges = hides }
            throw error
        }
    }

    public func migrate(upTo version: Int) throws {
        // The journal's mode can't change within a transaction.
        try useWriteAheadLog()
        // Renaming a table opens the database of temporary tables, and where that is can't change within a transaction then: a
        // survey in one may be next.
        try script("PRAGMA temp_store = MEMORY")
        try transaction(.write) {
            try script(Migration.table.text)
            let applied = Set(try rows("SELECT version FROM schema_migrations") { try $0[0] as Int })
            for migration in Migration.all where migration.version <= version && !applied.contains(migration.version) {
                for step in migration.steps { try apply(step) }
                try execute(
                    "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)",
                    migration.version, migration.name, Timestamp.now)
                try script("PRAGMA user_version = \(migration.version)")
            }
        }
        try restoreCounters()
        // What settles for forks reads the schema from the file itself, not from the write-ahead log.
        _ = try? script("PRAGMA wal_checkpoint")
    }

    public func steppedChange(_ id: Identifier, of workspaceID: Identifier, firstRows: Int) -> SteppedChange? {
        SteppedChange(id, of: workspaceID, in: self, firstRows: firstRows)
    }

    public func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = seesUnfinishedChanges
        seesUnfinishedChanges = true
        defer { seesUnfinishedChanges = before }
        return try body()
    }

    public func unfinishedChange(of workspaceID: Identifier) throws -> Identifier? {
        try first("SELECT id FROM unfinished_changes WHERE workspace_id = $1", workspaceID) { try $0[0] }
    }

    public func isCurrent() throws -> Bool {
        guard role == .primary else { return try first("SELECT 1 FROM counters LIMIT 1") { _ in true } ?? true }
        // The header's version tells as much as schema_migrations, and needs no schema to be read first.
        let version = try first("PRAGMA user_version") { try $0[0] as Int }
        return version == Migration.all.last?.version
    }

    func closeConnection() {
        statements = [:]
        if let handle { sqlite3_close_v2(handle) }
        handle = nil
        seesUnfinishedChanges = false
        hidesUnfinishedChanges = false
        vfs = nil
        makeshift = nil
    }

    public func close() {
        closeConnection()
        if role == .primary { counters.close() }
    }

    func prepared(_ sql: SQL) throws -> SQLiteStatement {
        if let statement = statements[sql] { return statement }
        let statement = try compile(sql)
        statements[sql] = statement
        return statement
    }

    private func compile(_ sql: SQL) throws -> SQLiteStatement {
        let connection = try connection()
        do {
            return try SQLiteStatement(sql.textWithoutLocks, on: connection)
        } catch StoreError.failed where role == .counters {
            try createCounters()
            return try SQLiteStatement(sql.text, on: connection)
        }
    }

    func script(_ text: String) throws {
        let handle = try connection()
        let code = sqlite3_exec(handle, text, nil, nil, nil)
        guard code == SQLITE_OK else { throw StoreError(code, on: handle) }
    }

    /// Turns the write-ahead log on. This is the one statement for which SQLite does not wait for others' locks.
    private func useWriteAheadLog() throws {
        let handle = try connection()
        func attempt() -> Int32 { sqlite3_exec(handle, "PRAGMA journal_mode = WAL", nil, nil, nil) }
        var code = attempt()
        var attempts: Int32 = 0
        while code & 0xFF == SQLITE_BUSY, csqlite_wait_for_lock(nil, attempts) == 1 {
            attempts += 1
            code = attempt()
        }
        guard code == SQLITE_OK else { throw StoreError(code, on: handle) }
    }

    func connection() throws -> OpaquePointer {
        if let handle { return handle }
        Self.initialized
        var flags = SQLITE_OPEN_READWRITE
        if creates {
            flags |= SQLITE_OPEN_CREATE
            makeFile()
        }
        let opened: OpaquePointer
        do {
            opened = try open(path, flags: flags)
        } catch StoreError.unreachable(let reason) where role == .counters {
            // The file would have been made if that were possible.
            throw StoreError.unwritable(reason)
        }
        // Counting costs no disk flush.
        if role == .counters { try script("PRAGMA synchronous = OFF") }
        return opened
    }

    /// Opens a file and keeps the connection.
    @discardableResult
    func open(_ name: String, flags: Int32) throws -> OpaquePointer {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard code == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw StoreError(code, on: opened)
        }
        csqlite_configure(opened)
        handle = opened
        return opened
    }

    /// Makes the file for this user alone, whatever the umask is. SQLite gives the files beside it the same rights. A failure
    /// shows when SQLite opens it.
    private func makeFile() {
        guard !path.isEmpty, path != ":memory:" else { return }
        let file = csystem_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 { Glibc.close(file) }
    }

    private static let initialized: Void = csqlite_initialize()

    /// Checks the counters' file, and begins a new one when a loss of power has damaged it.
    private func restoreCounters() throws {
        do {
            guard try counters.first("PRAGMA quick_check", decode: { try $0[0] as String }) != "ok" else {
                _ = try counters.isCurrent()
                return
            }
        } catch StoreError.damaged {}
        counters.close()
        for suffix in ["", "-wal", "-shm"] { unlink(path + "-counters" + suffix) }
        _ = try counters.isCurrent()
    }

    /// Makes the counters' tables, in a file that is new or was lost.
    private func createCounters() throws {
        try useWriteAheadLog()
        for sql in Migration.counters { try script(sql.text) }
        _ = try? script("PRAGMA wal_checkpoint")
    }
}
