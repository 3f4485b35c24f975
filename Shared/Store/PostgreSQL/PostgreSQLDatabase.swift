#if PostgreSQL
    import Base

    /// PostgreSQL by libpq: one connection for each process, opened when first used and never carried over a fork.
    ///
    /// A connection that has been lost is opened anew. What was sent on it is sent again only when that can't do twice
    /// what should be done once: a query, or the first statement of a transaction, which has not been committed.
    public final class PostgreSQLDatabase: Database {
        private let url: Secret
        private var connection: PostgreSQLConnection?
        private var statements: [SQL: PostgreSQLStatement] = [:]
        private var transaction = TransactionState.none
        /// How many statements the transaction has had.
        private var statementCount = 0
        /// What waits for the next read, to go with it.
        private var waiting: [Statement] = []
        /// The tables that the survey under way has kept.
        var kept: [StaticString] = []

        private typealias Command = PostgreSQLConnection.Command

        private enum TransactionState {
            case none
            /// BEGIN goes out with the first statement, in one round trip.
            case awaitingBegin(TransactionKind)
            case open(TransactionKind)
        }

        /// The database at a `postgres://` URL, connected to by the first statement.
        public init(url: Secret) { self.url = url }

        /// Counters are in unlogged tables, which cost no disk flush and are empty after a crash of the server. They are
        /// counted outside of transactions.
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
            // What waits is sent last, so that whatever it locks is locked for no longer than itself.
            let all = queries + waiting
            var commands = all.map { Command(statement: statement($0.sql), parameters: $0.parameters) }
            // A statement alone sees one state by itself.
            let begun = queries.count > 1
            if begun {
                commands.insert(Self.begin(.read), at: 0)
                commands.insert(Self.commit, at: queries.count + 1)
            }
            var results: [PostgreSQLResult]
            do {
                results = try repeating(if: waiting.isEmpty) { connection in try connection.perform(commands) }
            } catch StoreError.unwritable where waiting.contains(where: { !statement($0.sql).isQuery }) {
                // Output that waits to be written does not stop reading.
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

        public func runWithNextRead(_ query: Statement) throws {
            waiting.append(query)
        }

        public func runWaiting() throws {
            if !waiting.isEmpty { try read([]) }
        }

        public func stream(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws {
            // Within a transaction that has begun: only what is not to be repeated is left then.
            try transaction(.read) {
                try run("SELECT 1", []) { _ in }
                try connected().stream(statement(sql), parameters, body)
            }
        }

        public func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result {
            if kind == .survey { try refreshStatistics() }
            guard case .none = transaction else { return try kind == .survey ? surveying(body) : body() }
            try runWaiting()
            transaction = .awaitingBegin(kind)
            statementCount = 0
            defer { transaction = .none }
            do {
                let result = try kind == .survey ? surveying(body) : body()
                try commit()
                return result
            } catch {
                if case .open = transaction { try? rollBack() }
                throw error
            }
        }

        public func isCurrent() throws -> Bool {
            do {
                let version = try first("SELECT max(version) FROM schema_migrations") { try $0[0] as Int? }
                return version == Migration.all.last?.version
            } catch StoreError.failed {
                // There is no such table.
                return false
            }
        }

        public func canWrite() throws -> Bool {
            do {
                // A standby, or a server whose disk is full, lets nobody write.
                return try first(
                    """
                    SELECT pg_catalog.current_setting('transaction_read_only') = 'off'
                        AND pg_catalog.has_table_privilege(CAST($1 AS text), 'INSERT')
                        AND pg_catalog.has_table_privilege(CAST($1 AS text), 'UPDATE')
                    """, SchemaNames.schema + ".counters"
                ) { try $0[0] as Bool } ?? false
            } catch StoreError.failed {
                // There is no such table.
                return false
            }
        }

        public func close() {
            connection = nil
            waiting = []
        }

        /// Nothing can be learnt without a connection that a child could keep.
        public func settle(like rehearsal: any Database) {}

        // MARK: Statements

        private func statement(_ sql: SQL) -> PostgreSQLStatement {
            if let statement = statements[sql] { return statement }
            let statement = PostgreSQLStatement(sql.text)
            statements[sql] = statement
            return statement
        }

        private func perform(_ statement: PostgreSQLStatement, _ parameters: [SQLValue]) throws -> PostgreSQLResult {
            let command = Command(statement: statement, parameters: parameters)
            let results = try repeating(if: mayRepeat(statement)) { connection in
                guard case .awaitingBegin(let kind) = transaction else { return try connection.perform([command]) }
                do {
                    let results = try connection.perform([Self.begin(kind), command])
                    transaction = .open(kind)
                    return results
                } catch {
                    // The transaction has begun, and failed.
                    if connection.isAlive { transaction = .open(kind) }
                    throw error
                }
            }
            statementCount += 1
            guard let result = results.last else { throw StoreError.failed("nothing was asked") }
            return result
        }

        private func mayRepeat(_ statement: PostgreSQLStatement) -> Bool {
            switch transaction {
            case .none: statement.isQuery
            case .awaitingBegin: true
            case .open: false
            }
        }

        /// Does `body`, and when it may be repeated, does it again on a new connection if a kept one turns out to be lost.
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

        /// Does `body`, and lets go of a connection that is lost thereby.
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
            // A transaction that was under way has ended with its connection.
            if case .open = transaction { throw StoreError.unreachable("the connection was lost") }
            let connection = try PostgreSQLConnection(url)
            self.connection = connection
            return connection
        }

        private func commit() throws {
            guard case .open(let kind) = transaction else { return }
            try once { connection in
                switch kind {
                // Nothing depends on how the end of a transaction that has only read comes out.
                case .read, .survey: try connection.performLater([Self.commit])
                case .write: _ = try connection.perform([Self.commit])
                }
            }
            // Nobody waits for what only makes reads faster.
            if statementCount >= Self.manyStatements, let connection {
                try? connection.performLater(Self.foldTallies.map { Command(statement: $0) })
            }
        }

        /// So many statements of one transaction may have left so many rows in the tallies that it is time to fold them.
        private static let manyStatements = 100

        private func rollBack() throws {
            guard let connection else { return }
            do {
                _ = try connection.perform([Self.rollback])
            } catch {
                self.connection = nil
            }
        }

        /// Runs a statement that holds no parameters and no values, such as a migration's or CREATE DATABASE.
        @_spi(Administration) public func script(_ text: String) throws {
            _ = try perform(PostgreSQLStatement(script: text), [])
        }

        // MARK: Transactions

        private static func begin(_ kind: TransactionKind) -> Command {
            switch kind {
            case .read: beginRead
            case .survey: beginSurvey
            case .write: beginWrite
            }
        }

        private static let beginRead = Command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        // What it keeps is written, into tables that are gone when it ends.
        private static let beginSurvey = Command("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")
        // It does not say READ WRITE: a database that is set to be read-only stays so.
        private static let beginWrite = Command("BEGIN ISOLATION LEVEL READ COMMITTED")
        private static let commit = Command("COMMIT")
        private static let rollback = Command("ROLLBACK")
    }

    extension PostgreSQLConnection.Command {
        fileprivate init(_ text: String) { self.init(statement: PostgreSQLStatement(script: text)) }
    }
#endif
