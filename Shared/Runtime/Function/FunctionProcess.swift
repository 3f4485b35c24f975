import Auth
import Base
import Glibc
import HTTP
import Store

/// The state that a function's process keeps from one request to the next: its log, its database, which the first use
/// opens, and its cache of API keys.
final class FunctionProcess {
    let log: Log
    let keyCache = APIKeyCache()
    private let environment: Environment
    private var opened: (any Database)?
    private var isRehearsing = false
    private lazy var outageReports = SharedInterval(seconds: 60)

    init(_ environment: Environment) {
        self.environment = environment
        let program = ProgramArguments.all.first?.split(separator: "/").last.map(String.init)
        log = Log([("function", environment["FUNCTION_NAME"] ?? program ?? "")])
    }

    func database() throws -> any Database {
        if let opened { return opened }
        let database = try databaseURL().database()
        opened = database
        return database
    }

    /// Returns true if DATABASE_URL is set or, if it is not, if the local runner's database exists.
    func hasDatabase() throws -> Bool { try environment["DATABASE_URL"] != nil || databaseURL().exists }

    private func databaseURL() throws(EnvironmentError) -> DatabaseURL {
        guard let url = DatabaseURL(environment["DATABASE_URL"] ?? DatabaseURL.local) else {
            throw EnvironmentError("DATABASE_URL names a database engine that this build does not include")
        }
        return url
    }

    /// Calls `body`, whose requests use `database` instead of the process's own database. Then prepares the process's
    /// own database, if it has one, for forks, with the statements that `body` ran. Forgets the API keys of `body`, and
    /// closes `database`.
    func rehearse(on database: any Database, _ body: () -> Void) {
        opened = database
        // Creates the shared memory of the interval now, before any fork, so that all children share it.
        _ = outageReports
        isRehearsing = true
        body()
        isRehearsing = false
        opened = nil
        keyCache.forgetAll()
        if (try? hasDatabase()) == true { (try? self.database())?.prewarm(like: database) }
        database.close()
    }

    /// Logs the reason why the database can't be written: at most once a minute, together with the processes forked
    /// from this one, because every request may notice it.
    func noteOutage(_ reason: String, _ log: Log) {
        guard outageReports.begin() else { return }
        log.write(.error, "the database can't be written, but reading still works: \(reason)")
    }

    /// Returns the response of `body`, or the response for the error that it throws, which `refuse` makes.
    func answer(
        _ log: Log, refuse: (HTTPError) -> Response = { $0.response }, _ body: () throws -> Response
    ) -> Response {
        do { return try body() } catch { return refuse(refusal(of: error, log)) }
    }

    /// Logs the code of an error. Errors of the kinds `unauthenticated` and `limited` are not logged, so that a flood
    /// of such requests can't fill the log. Errors of the warm-up are not logged either.
    private func note(_ error: any DomainError, _ log: Log) {
        switch error.kind {
        case .unauthenticated, .limited: break
        case _ where isRehearsing: break
        case .internal, .unavailable:
            log.write(.error, "the request failed: \(error.sentence)", [("code", .string(error.code))])
        default: log.write(.info, "the request was refused", [("code", .string(error.code))])
        }
    }

    /// Returns the error that the caller sees: a status and a sentence that is safe to show. Logs the cause, except
    /// that of an `HTTPError` and of errors that `note` leaves out. If the database can't be reached or is damaged,
    /// closes the connection.
    func refusal(of error: any Error, _ log: Log) -> HTTPError {
        switch error {
        case let error as HTTPError: return error
        case let error as any DomainError:
            note(error, log)
            return HTTPError(error)
        case StoreError.unwritable(let reason):
            noteOutage(reason, log)
            return .unwritable
        case StoreError.unreachable(let reason), StoreError.damaged(let reason):
            log.write(.error, "the database can't be reached: \(reason)")
            opened?.close()
            return .unavailable
        case is StoreError:
            // A statement that fails may mean that the schema is too old or too new.
            guard let problem = schemaProblem else { fallthrough }
            log.write(.error, "nothing can be served: the database \(problem) (\(error))")
            return .unavailable
        default:
            log.write(.error, "the request failed: \(error)")
            return .internal
        }
    }

    /// The reason why this build can't serve the database's schema. Nil if it can, or if this is unknown.
    private var schemaProblem: String? {
        guard !isRehearsing, let opened, let state = try? opened.schemaState() else { return nil }
        return state.problem
    }
}
