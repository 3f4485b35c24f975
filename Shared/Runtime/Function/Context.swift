public import Auth
public import Base
public import HTTP
import Operation
import Store

/// The context of a handler whose caller has been checked.
public struct Context {
    public let request: Request
    /// The environment variables that the function was started with.
    public let env: Environment
    /// Access to the workspace's data.
    public let workspace: Workspace
    public let caller: Caller
    /// The time at which the request was checked.
    public let now: Timestamp
    /// The log, for messages to the operators of the product.
    public let log: Log
    let background: BackgroundWork

    /// Runs `work` after the response has been sent, within the function's time limit. Work that must not be lost needs
    /// a row in the store, such as a job, before this call; then this call only starts it early.
    public func waitUntil(_ work: @escaping () throws -> Void) { background.add(work, log) }

    /// The context for an operation.
    var operation: OperationContext { OperationContext(workspace, env, now: now, log, waitUntil: waitUntil) }
}

/// The context of a handler that anyone may call. It has no access to any workspace.
public struct PublicContext {
    public let request: Request
    /// The environment variables that the function was started with.
    public let env: Environment
    /// The log, for messages to the operators of the product.
    public let log: Log
    let process: FunctionProcess
    let background: BackgroundWork

    /// Runs `work` after the response has been sent, within the function's time limit.
    public func waitUntil(_ work: @escaping () throws -> Void) { background.add(work, log) }

    /// Checks the state of the database.
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
    /// The time at which the signature was verified.
    public let now: Timestamp
    /// The log, for messages to the operators of the product.
    public let log: Log
}

/// The context of scheduled work.
public struct ScheduledContext {
    /// The time at which the work was due.
    public let time: Timestamp
    /// The environment variables that the function was started with.
    public let env: Environment
    /// Access to all workspaces.
    public let access: SystemAccess
    /// The log, for messages to the operators of the product.
    public let log: Log
    /// The time at which the platform ends the process. Nil if it names none.
    public let deadline: ContinuousClock.Instant?

    /// The seconds until the platform ends the process. Nil if it names no time.
    public var secondsLeft: Double? { deadline.map { ($0 - .now) / .seconds(1) } }
}

/// The state of a database.
public enum DatabaseHealth: Sendable {
    /// The database answers, this build can serve its schema, and it can be written.
    case ok
    /// The database answers and can be read, but it or its counters can't be written.
    case degraded
    /// The database answers, but this build can't serve its schema, or there is none.
    case unusable
    /// The database does not answer.
    case unreachable

    /// The state in the words of the interface.
    public var word: String {
        switch self {
        case .ok: "ok"
        case .degraded, .unusable: "degraded"
        case .unreachable: "unreachable"
        }
    }

    /// True if some requests can be answered.
    public var canServe: Bool { self == .ok || self == .degraded }
}

/// The work that is to run after a response. Errors that it throws go to the log.
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
