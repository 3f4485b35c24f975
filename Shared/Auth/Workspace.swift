import Base
import Store

/// The data of one workspace that the caller may see. Only `verifyPermission` and the scheduler make one.
///
/// Every query is about this workspace: its first parameter, `$1`, is the workspace's id, and a query that does not
/// restrict itself to `workspace_id = $1` is refused. A query's own parameters begin at `$2`.
public struct Workspace {
    /// The workspace.
    public let id: Identifier
    /// What it has subscribed to.
    public let plan: Plan
    /// Who acts in it; nil when the product does by itself.
    public let caller: Caller?
    let database: any Database

    init(id: Identifier, plan: Plan, caller: Caller?, database: any Database) {
        self.id = id
        self.plan = plan
        self.caller = caller
        self.database = database
    }

    /// Who acts, as rows name it that remember who it was; the product's own name when it does by itself.
    public var actor: String { caller?.label ?? "Thalian" }

    /// The same workspace as the product itself sees it, for work that outlives the request which asked for it.
    @_spi(System) public var byItself: Workspace {
        Workspace(id: id, plan: plan, caller: nil, database: database)
    }

    /// Closes the connection to the database, so that the process can be forked; the next statement opens it again.
    @_spi(System) public func releaseDatabase() { database.close() }

    /// All rows, each decoded by `decode`.
    public func rows<Value>(
        _ sql: SQL, _ parameters: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try run(sql, parameters) { values.append(try decode($0)) }
        return values
    }

    /// The first row, decoded by `decode`; nil when there is none.
    public func first<Value>(
        _ sql: SQL, _ parameters: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> Value? {
        var value: Value?
        try run(sql, parameters) { row in
            if value == nil { value = try decode(row) }
        }
        return value
    }

    /// Runs one statement; returns how many rows it changed.
    @discardableResult
    public func execute(_ sql: SQL, _ parameters: any SQLParameter...) throws -> Int {
        try run(sql, parameters) { _ in }
    }

    /// Calls `body` with each row of a query.
    public func forEachRow(
        _ sql: SQL, _ parameters: [any SQLParameter], _ body: (any Row) throws -> Void
    ) throws {
        try run(sql, parameters, body)
    }

    /// Calls `body` with each row of a query whose result may be larger than memory. `body` must not use the workspace.
    public func stream(_ sql: SQL, _ parameters: any SQLParameter..., body: (any Row) throws -> Void) throws {
        guard sql.isScoped else { throw StoreError.failed("a query is not restricted to its workspace") }
        try database.stream(sql, [id.sqlValue] + parameters.map(\.sqlValue), body)
    }

    /// Runs several queries on one consistent view of the data.
    public func read<Result>(_ body: () throws -> Result) throws -> Result {
        try database.transaction(.read, body)
    }

    /// Runs very many queries over much of the data on one consistent view of it. They may share what `keep` keeps.
    public func survey<Result>(_ body: () throws -> Result) throws -> Result {
        try database.transaction(.survey, body)
    }

    /// Within a `survey`: keeps the rows of a query for those after it.
    public func keep(_ table: KeptTable, _ parameters: [any SQLParameter]) throws {
        guard table.isScoped else { throw StoreError.failed("a query is not restricted to its workspace") }
        try database.keep(table, [id.sqlValue] + parameters.map(\.sqlValue))
    }

    /// Runs `body` in a transaction in which nobody else changes the workspace, for what the audit log does not keep.
    public func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        try database.transaction(.write) {
            try AuditLog(database, workspaceID: id).lock()
            return try body()
        }
    }

    /// Changes data and writes the audit entry of the change, both or neither; no other change of the workspace comes
    /// between. `body` returns the entry beside its result; the actor is filled in.
    public func change<Result>(_ body: () throws -> (Result, AuditEntry)) throws -> Result {
        try database.transaction(.write) {
            let log = AuditLog(database, workspaceID: id)
            try log.lock()
            var (result, entry) = try body()
            switch caller {
            case .member(let userID, let email, _):
                entry.userID = userID
                entry.actorEmail = email
            case .apiKey(let id, let name, _):
                entry.actorEmail = actor
                entry.details["api_key_id"] = .string(id.description)
                entry.details["api_key_name"] = .string(name)
            case nil: break
            }
            try log.append(entry)
            return result
        }
    }

    /// A change of the inventory in short steps, which other connections see as a whole after the last; nil on engines
    /// where a long transaction keeps no other writer waiting. Statements begin with `firstRows` rows at a time.
    public func steppedChange(_ id: Identifier, firstRows: Int) -> SteppedChange? {
        database.steppedChange(id, of: self.id, firstRows: firstRows)
    }

    /// Runs `body`, which writes the inventory in a transaction of its own and first makes sure that the workspace has
    /// no unfinished change.
    public func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result {
        try database.writingInventory(body)
    }

    /// The change in steps that is under way in the workspace.
    public func unfinishedChange() throws -> Identifier? { try database.unfinishedChange(of: id) }

    /// When a subject was last counted; nil if it never was, or if there are no counters and none can be made.
    func lastCounted(_ subject: String) throws -> Timestamp? {
        do {
            return try database.counters.first(
                "SELECT last_counted_at FROM counters WHERE subject = $1", subject
            ) { try $0[0] }
        } catch StoreError.unwritable {
            return nil
        }
    }

    @discardableResult
    private func run(_ sql: SQL, _ parameters: [any SQLParameter], _ body: (any Row) throws -> Void) throws -> Int {
        guard sql.isScoped else { throw StoreError.failed("a query is not restricted to its workspace") }
        return try database.run(sql, [id.sqlValue] + parameters.map(\.sqlValue), body)
    }
}
