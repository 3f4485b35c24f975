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
            let result = try perform(statement(sql), parameters)
            for row in result.rows { try body(row) }
            return result.changes
        }

        public func stream(_ sql: SQL, _ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws {
            // Within a transaction that has begun: only what is not to be repeated is left then.
            try transaction(.read) {
                try run("SELECT 1", []) { _ in }
                try connected().stream(statement(sql), parameters, body)
            }
        }

        public func transaction<Result>(_ kind: TransactionKind, _ body: () throws -> Result) throws -> Result {
            guard case .none = transaction else { return try body() }
            transaction = .awaitingBegin(kind)
            defer { transaction = .none }
            do {
                let result = try body()
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
            let isOnKeptConnection = connection != nil
            do {
                return try performOnce(statement, parameters)
            } catch StoreError.unreachable where isOnKeptConnection && connection == nil && mayRepeat(statement) {
                return try performOnce(statement, parameters)
            }
        }

        private func mayRepeat(_ statement: PostgreSQLStatement) -> Bool {
            switch transaction {
            case .none: statement.isQuery
            case .awaitingBegin: true
            case .open: false
            }
        }

        private func performOnce(
            _ statement: PostgreSQLStatement, _ parameters: [SQLValue]
        ) throws -> PostgreSQLResult {
            let connection = try connected()
            do {
                guard case .awaitingBegin(let kind) = transaction else {
                    return try connection.perform([.statement(statement, parameters)])
                }
                do {
                    let result = try connection.perform([.control(kind.begin), .statement(statement, parameters)])
                    transaction = .open(kind)
                    return result
                } catch {
                    // The transaction has begun, and failed.
                    if connection.isAlive { transaction = .open(kind) }
                    throw error
                }
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
            let connection = try connected()
            do {
                switch kind {
                // Nothing depends on how the end of a transaction that has only read comes out.
                case .read: try connection.performLater(.control("COMMIT"))
                case .write: _ = try connection.perform([.control("COMMIT")])
                }
            } catch {
                if !connection.isAlive { self.connection = nil }
                throw error
            }
        }

        private func rollBack() throws {
            guard let connection else { return }
            do {
                _ = try connection.perform([.control("ROLLBACK")])
            } catch {
                self.connection = nil
            }
        }

        /// Runs a statement that holds no parameters and no values, such as a migration's or CREATE DATABASE.
        @_spi(Administration) public func script(_ text: String) throws {
            _ = try performOnce(PostgreSQLStatement(script: text), [])
        }
    }

    extension TransactionKind {
        fileprivate var begin: StaticString {
            switch self {
            case .read: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            case .write: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
            }
        }
    }
#endif
