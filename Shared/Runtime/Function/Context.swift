public import Auth
public import Base
public import HTTP
public import Operation
import Store

/// The context of a handler that requires credentials. The caller's credentials and permission have been checked.
public struct Context {
    public let request: Request
    /// The environment variables that the function was started with.
    public let env: Environment
    /// Access to the workspace's data.
    public let workspace: Workspace
    public let caller: Caller
    /// The scope of the caller's API key. Nil for members.
    public let scope: Scope?
    /// The time at which the checks of the request began.
    public let now: Timestamp
    /// The log, for messages to the operators of the product.
    public let log: Log
    let background: BackgroundWork

    /// Runs `work` after the response has been sent, unless sending fails. The function's time limit includes this
    /// work. Work that must not be lost needs a row in the store, such as a job, before this call; then this call only
    /// starts it early.
    public func waitUntil(_ work: @escaping () throws -> Void) { background.add(work, log) }

    /// The same context in the type that operations take.
    public var operation: OperationContext { OperationContext(workspace, env, now: now, log, waitUntil: waitUntil) }
}

/// The context of a handler that anyone may call. It gives the handler no access to any workspace.
public struct PublicContext {
    public let request: Request
    /// The environment variables that the function was started with.
    public let env: Environment
    /// The log, for messages to the operators of the product.
    public let log: Log
    let process: FunctionProcess
    let background: BackgroundWork

    /// Runs `work` after the response has been sent, unless sending fails. The function's time limit includes this
    /// work.
    public func waitUntil(_ work: @escaping () throws -> Void) { background.add(work, log) }

    /// Returns the state of the database, as far as this can be known without writing.
    public func databaseHealth() -> DatabaseHealth {
        do {
            guard try process.hasDatabase() else { return .unusable }
            let database = try process.database()
            if let problem = try database.schemaState().problem {
                log.write(.error, "nothing can be served: the database \(problem)")
                return .unusable
            }
            guard try database.canWrite() else {
                process.noteOutage("its disk is full, or it or its counters are read-only", log)
                return .degraded
            }
            return .ok
        } catch {
            log.write(.error, "the health check failed: \(error)")
            return .unreachable
        }
    }
}

/// The context of a handler of signed messages whose signature has been verified.
public struct SignedContext {
    /// The environment variables that the function was started with.
    public let env: Environment
    /// Access to all workspaces, because the sender is not a member of one.
    public let access: SystemAccess
    /// The time for which the signature was verified: shortly before the handler was called.
    public let now: Timestamp
    /// The log, for messages to the operators of the product.
    public let log: Log
}

/// The context of scheduled work.
public struct ScheduledContext {
    /// The time at which the work was due, as the event states it. If the event states none, the time at which it
    /// arrived.
    public let time: Timestamp
    /// The environment variables that the function was started with.
    public let env: Environment
    /// Access to all workspaces.
    public let access: SystemAccess
    /// The log, for messages to the operators of the product.
    public let log: Log
    /// The time at which the platform ends this run. Nil if the platform does not state one.
    public let deadline: ContinuousClock.Instant?

    /// The seconds until `deadline`. Nil if there is no deadline.
    public var secondsLeft: Double? { deadline.map { ($0 - .now) / .seconds(1) } }
}

/// The state of a database.
public enum DatabaseHealth: Sendable {
    /// The database answers, this build can serve its schema, and no obstacle to writing is known.
    case ok
    /// The database answers and can be read, but it or its counters can't be written.
    case degraded
    /// This build can't serve the database's schema, or no database has been set up.
    case unusable
    /// The check failed, normally because the database does not answer.
    case unreachable

    /// The state's name in the response of GET /api/health: `ok`, `degraded` or `unreachable`.
    public var word: String {
        switch self {
        case .ok: "ok"
        case .degraded, .unusable: "degraded"
        case .unreachable: "unreachable"
        }
    }

    /// True if at least requests that only read can be answered.
    public var canServe: Bool { self == .ok || self == .degraded }
}

/// The work that is to run after one response. Errors of the work go to the log.
final class BackgroundWork {
    private(set) var work: [() -> Void] = []

    func add(_ work: @escaping () throws -> Void, _ log: Log) {
        self.work.append {
            do {
                try work()
            } catch {
                log.write(.error, "work after the response failed: \(error)")
            }
        }
    }
}
