#if PostgreSQL
    public import Base

    // Batches: how a request's statements reach the server in few round trips.
    //
    // Problem. A round trip to the server can take longer than the statement itself. A transaction with two queries
    // would take four round trips, and an API key that must be looked up and counted two more.
    //
    // Approach. The connection is in libpq's pipeline mode (PostgreSQLConnection.swift), in which several statements
    // can be sent before the first answer is read. It is used in four ways:
    // - BEGIN is sent together with the first statement of a transaction.
    // - `read` sends BEGIN, all of its queries and COMMIT in one round trip.
    // - `runWithNextRead` only stores a statement. The next `read` sends it behind its own queries, so the locks that
    //   it takes are held only for a short time.
    // - If a transaction has only read, its COMMIT is sent without waiting for the answer. The answer is read before
    //   the next batch is sent (`performLater`, `readRest`). The same applies to the statements that fold tallies.
    //
    // Why it is safe. The server answers in the order of the statements, and the connection keeps a list of the answers
    // that it expects, up to the end of each batch. If something makes this order uncertain, for example a statement of
    // a batch that could not be sent, the connection is dropped (`isOutOfStep`). After a statement fails, the server
    // skips the rest of the batch, so nothing runs that assumed its success. A write transaction always waits for the
    // answer to its COMMIT, so that a change is reported only if it was made. If a connection that was open before
    // turns out to be lost, statements are sent again only if running them twice does no harm: queries, and the first
    // statement of a transaction, because that transaction was never committed. Statements that wait for a `read` are
    // not repeated in this way.
    //
    // Costs. An error of a waiting statement appears in the read that sent it. Only one error is expected and handled
    // there: if the database can't be written, the waiting statements that write are dropped, and the read is sent
    // again without them.

    /// PostgreSQL, used through libpq. Each process has one connection, which is opened when it is first used and never
    /// carried over a fork.
    ///
    /// A lost connection is opened again. Statements that were sent on it are sent again only if running them twice
    /// does no harm: queries, and the first statement of a transaction, which was not committed.
    public final class PostgreSQLDatabase: Database {
        private let url: Secret
        private var connection: PostgreSQLConnection?
        private var statements: [String: PostgreSQLStatement] = [:]
        private var transaction = TransactionState.none
        /// The number of statements that the current transaction has run.
        private var statementCount = 0
        /// Statements that wait for the next `read`.
        private var waiting: [Statement] = []
        /// The names of the temporary tables that the current snapshot has created.
        var kept: [StaticString] = []

        private typealias Command = PostgreSQLConnection.Command

        private enum TransactionState {
            case none
            /// BEGIN will be sent together with the first statement.
            case awaitingBegin(TransactionKind)
            case open(TransactionKind)
        }

        /// Creates a database at a `postgres://` URL. The first statement connects to it.
        public init(url: Secret) { self.url = url }

        /// Counters are in unlogged tables, which need no disk flush and are empty after a crash of the server. They
        /// are counted outside of transactions.
        public var counters: any Database { self }

        @discardableResult
        public func run(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int {
            try runWaiting()
            let result = try perform(statement(sql), parameters)
            for row in result.rows { try body(row) }
            return result.changes
        }

        public func read(_ queries: [Statement]) throws {
            guard case .none = transaction else {
                for query in queries { try run(query) }
                return
            }
            let waiting = waiting
            // Waiting statements are sent last, so that the locks that they take are not held during the queries.
            let all = queries + waiting
            var commands = all.map { Command(statement: statement($0.sql), parameters: $0.parameters) }
            // A single query sees one consistent state even without a transaction.
            let begun = queries.count > 1
            if begun {
                commands.insert(Self.beginRead, at: 0)
                commands.insert(Self.commit, at: queries.count + 1)
            }
            var results: [PostgreSQLResult]
            do {
                results = try repeating(if: waiting.isEmpty) { connection in try connection.perform(commands) }
            } catch StoreError.unwritable where waiting.contains(where: { !statement($0.sql).isQuery }) {
                // A waiting statement that can't be written must not stop the read.
                self.waiting = waiting.filter { statement($0.sql).isQuery }
                return try read(queries)
            }
            if begun {
                results.removeFirst()
                results.remove(at: queries.count)
            }
            self.waiting = []
            for (query, result) in zip(waiting, results.suffix(waiting.count)) {
                for row in result.rows { try query.body(row) }
            }
            for (query, result) in zip(queries, results) {
                for row in result.rows { try query.body(row) }
            }
        }

        public var combinesReads: Bool { true }

        public func runWithNextRead(_ query: Statement) throws {
            waiting.append(query)
        }

        public func runWaiting() throws {
            if !waiting.isEmpty { try read([]) }
        }

        public func stream(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws {
            // The first query opens the transaction, and may be repeated. After it only the streamed query remains,
            // which must not be repeated.
            try transaction(.read) {
                try run("SELECT 1", []) { _ in }
                try connected().stream(statement(sql), parameters, body)
            }
        }

        public func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result {
            if kind == .snapshot { try refreshStatistics() }
            guard case .none = transaction else { return try kind == .snapshot ? takingSnapshot(body) : body() }
            try runWaiting()
            transaction = .awaitingBegin(kind)
            statementCount = 0
            defer { transaction = .none }
            do {
                let result = try kind == .snapshot ? takingSnapshot(body) : body()
                try commit()
                return result
            } catch {
                if case .open = transaction { try? rollBack() }
                throw error
            }
        }

        public func schemaState() throws -> SchemaState {
            do {
                let version = try first("SELECT max(version) FROM schema_migrations") { try $0[0] as Int? } ?? nil
                return try SchemaState(version: version ?? 0, oldestBuild: oldestBuild)
            } catch StoreError.failed {
                // The table does not exist yet.
                return .missing
            }
        }

        public func canWrite() throws -> Bool {
            do {
                // A standby server, and a server that is set to read-only because its disk is full, allow no writes.
                return try first(
                    """
                    SELECT pg_catalog.current_setting('transaction_read_only') = 'off'
                        AND pg_catalog.has_table_privilege(CAST($1 AS text), 'INSERT')
                        AND pg_catalog.has_table_privilege(CAST($1 AS text), 'UPDATE')
                    """, SchemaNames.schema + ".counters"
                ) { try $0[0] as Bool } ?? false
            } catch StoreError.failed {
                // The table does not exist yet.
                return false
            }
        }

        public func close() {
            connection = nil
            waiting = []
        }

        /// Does nothing: statements can only be prepared on a connection, and a child can't use its parent's
        /// connection.
        public func prewarm(like rehearsal: any Database) {}

        // MARK: Statements

        private func statement(_ sql: SQL) -> PostgreSQLStatement {
            if let statement = statements[sql.text] { return statement }
            let statement = PostgreSQLStatement(sql.text)
            statements[sql.text] = statement
            return statement
        }

        private func perform(_ statement: PostgreSQLStatement, _ parameters: [SQLValue]) throws -> PostgreSQLResult {
            let command = Command(statement: statement, parameters: parameters)
            let results = try repeating(if: mayRepeat(statement)) { connection in
                guard case .awaitingBegin(let kind) = transaction else { return try connection.perform([command]) }
                do {
                    let results = try connection.perform(Self.begin(kind) + [command])
                    transaction = .open(kind)
                    return results
                } catch {
                    // The transaction has begun, and has failed.
                    if connection.isAlive { transaction = .open(kind) }
                    throw error
                }
            }
            statementCount += 1
            guard let result = results.last else { throw StoreError.failed("the server returned no result") }
            return result
        }

        private func mayRepeat(_ statement: PostgreSQLStatement) -> Bool {
            switch transaction {
            case .none: statement.isQuery
            case .awaitingBegin: true
            case .open: false
            }
        }

        /// Calls `body`. If a connection that was open before turns out to be lost, and `mayRepeat` is true, calls it
        /// again with a new connection.
        private func repeating<Result>(
            if mayRepeat: Bool, _ body: (PostgreSQLConnection) throws -> Result
        ) throws -> Result {
            let isOnKeptConnection = connection != nil
            do {
                return try once(body)
            } catch StoreError.unreachable where isOnKeptConnection && connection == nil && mayRepeat {
                return try once(body)
            }
        }

        /// Calls `body`, and drops the connection if it is lost.
        private func once<Result>(_ body: (PostgreSQLConnection) throws -> Result) throws -> Result {
            let connection = try connected()
            do {
                return try body(connection)
            } catch {
                if !connection.isAlive { self.connection = nil }
                throw error
            }
        }

        private func connected() throws -> PostgreSQLConnection {
            if let connection, connection.isAlive { return connection }
            // If a transaction was open, it has ended with its connection.
            if case .open = transaction { throw StoreError.unreachable("the connection was lost") }
            let connection = try PostgreSQLConnection(url)
            self.connection = connection
            return connection
        }

        private func commit() throws {
            guard case .open(let kind) = transaction else { return }
            try once { connection in
                switch kind {
                // If a transaction has only read, nothing depends on the result of its end.
                case .read, .snapshot: try connection.performLater([Self.commit])
                case .write: _ = try connection.perform([Self.commit])
                }
            }
            // Folding tallies only makes later reads faster, so the result is not waited for.
            if statementCount >= Self.manyStatements, let connection {
                try? connection.performLater(Self.foldTallies.map { Command(statement: $0) })
            }
        }

        /// The number of statements in one transaction after which the tallies may have gained enough rows to be worth
        /// folding.
        private static let manyStatements = 100

        private func rollBack() throws {
            guard let connection else { return }
            do {
                _ = try connection.perform([Self.rollback])
            } catch {
                self.connection = nil
            }
        }

        /// Runs a statement without parameters and without values from outside, such as a statement of a migration, or
        /// CREATE DATABASE.
        @_spi(Administration) public func script(_ text: String) throws {
            _ = try perform(PostgreSQLStatement(script: text), [])
        }

        // MARK: Transactions

        private static func begin(_ kind: TransactionKind) -> [Command] {
            switch kind {
            case .read: [beginRead]
            case .snapshot: [beginSnapshot]
            case .write: [beginWrite, limitIdleTime]
            }
        }

        private static let beginRead = Command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        // A snapshot writes temporary tables, which are dropped when it ends.
        private static let beginSnapshot = Command("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")
        // READ WRITE is not stated, so that a database that is set to be read-only stays read-only.
        private static let beginWrite = Command("BEGIN ISOLATION LEVEL READ COMMITTED")
        // A process that is frozen within a transaction, such as a suspended machine or a function that its platform
        // has stopped, would keep its row locks until the server notices that the connection is dead, by default after
        // two hours. After this time without a statement the server rolls the transaction back.
        private static let limitIdleTime = Command("SET LOCAL idle_in_transaction_session_timeout = '60s'")
        private static let commit = Command("COMMIT")
        private static let rollback = Command("ROLLBACK")
    }

    extension PostgreSQLConnection.Command {
        fileprivate init(_ text: String) { self.init(statement: PostgreSQLStatement(script: text)) }
    }
#endif
