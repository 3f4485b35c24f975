public import Base

/// A database with the product's schema. The connection is opened by the first statement.
///
/// Queries are written once, in the SQL that PostgreSQL and SQLite have in common, with `$1`, `$2` … for parameters.
/// Where the engines differ, the implementations of this protocol hide the difference.
public protocol Database: AnyObject {
    /// Runs one statement and calls `body` for each row. Returns the number of rows that an INSERT, UPDATE or DELETE
    /// changed; 0 for a query.
    @discardableResult
    func run(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int

    /// Runs a query whose result may be larger than memory. It calls `body` for each row as it arrives; `body` must not
    /// use the database.
    func stream(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws

    /// Runs several queries that see one consistent state of the data. With a server this takes one round trip, unless
    /// it is called within a transaction.
    func read(_ queries: [Statement]) throws

    /// Runs a statement that no other statement depends on. With a server it waits, and is sent together with the next
    /// `read`, which saves a round trip. Its rows are delivered before the rows of that `read`. Outside of a
    /// transaction it is also sent before any other statement, and by `runWaiting`. If it waits to write and the
    /// database can't be written, it is dropped, and the queries of the `read` run without it.
    func runWithNextRead(_ query: Statement) throws

    /// True if `runWithNextRead` saves a round trip.
    var combinesReads: Bool { get }

    /// Sends the statements that are waiting for a `read`. Call it outside of a transaction.
    func runWaiting() throws

    /// Runs `body` in a transaction of the given kind. Commits it when `body` returns, and rolls it back if `body`
    /// throws. Within a transaction, `body` becomes part of that transaction.
    func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result

    /// Stores the rows of a query in a temporary table. Later statements of the same `snapshot` can use it by the name
    /// of `table`.
    func materialize(_ table: TemporaryTable, _ parameters: [SQLValue]) throws

    /// The database for counters, whose writes are fast. Counts may be lost if the machine loses power or the server
    /// crashes.
    var counters: any Database { get }

    /// Updates the schema to the newest version that this build knows. Runs no migration if that has been done. Any
    /// number of processes may call this at the same time.
    func migrate() throws

    /// Updates the schema, but no further than to `version`.
    func migrate(upTo version: Int) throws

    /// Returns an object that makes a change of a workspace's inventory in short steps, at first with `firstRows` rows
    /// at a time. Returns nil if the engine does not need this, because a long transaction does not block other
    /// writers.
    func steppedChange(_ id: Identifier, of workspaceID: Identifier, firstRows: Int) -> SteppedChange?

    /// Runs `body` so that it can write the tables of the inventory even while a change in steps is unfinished. Call
    /// this outside of a transaction. `body` may write only workspaces without an unfinished change, and must check
    /// that in its own transaction.
    func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result

    /// Returns the id of the unfinished change in steps in a workspace. Returns nil if there is none.
    func unfinishedChange(of workspaceID: Identifier) throws -> Identifier?

    /// Pauses briefly between two transactions of a long series, so that other writers get their turn. Does nothing on
    /// engines on which writers don't wait for each other.
    func letOthersWrite()

    /// Updates the statistics that the engine's query planner uses, after much data was written. It must not be called
    /// within a transaction.
    func analyzeStatistics() throws

    /// Returns the state of the schema. Throws if the database can't be reached.
    func schemaState() throws -> SchemaState

    /// Returns true if the data and the counters can be written, as far as this can be known without writing.
    func canWrite() throws -> Bool

    /// Closes the connection, and drops waiting statements. The next statement opens it again.
    func close()

    /// Prepares for forks: loads the schema, compiles the statements that `rehearsal` has run, so that child processes
    /// need not do it again, and then closes the connection. Does nothing if that is not possible.
    func prewarm(like rehearsal: any Database)
}

/// A statement, its parameters, and the function that receives its rows.
public struct Statement {
    let sql: SQL
    let parameters: [SQLValue]
    let body: (any Row) throws -> Void

    /// Creates a statement. `body` is called for each of its rows.
    public init(_ sql: SQL, _ parameters: [SQLValue], _ body: @escaping (any Row) throws -> Void) {
        self.sql = sql
        self.parameters = parameters
        self.body = body
    }
}

/// The kind of a transaction.
public enum TransactionKind: Sendable {
    /// Several queries that see one consistent state of the data.
    case read
    /// A large number of queries over much of the data that see one consistent state of it. They can share temporary
    /// tables made by `materialize`.
    case snapshot
    /// Reads and writes. On SQLite no other process writes in between. On PostgreSQL each statement sees what other
    /// transactions have committed by then, so a lock such as `AuditLog.lock` is needed to exclude their changes.
    case write
}

/// A temporary table with the rows of a query. Only the connection that creates it sees it.
public struct TemporaryTable: Sendable {
    let name: StaticString
    let key: StaticString
    let query: SQL

    /// Creates a description of a table with the rows of `query`, and an index on its column `key`.
    public init(_ name: StaticString, key: StaticString, _ query: SQL) {
        self.name = name
        self.key = key
        self.query = query
    }

    /// True if the query's text shows that it is restricted to the workspace whose id is its first parameter.
    public var isScoped: Bool { query.isScoped }
}

extension Database {
    public func steppedChange(_ id: Identifier, of workspaceID: Identifier, firstRows: Int) -> SteppedChange? { nil }
    public func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result { try body() }
    public func unfinishedChange(of workspaceID: Identifier) throws -> Identifier? { nil }

    public var combinesReads: Bool { false }
    public func letOthersWrite() {}

    public func migrate() throws { try migrate(upTo: .max) }

    /// Runs one statement, and calls its function for each row. Returns the number of rows that an INSERT, UPDATE or
    /// DELETE changed.
    @discardableResult
    public func run(_ query: Statement) throws -> Int { try run(query.sql, query.parameters, query.body) }

    /// Runs one statement whose result rows are not needed. Returns the number of rows that an INSERT, UPDATE or DELETE
    /// changed.
    @discardableResult
    public func execute(_ sql: SQL, _ parameters: any SQLParameter...) throws -> Int {
        try run(sql, parameters.map(\.sqlValue)) { _ in }
    }

    /// Returns all rows of a query, each decoded by `decode`.
    public func rows<Value>(
        _ sql: SQL, _ parameters: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try run(sql, parameters.map(\.sqlValue)) { values.append(try decode($0)) }
        return values
    }

    /// Returns the first row of a query, decoded by `decode`. Returns nil if there are no rows.
    public func first<Value>(
        _ sql: SQL, _ parameters: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> Value? {
        var value: Value?
        try run(sql, parameters.map(\.sqlValue)) { row in
            if value == nil { value = try decode(row) }
        }
        return value
    }
}

/// An error of the database. It is for logs; callers of the API must not see it.
public enum StoreError: Error {
    /// The database does not exist, can't be reached, or is locked for longer than a request may wait.
    case unreachable(String)
    /// Writes are impossible, but data can be read: the disk is full, or the database is read-only.
    case unwritable(String)
    /// The database is damaged, or the server has an internal error.
    case damaged(String)
    /// A constraint or a trigger of the database rejected a row, or a text has a NUL.
    case constraint(String)
    /// A statement failed for any other reason, or the stored data is not as expected.
    case failed(String)
    /// A column is null or contains a value that can't be read as the expected type.
    case unexpectedValue(column: Int)
}

/// Describes the error in a sentence for logs and the runner's commands.
extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let reason): "the database can't be reached: \(reason)"
        case .unwritable(let reason): "the database can't be written: \(reason)"
        case .damaged(let reason): "the database is damaged: \(reason)"
        case .constraint(let reason): "a constraint of the database rejected a row: \(reason)"
        case .failed(let reason): "a statement failed, or its result is not as expected: \(reason)"
        case .unexpectedValue(let column): "column \(column) of a row has an unexpected value"
        }
    }
}
