import Base

/// A database that holds the product's schema. One process has one, opened when first used.
///
/// Queries are written once, in the SQL that PostgreSQL and SQLite share, with `$1`, `$2` … for parameters;
/// where the engines differ, the engine bridges it.
public protocol Database: AnyObject {
    /// Runs one statement and calls `body` with each row; returns how many rows it changed.
    @discardableResult
    func run(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int

    /// Runs a query whose result may be larger than memory: `body` gets each row as it comes, and must not use the
    /// database meanwhile.
    func stream(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws

    /// Runs several queries on one consistent view of the data, in one round trip where there is a server.
    func read(_ queries: [Statement]) throws

    /// Runs a statement that nothing else depends on together with the next `read`, where that saves a round trip: its
    /// rows come before those of what is read. Another statement, or `runWaiting`, does not leave it waiting either. If it writes,
    /// and nothing can be written, it is dropped, and what is read comes without it.
    func runWithNextRead(_ query: Statement) throws

    /// Runs what waits for a `read` that has not come.
    func runWaiting() throws

    /// Runs `body` in a transaction of the given kind: committed when it returns, rolled back when it throws.
    /// Within a transaction it joins that one.
    func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result

    /// Within a `survey`: keeps the rows of a query, which its statements find by the name of `table` until it ends.
    func keep(_ table: KeptTable, _ parameters: [SQLValue]) throws

    /// Where counters are: fast to write, and allowed to be lost with the machine's power.
    var counters: any Database { get }

    /// Brings the schema up to date, at once if it is. Any number of processes may call it together.
    func migrate() throws

    /// The same, up to a version of the schema.
    func migrate(upTo version: Int) throws

    /// A change of a workspace's inventory in short steps; nil on engines where a long transaction keeps no other
    /// writer waiting. Statements begin with `firstRows` rows at a time.
    func steppedChange(_ id: Identifier, of workspaceID: Identifier, firstRows: Int) -> SteppedChange?

    /// Runs `body`, outside of a transaction, with the tables of the inventory writable even while a change in steps is
    /// under way. It may write only workspaces that have none, and checks that in its own transaction.
    func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result

    /// The change in steps that is under way in a workspace.
    func unfinishedChange(of workspaceID: Identifier) throws -> Identifier?

    /// After much has been written: tells the engine what it plans queries by. Not within a transaction.
    func settleStatistics() throws

    /// Whether every migration has run. Throws when the database can't be reached.
    func isCurrent() throws -> Bool

    /// Whether data and counters can be written, as far as that can be told without writing.
    func canWrite() throws -> Bool

    /// Closes the connection; the next statement opens it again.
    func close()

    /// Prepares for forks: learns what children would each have to learn, to run what `rehearsal` has run, and then holds
    /// no connection. Does nothing when that can't be done.
    func settle(like rehearsal: any Database)
}

/// A statement, its parameters, and what becomes of its rows.
public struct Statement {
    let sql: SQL
    let parameters: [SQLValue]
    let body: (any Row) throws -> Void

    /// A statement whose rows `body` gets.
    public init(_ sql: SQL, _ parameters: [SQLValue], _ body: @escaping (any Row) throws -> Void) {
        self.sql = sql
        self.parameters = parameters
        self.body = body
    }
}

/// What a transaction is for.
public enum TransactionKind: Sendable {
    /// One consistent view of the data for several queries.
    case read
    /// One consistent view of the data for very many queries over much of it, which may share what `keep` keeps.
    case survey
    /// Reads and writes that no other writer comes between.
    case write
}

/// The rows of a query, kept as a table that only the connection sees.
public struct KeptTable: Sendable {
    let name: StaticString
    let key: StaticString
    let query: SQL

    /// A table of the rows of `query`, to be looked up by its column `key`.
    public init(_ name: StaticString, key: StaticString, _ query: SQL) {
        self.name = name
        self.key = key
        self.query = query
    }

    /// Whether the query restricts itself to the workspace that is its first parameter.
    public var isScoped: Bool { query.isScoped }
}

extension Database {
    public func steppedChange(_ id: Identifier, of workspaceID: Identifier, firstRows: Int) -> SteppedChange? { nil }
    public func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result { try body() }
    public func unfinishedChange(of workspaceID: Identifier) throws -> Identifier? { nil }

    public func migrate() throws { try migrate(upTo: .max) }

    /// Runs one query; returns how many rows it changed.
    @discardableResult
    public func run(_ query: Statement) throws -> Int { try run(query.sql, query.parameters, query.body) }

    /// Runs one statement that returns no rows of interest; returns how many rows it changed.
    @discardableResult
    public func execute(_ sql: SQL, _ parameters: any SQLParameter...) throws -> Int {
        try run(sql, parameters.map(\.sqlValue)) { _ in }
    }

    /// All rows, each decoded by `decode`.
    public func rows<Value>(
        _ sql: SQL, _ parameters: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try run(sql, parameters.map(\.sqlValue)) { values.append(try decode($0)) }
        return values
    }

    /// The first row, decoded by `decode`; nil when there is none.
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

/// Why the store could not do its part. None of it is for a caller's eyes.
public enum StoreError: Error {
    /// The database is not there, or locked for longer than a request may wait.
    case unreachable(String)
    /// Nothing can be written, while what is there can be read: the disk is full, or the database is read-only.
    case unwritable(String)
    /// The file is damaged.
    case damaged(String)
    /// A uniqueness, foreign-key or check constraint refused a row.
    case constraint(String)
    /// A statement failed for any other reason.
    case failed(String)
    /// A column held something other than what the query expects.
    case unexpectedValue(column: Int)
}

/// Logs and the runner's verbs show it as a sentence.
extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let reason): "the database can't be reached: \(reason)"
        case .unwritable(let reason): "the database can't be written: \(reason)"
        case .damaged(let reason): "the database is damaged: \(reason)"
        case .constraint(let reason): "a constraint of the database refused a row: \(reason)"
        case .failed(let reason): "the database refused a statement, or answered what it should not: \(reason)"
        case .unexpectedValue(let column): "column \(column) of a row holds what its query does not expect"
        }
    }
}
