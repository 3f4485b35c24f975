public import Base
import CSQLite
import CSystem
import Glibc

/// The embedded engine: one SQLite file for the data, and a second one next to it for counters, which may be lost.
public final class SQLiteDatabase: Database {
    /// The purpose of a file.
    enum Role {
        /// The product's data. An acknowledged write survives a loss of power (write-ahead log, synchronous FULL).
        case primary
        /// Counters. Counting needs no disk flush, so counts may be lost with the power (synchronous OFF).
        case counters
    }

    let path: String
    let role: Role
    private let creates: Bool
    var handle: OpaquePointer?
    var statements: [String: SQLiteStatement] = [:]
    /// False if a path that contains symbolic links must not be opened.
    var followsLinks = true
    /// The name of the VFS to open the file with. Nil for SQLite's default VFS.
    var vfs: String?
    private var openTransaction: TransactionKind?
    /// True while this connection must see the rows of unfinished changes, so that its next transactions use the
    /// inventory's tables themselves and not the views.
    var seesUnfinishedChanges = false
    /// True if temporary views hide the tables that are being changed in steps.
    var hidesUnfinishedChanges = false
    /// A connection that replaces the ordinary one while nothing can be written.
    var makeshift: SQLiteMakeshift?

    /// The database for counters. Its file has this file's name followed by `-counters`.
    public private(set) lazy var counters: any Database = SQLiteDatabase(
        path: path == ":memory:" ? path : path + "-counters", role: .counters, creates: true)

    /// Creates a database at `path`, which the first statement opens. The file must exist, unless `creates` is true.
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
        // The views must match the snapshot that the statement reads, so both must be in one transaction.
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

    /// Returns the kind of transaction that a statement needs, by its first word. Returns nil for statements that need
    /// none, such as BEGIN.
    private static func kind(of sql: SQL) -> TransactionKind? {
        if ["SELECT", "WITH"].contains(where: { sql.text.hasPrefix($0) }) { return .read }
        return ["INSERT", "UPDATE", "DELETE"].contains { sql.text.hasPrefix($0) } ? .write : nil
    }

    /// Returns true if a statement only reads, and is not part of a transaction that will write.
    private func isReading(_ sql: SQL) -> Bool {
        guard openTransaction ?? .read == .read else { return false }
        return ["SELECT", "WITH", "PRAGMA"].contains { sql.text.hasPrefix($0) }
    }

    /// Calls `body`, and closes the makeshift connection at the end of the statement or transaction, so that the next
    /// one tries an ordinary connection again.
    private func usingMakeshift<Result>(_ body: () throws -> Result) throws -> Result {
        defer { if makeshift != nil, openTransaction == nil { closeConnection() } }
        let result = try body()
        if openTransaction == nil { try makeshift?.check() }
        return result
    }

    private func runOnce(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int {
        let statement = try prepared(sql)
        // The same compiled statement may be in use by a caller that is still reading its rows.
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

    /// Runs the statement at once, because without a server there is no round trip to save.
    public func runWithNextRead(_ query: Statement) throws { try run(query) }

    public func runWaiting() throws {}

    /// Does nothing: queries are planned from the schema alone, whatever the data.
    public func analyzeStatistics() throws {}

    public func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result {
        if kind == .snapshot { return try takingSnapshot { try transaction(.read, body) } }
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
            // SQLite may already have rolled back because of the error. A rollback also undoes the changes that
            // `hideUnfinishedChanges` made to the views, so the note about the views is restored.
            if let handle, sqlite3_get_autocommit(handle) == 0 { _ = try? execute("ROLLBACK") }
            if handle != nil { hidesUnfinishedChanges = hides }
            throw error
        }
    }

    public func migrate(upTo version: Int) throws {
        // The journal mode can't be changed within a transaction.
        try useWriteAheadLog()
        // Renaming a table opens the database for temporary tables, after which temp_store can't be changed within a
        // transaction. A later snapshot would need that, so it is set now.
        try script("PRAGMA temp_store = MEMORY")
        try transaction(.write) {
            try script(Migration.table.text)
            let applied = Set(try rows("SELECT version FROM schema_migrations") { try $0[0] as Int })
            for migration in Migration.all where migration.version <= version && !applied.contains(migration.version) {
                for step in migration.steps { try apply(step) }
                try note(migration)
                try script("PRAGMA user_version = \(migration.version)")
            }
        }
        try restoreCounters()
        // A template that prepares for forks reads the schema from the database file, and not from the write-ahead log,
        // so the log is copied into the file.
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

    /// Pauses for 2 ms. A process that waits for the lock tries every half a millisecond, and would hardly ever find it
    /// free without this pause.
    public func letOthersWrite() { usleep(2_000) }

    public func unfinishedChange(of workspaceID: Identifier) throws -> Identifier? {
        try first("SELECT id FROM unfinished_changes WHERE workspace_id = $1", workspaceID) { try $0[0] }
    }

    public func schemaState() throws -> SchemaState {
        guard role == .primary else {
            try run("SELECT 1 FROM counters LIMIT 1", []) { _ in }
            return .current
        }
        // The version in the file's header says the same as schema_migrations, and reading it does not require loading
        // the schema.
        let version = try first("PRAGMA user_version") { try $0[0] as Int } ?? 0
        return try SchemaState(version: version, oldestBuild: oldestBuild)
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
        if let statement = statements[sql.text] { return statement }
        let statement = try compile(sql)
        statements[sql.text] = statement
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

    /// Turns on the write-ahead log. SQLite does not call the busy handler for this statement, so this waits for locks
    /// itself.
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
        if !followsLinks { flags |= SQLITE_OPEN_NOFOLLOW }
        if creates {
            flags |= SQLITE_OPEN_CREATE
            makeFile()
        }
        let opened: OpaquePointer
        do {
            opened = try open(path, flags: flags)
        } catch StoreError.unreachable(let reason) where role == .counters {
            // SQLite would have created the file if that were possible, so the file system can't be written.
            throw StoreError.unwritable(reason)
        }
        // Counting needs no disk flush.
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

    /// Creates the file with access for this user only, whatever the umask. SQLite gives the same rights to the files
    /// that it creates next to it. Does nothing if the file exists. If it can't be created, opening it will fail too.
    private func makeFile() {
        guard !path.isEmpty, path != ":memory:" else { return }
        let file = csystem_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 { Glibc.close(file) }
    }

    private static let initialized: Void = csqlite_initialize()

    /// Checks the counters' file, and replaces it by a new one if it is damaged, for example by a loss of power.
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

    /// Creates the counters' tables, unless they exist.
    private func createCounters() throws {
        try useWriteAheadLog()
        for sql in Migration.counters { try script(sql.text) }
        _ = try? script("PRAGMA wal_checkpoint")
    }
}
