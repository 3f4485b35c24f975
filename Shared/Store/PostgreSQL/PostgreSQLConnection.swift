#if PostgreSQL
    import Base
    import CCrypto
    import CPostgreSQL
    import CSystem
    import Glibc

    /// One connection by libpq, in pipeline mode throughout: several statements may go out in one round trip, and what
    /// need not be waited for is not.
    ///
    /// Statements are prepared and named when the server is reached directly. Behind a pooler that hands each transaction
    /// another server (PgBouncer, Supavisor) there are none that would be found again, and none are made.
    final class PostgreSQLConnection {
        /// A statement with its parameters.
        struct Command: Sendable {
            let statement: PostgreSQLStatement
            var parameters: [SQLValue] = []
        }

        private let handle: OpaquePointer
        private var prepared: Set<String> = []
        /// Whether the server that answers is the one that was connected to; nil until asked.
        private var isDirect: Bool?
        /// What will answer the batches that were sent and that nobody has waited for.
        private var unread: [[Answer]] = []

        /// Connects. Throws `StoreError.unreachable` when that fails.
        init(_ url: Secret) throws {
            csystem_use_own_resolver()
            ccrypto_initialize()
            let settings = url.reveal { PostgreSQLSettings.of($0) }
            var names: [UnsafePointer<CChar>?] = []
            var values: [UnsafePointer<CChar>?] = []
            let texts = (settings.map { ($0.name, $0.value) } + [("dbname", url.reveal { $0 })])
                .map { (strdup($0.0), strdup($0.1)) }
            defer {
                for (name, value) in texts {
                    free(name)
                    free(value)
                }
            }
            for (name, value) in texts {
                names.append(UnsafePointer(name))
                values.append(UnsafePointer(value))
            }
            let connected = PQconnectdbParams(names + [nil], values + [nil], 1)
            guard let connected else { throw StoreError.unreachable("out of memory") }
            guard PQstatus(connected) == CONNECTION_OK else {
                // libpq's message names the host, not the password.
                let message = String(cString: PQerrorMessage(connected))
                PQfinish(connected)
                throw StoreError.unreachable(message)
            }
            handle = connected
            cpostgresql_silence(handle)
            guard PQenterPipelineMode(handle) == 1 else { throw StoreError.unreachable("no pipeline mode") }
        }

        deinit { PQfinish(handle) }

        /// Whether something was sent that no answer can be told from any more.
        private var isOutOfStep = false

        /// Whether the server can still be talked to.
        var isAlive: Bool { !isOutOfStep && PQstatus(handle) == CONNECTION_OK }

        /// Sends `commands` in one round trip; returns the result of each. When one fails, those after it are not run.
        func perform(_ commands: [Command]) throws -> [PostgreSQLResult] {
            try readRest()
            if isDirect == nil { try findOutWhetherDirect() }
            let expected = try sendAll(commands)
            return try receive(expected)
        }

        /// Sends a query and calls `body` with each row as it comes. When `body` throws, the rest of the rows is cancelled.
        func stream(
            _ statement: PostgreSQLStatement, _ parameters: [SQLValue], _ body: (PostgreSQLRow) throws -> Void
        ) throws {
            try readRest()
            let answers = try sendAll([Command(statement: statement, parameters: parameters)])
            // The preparation, if any, before the rows.
            for case .preparation(let name) in answers {
                let result = PostgreSQLResult(try nextResult())
                while let more = PQgetResult(handle) { PQclear(more) }
                if result.failure(isConnected: isAlive) == nil { prepared.insert(name) }
            }
            PQsetSingleRowMode(handle)
            var failure: (any Error)?
            while let pointer = PQgetResult(handle) {
                let result = PostgreSQLResult(pointer)
                if failure != nil { continue }
                do {
                    if let refused = result.failure(isConnected: isAlive) { throw refused }
                    for row in result.rows { try body(row) }
                } catch {
                    failure = error
                    cancel()
                }
            }
            if isAlive { try readSync() }
            if let failure { throw failure }
        }

        /// Asks the server to stop what it does.
        private func cancel() {
            guard let request = PQgetCancel(handle) else { return }
            defer { PQfreeCancel(request) }
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(request, &message, Int32(clamping: message.count))
        }

        /// Sends commands in one round trip whose outcome nobody waits for.
        func performLater(_ commands: [Command]) throws {
            try readRest()
            unread.append(try sendAll(commands))
        }

        // MARK: Sending

        /// Sends commands as one batch. When one can't be sent, those before it must not be answered to the next batch.
        private func sendAll(_ commands: [Command]) throws -> [Answer] {
            do {
                let answers = try commands.flatMap(send)
                try sync()
                return answers
            } catch {
                isOutOfStep = true
                throw error
            }
        }

        /// What a result answers.
        private enum Answer {
            /// The preparation of a statement of that name.
            case preparation(String)
            case outcome
        }

        /// Returns the results that will come.
        private func send(_ command: Command) throws -> [Answer] {
            let statement = command.statement
            return try BoundParameters.with(command.parameters, count: statement.parameterCount) { bound in
                guard isDirect == true else {
                    let sent = PQsendQueryParams(
                        handle, statement.text, bound.count, nil, bound.values, bound.lengths, bound.formats, 1)
                    guard sent == 1 else { throw lost() }
                    return [.outcome]
                }
                let isNew = !prepared.contains(statement.name)
                if isNew {
                    guard PQsendPrepare(handle, statement.name, statement.text, bound.count, nil) == 1 else {
                        throw lost()
                    }
                }
                let sent = PQsendQueryPrepared(
                    handle, statement.name, bound.count, bound.values, bound.lengths, bound.formats, 1)
                guard sent == 1 else { throw lost() }
                return isNew ? [.preparation(statement.name), .outcome] : [.outcome]
            }
        }

        private func sync() throws {
            guard PQpipelineSync(handle) == 1 else { throw lost() }
        }

        /// Behind a pooler the process that answers is not the one that greeted.
        private func findOutWhetherDirect() throws {
            isDirect = false
            let statement = PostgreSQLStatement("SELECT pg_catalog.pg_backend_pid()")
            let sent = try send(Command(statement: statement))
            try sync()
            isDirect = try receive(sent).last?.rows.first?.integer(0) == Int(PQbackendPID(handle))
        }

        // MARK: Receiving

        private func receive(_ expected: [Answer]) throws -> [PostgreSQLResult] {
            var failure: StoreError?
            var outcomes: [PostgreSQLResult] = []
            for answer in expected {
                let result = PostgreSQLResult(try nextResult())
                if failure == nil { failure = result.failure(isConnected: isAlive) }
                switch answer {
                // What has been prepared stays so, even when what came after it fails.
                case .preparation(let name): if failure == nil { prepared.insert(name) }
                case .outcome: outcomes.append(result)
                }
                // The end of one command's results.
                while let more = PQgetResult(handle) { PQclear(more) }
            }
            if let failure {
                if isAlive { try readSync() }
                throw failure
            }
            try readSync()
            return outcomes
        }

        private func nextResult() throws -> OpaquePointer {
            guard let result = PQgetResult(handle) else { throw lost() }
            return result
        }

        private func readSync() throws {
            let result = try nextResult()
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_PIPELINE_SYNC else { throw lost() }
        }

        /// Reads the answers that nobody has waited for.
        private func readRest() throws {
            while !unread.isEmpty {
                do {
                    _ = try receive(unread.removeFirst())
                } catch {
                    // What came out of it is nobody's business; that the connection is lost is.
                    guard isAlive else { throw error }
                }
            }
        }

        private func lost() -> StoreError {
            isOutOfStep = true
            return .unreachable(String(cString: PQerrorMessage(handle)))
        }
    }
#endif
