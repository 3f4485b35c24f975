import Auth
import Base
import Glibc
import HTTP
import Store

/// What a function's process keeps from one request to the next: its log, its
/// database, opened when first used, and the keys that it knows.
final class FunctionProcess {
    let log: Log
    let knownKeys = KnownKeys()
    private let environment: Environment
    private var opened: (any Database)?
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

    /// Whether a database has been set up for this process at all.
    func hasDatabase() throws -> Bool { try environment["DATABASE_URL"] != nil || databaseURL().exists }

    private func databaseURL() throws(EnvironmentError) -> DatabaseURL {
        guard let url = DatabaseURL(environment["DATABASE_URL"] ?? DatabaseURL.local) else {
            throw EnvironmentError("DATABASE_URL names no engine of this build")
        }
        return url
    }

    /// Lets `body` work on another database, and has this process's own learn from that what its children will need.
    func rehearse(on database: any Database, _ body: () -> Void) {
        opened = database
        // Made before the forks, so that all children share it.
        _ = outageReports
        body()
        opened = nil
        knownKeys.forgetAll()
        if (try? hasDatabase()) == true { (try? self.database())?.settle(like: database) }
        database.close()
    }

    /// Says at most once a minute why nothing can be written, though each request may find out.
    func noteOutage(_ reason: String, _ log: Log) {
        guard outageReports.begin() else { return }
        log.write(.error, "the database can't be written, reads go on: \(reason)")
    }

    /// What `body` returns, or the response of what it throws.
    func answer(_ log: Log, _ body: () throws -> Response) -> Response {
        do { return try body() } catch { return refusal(of: error, log).response }
    }

    /// What the caller learns of an error: no more than a status and a safe sentence. The log learns the rest.
    func refusal(of error: any Error, _ log: Log) -> HTTPError {
        switch error {
        case let error as HTTPError: return error
        case StoreError.unwritable(let reason):
            noteOutage(reason, log)
            return .unwritable
        case StoreError.unreachable(let reason), StoreError.damaged(let reason):
            log.write(.error, "the database can't be reached: \(reason)")
            opened?.close()
            return .unavailable
        default:
            log.write(.error, "the request failed: \(error)")
            return .internal
        }
    }
}
