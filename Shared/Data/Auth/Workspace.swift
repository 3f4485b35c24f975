public import Base
public import Store

/// Access to the data of one workspace. Only `verifyPermission` and `SystemAccess` create it.
///
/// Every query is restricted to this workspace: its first parameter, `$1`, is the workspace's id, and a query whose
/// text does not restrict it to that, for example by `workspace_id = $1`, is refused (`SQL.isScoped`). A query's own
/// parameters begin at `$2`.
public struct Workspace {
    /// The workspace's id.
    public let id: Identifier
    /// The workspace's plan at the time at which this access was created.
    public let plan: Plan
    /// The caller who uses the workspace. Nil for the product's own work.
    public let caller: Caller?
    let database: any Database
    /// The id of the request in which the work began, which audit entries name. Nil for work that began in none.
    let requestID: String?

    init(id: Identifier, plan: Plan, caller: Caller?, database: any Database, requestID: String? = nil) {
        self.id = id
        self.plan = plan
        self.caller = caller
        self.database = database
        self.requestID = requestID
    }

    /// The caller's name, for rows that record who did something. It is "Thalian" for the product's own work.
    public var actor: String { caller?.label ?? "Thalian" }

    /// The same workspace without its caller, for work that continues after the caller's request.
    @_spi(System) public var byItself: Workspace {
        Workspace(id: id, plan: plan, caller: nil, database: database, requestID: requestID)
    }

    /// Closes the connection to the database, so that the process can be forked. The next statement opens it again.
    @_spi(System) public func releaseDatabase() { database.close() }

    /// Returns all rows of a query, each decoded by `decode`.
    public func rows<Value>(
        _ sql: SQL, _ parameters: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try run(sql, parameters) { values.append(try decode($0)) }
        return values
    }

    /// Returns the first row of a query, decoded by `decode`. Returns nil if there are no rows.
    public func first<Value>(
        _ sql: SQL, _ parameters: any SQLParameter..., decode: (any Row) throws -> Value
    ) throws -> Value? {
        var value: Value?
        try run(sql, parameters) { row in
            if value == nil { value = try decode(row) }
        }
        return value
    }

    /// Runs one statement. Returns the number of rows that an INSERT, UPDATE or DELETE changed.
    @discardableResult
    public func execute(_ sql: SQL, _ parameters: any SQLParameter...) throws -> Int {
        try run(sql, parameters) { _ in }
    }

    /// Calls `body` for each row of a query.
    public func forEachRow(
        _ sql: SQL, _ parameters: [any SQLParameter], _ body: (any Row) throws -> Void
    ) throws {
        try run(sql, parameters, body)
    }

    /// Calls `body` for each row of a query whose result may be larger than memory. `body` must not use the workspace.
    public func stream(_ sql: SQL, _ parameters: any SQLParameter..., body: (any Row) throws -> Void) throws {
        guard sql.isScoped else { throw StoreError.failed("a query is not restricted to its workspace") }
        try database.stream(sql, [id.sqlValue] + parameters.map(\.sqlValue), body)
    }

    /// Runs several queries that see one consistent state of the data.
    public func read<Result>(_ body: () throws -> Result) throws -> Result {
        try database.transaction(.read, body)
    }

    /// Runs the queries of a reading, and returns its value.
    public func read<Value>(_ reading: Reading<Value>) throws -> Value {
        try reading.read(from: database, workspace: id.sqlValue)
    }

    /// Runs both readings together, and returns their values.
    public func read<First, Second>(
        _ first: Reading<First>, _ second: Reading<Second>
    ) throws -> (First, Second) {
        try read(first.and(second))
    }

    /// Runs a large number of queries over much of the data, which see one consistent state of it. They can share
    /// intermediate results that `materialize` stores.
    public func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
        try database.transaction(.snapshot, body)
    }

    /// Stores the rows of a query in a temporary table for later queries of the same `snapshot`.
    public func materialize(_ table: TemporaryTable, _ parameters: [any SQLParameter]) throws {
        guard table.isScoped else { throw StoreError.failed("a query is not restricted to its workspace") }
        try database.materialize(table, [id.sqlValue] + parameters.map(\.sqlValue))
    }

    /// Runs `body` in a transaction during which other processes wait before `withWriteLock` and `audited` for this
    /// workspace. Writes no audit entry.
    public func withWriteLock<Result>(_ body: () throws -> Result) throws -> Result {
        try database.transaction(.write) {
            try AuditLog(database, workspaceID: id).lock()
            return try body()
        }
    }

    /// Changes data and appends an audit entry about the change, in one transaction during which other processes wait
    /// before `withWriteLock` and `audited` for this workspace. `body` returns its result and the entry; the caller and
    /// the id of the request are added to the entry.
    public func audited<Result>(_ body: () throws -> (Result, AuditEntry)) throws -> Result {
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
            case .administrator: entry.actorEmail = actor
            case nil: break
            }
            if let requestID { entry.details["request_id"] = .string(requestID) }
            try log.append(entry)
            return result
        }
    }

    /// Returns an object that makes a change of the inventory in short steps, at first with `firstRows` rows at a time;
    /// other connections, except within `writingInventory`, see nothing of it before the last step. Returns nil if the
    /// database engine does not need this, because a long transaction does not block other writers.
    public func steppedChange(_ id: Identifier, firstRows: Int) -> SteppedChange? {
        database.steppedChange(id, of: self.id, firstRows: firstRows)
    }

    /// Runs `body` so that it can write the inventory. `body` must do that in a transaction of its own, in which it
    /// first checks that the workspace has no unfinished change in steps.
    public func writingInventory<Result>(_ body: () throws -> Result) rethrows -> Result {
        try database.writingInventory(body)
    }

    /// Pauses briefly between two transactions of a long series, so that other processes can write.
    public func letOthersWrite() { database.letOthersWrite() }

    /// Returns the id of the unfinished change in steps in this workspace. Returns nil if there is none.
    public func unfinishedChange() throws -> Identifier? { try database.unfinishedChange(of: id) }

    /// Returns the time at which a subject was last counted. Returns nil if it has no counter, or if the counters don't
    /// exist and can't be created.
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
