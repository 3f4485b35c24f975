#if PostgreSQL
    import Base
    import CCrypto
    import CPostgreSQL
    import CSystem
    import Glibc

    /// A connection made with libpq, which is always in pipeline mode: several statements can be sent in one round
    /// trip, and answers that are not needed at once can be read later.
    ///
    /// If the server is reached directly, statements are prepared under a name. Behind a pooler that gives each
    /// transaction another server connection (PgBouncer, Supavisor) a prepared statement would not be found again, so
    /// none is prepared.
    final class PostgreSQLConnection {
        /// A statement with its parameters.
        struct Command: Sendable {
            let statement: PostgreSQLStatement
            var parameters: [SQLValue] = []
        }

        private let handle: OpaquePointer
        private var prepared: Set<String> = []
        /// True if the process that answers is the one that was connected to, so there is no pooler in between. Nil if
        /// this is not known yet.
        private var isDirect: Bool?
        /// The expected answers of the batches that were sent by `performLater` and whose answers have not been read
        /// yet.
        private var unread: [[Answer]] = []

        /// Connects to the server. Throws `StoreError.unreachable` if that fails.
        init(_ url: Secret) throws {
            try url.reveal { try PostgreSQLSettings.check($0) }
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
                // The message names the host, the port, the user and the database. The password is in none of them.
                let message = Self.message(connected)
                PQfinish(connected)
                throw StoreError.unreachable(message)
            }
            handle = connected
            cpostgresql_silence(handle)
            guard PQenterPipelineMode(handle) == 1 else { throw StoreError.unreachable("pipeline mode failed") }
        }

        deinit { PQfinish(handle) }

        /// True if responses can no longer be matched to requests. The connection must then be dropped.
        private var isOutOfStep = false

        /// True if the connection can still be used.
        var isAlive: Bool { !isOutOfStep && PQstatus(handle) == CONNECTION_OK }

        /// Sends `commands` in one round trip, and returns the result of each. If one fails, the server does not run
        /// those after it, and this throws its error.
        func perform(_ commands: [Command]) throws -> [PostgreSQLResult] {
            try readRest()
            if isDirect == nil { try findOutWhetherDirect() }
            let expected = try sendAll(commands)
            return try receive(expected)
        }

        /// Sends a query and calls `body` for each row as it arrives. If `body` throws, the query is cancelled.
        func stream(
            _ statement: PostgreSQLStatement, _ parameters: [SQLValue], _ body: (PostgreSQLRow) throws -> Void
        ) throws {
            try readRest()
            let answers = try sendAll([Command(statement: statement, parameters: parameters)])
            // Reads the answer to the preparation of the statement, if there was one, before the rows.
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

        /// Asks the server to cancel the running query.
        private func cancel() {
            guard let request = PQgetCancel(handle) else { return }
            defer { PQfreeCancel(request) }
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(request, &message, Int32(clamping: message.count))
        }

        /// Sends commands in one batch without waiting for their results.
        func performLater(_ commands: [Command]) throws {
            try readRest()
            unread.append(try sendAll(commands))
        }

        // MARK: Sending

        /// Sends commands as one batch. If one can't be sent, the answers to those before it would be taken for answers
        /// to the next batch, so the connection is marked as unusable.
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

        /// The kinds of answers that the server sends.
        private enum Answer {
            /// The answer to the preparation of the statement with this name.
            case preparation(String)
            case outcome
        }

        /// Sends one command, and returns the answers to expect.
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

        /// Finds out if there is a pooler: if so, the process id of the server process that runs a query differs from
        /// the one that was sent at the start of the connection.
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
                // A statement remains prepared even if a later command of the batch fails.
                case .preparation(let name): if failure == nil { prepared.insert(name) }
                case .outcome: outcomes.append(result)
                }
                // Reads up to the null result that ends the results of each command.
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

        /// Reads the answers to earlier batches that were not waited for.
        private func readRest() throws {
            while !unread.isEmpty {
                do {
                    _ = try receive(unread.removeFirst())
                } catch {
                    // The outcome of these commands is ignored, but a lost connection is reported.
                    guard isAlive else { throw error }
                }
            }
        }

        private func lost() -> StoreError {
            isOutOfStep = true
            return .unreachable(Self.message(handle))
        }

        /// Returns libpq's last message as one line.
        private static func message(_ handle: OpaquePointer) -> String {
            String(cString: PQerrorMessage(handle)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }
#endif
