public import Base
public import Store

/// A database that records the statements of `run` and `stream`, each once, with the parameters of its last call. Other
/// statements, such as those of `read`, `runWithNextRead` and `materialize`, are not recorded.
public final class RecordingDatabase: Database {
    private let database: any Database
    /// The recorded statements.
    public var statements: [SQL: [SQLValue]] = [:]
    /// A closure that is called after each recorded statement, within its transaction.
    public var afterStatement: (SQL) throws -> Void = { _ in }

    /// Creates a recorder of the statements of a database.
    public init(_ database: any Database) { self.database = database }

    /// Returns the engine's plan for a recorded statement, one line for each part.
    public func plan(of sql: SQL) throws -> [String] {
        let isServer = TestStore.Engine.ofThisRun == .postgreSQL
        var lines: [String] = []
        try database.run(isServer ? "EXPLAIN \(sql)" : "EXPLAIN QUERY PLAN \(sql)", statements[sql] ?? []) {
            lines.append($0.text(isServer ? 0 : 3))
        }
        return lines
    }

    @discardableResult
    public func run(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int {
        statements[sql] = parameters
        let count = try database.run(sql, parameters, body)
        try afterStatement(sql)
        return count
    }

    public func stream(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws {
        statements[sql] = parameters
        try database.stream(sql, parameters, body)
        try afterStatement(sql)
    }

    public func read(_ queries: [Statement]) throws { try database.read(queries) }
    public func runWithNextRead(_ query: Statement) throws { try database.runWithNextRead(query) }
    public var combinesReads: Bool { database.combinesReads }
    public func runWaiting() throws { try database.runWaiting() }
    public func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result {
        try database.transaction(kind, body)
    }
    public func materialize(_ table: TemporaryTable, _ parameters: [SQLValue]) throws {
        try database.materialize(table, parameters)
    }
    public var counters: any Database { database.counters }
    public func migrate(upTo version: Int) throws { try database.migrate(upTo: version) }
    public func steppedChange(_ id: Identifier, of workspaceID: Identifier, firstRows: Int) -> SteppedChange? {
        database.steppedChange(id, of: workspaceID, firstRows: firstRows)
    }
    public func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result {
        try database.writingInventory(body)
    }
    public func unfinishedChange(of workspaceID: Identifier) throws -> Identifier? {
        try database.unfinishedChange(of: workspaceID)
    }
    public func analyzeStatistics() throws { try database.analyzeStatistics() }
    public func schemaState() throws -> SchemaState { try database.schemaState() }
    public func canWrite() throws -> Bool { try database.canWrite() }
    public func close() { database.close() }
    public func prewarm(like rehearsal: any Database) {}
}
