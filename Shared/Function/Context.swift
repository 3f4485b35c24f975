import Auth
import Base
import HTTP
import Store

/// What a handler works with, once the caller has been checked.
public struct Context {
    /// The request.
    public let request: Request
    /// The variables that the function was given.
    public let env: Environment
    /// The workspace's data.
    public let workspace: Workspace
    /// Who calls.
    public let caller: Caller
    /// When the request was checked.
    public let now: Timestamp
    /// Where to log what people who run the product must know.
    public let log: Log
    let afterwards: Afterwards

    /// Runs `work` after the response has gone out, within the function's time limit. What must not be lost is a row in
    /// the store first; this only starts it early.
    public func waitUntil(_ work: @escaping () throws -> Void) { afterwards.add(work, log) }
}

/// What a handler works with that anyone may call: no workspace, no data.
public struct PublicContext {
    /// The request.
    public let request: Request
    /// The variables that the function was given.
    public let env: Environment
    /// Where to log what people who run the product must know.
    public let log: Log
    let process: FunctionProcess
    let afterwards: Afterwards

    /// Runs `work` after the response has gone out, within the function's time limit.
    public func waitUntil(_ work: @escaping () throws -> Void) { afterwards.add(work, log) }

    /// How the database is.
    public func databaseHealth() -> DatabaseHealth {
        do {
            guard try process.hasDatabase() else { return .degraded }
            let database = try process.database()
            guard try database.isCurrent() else { return .degraded }
            guard try database.canWrite() else {
                process.noteOutage("its disk is full, or it or its counters are read-only", log)
                return .degraded
            }
            return .ok
        } catch {
            log.write(.error, "the database can't be reached: \(error)")
            return .unreachable
        }
    }
}

/// What a handler of signed messages works with, once the signature holds.
public struct SignedContext {
    /// The variables that the function was given.
    public let env: Environment
    /// All workspaces: the sender is nobody's member.
    public let access: SystemAccess
    /// When the signature was checked.
    public let now: Timestamp
    /// Where to log what people who run the product must know.
    public let log: Log
}

/// What scheduled work works with.
public struct ScheduledContext {
    /// When the work was due.
    public let time: Timestamp
    /// The variables that the function was given.
    public let env: Environment
    /// All workspaces.
    public let access: SystemAccess
    /// Where to log what people who run the product must know.
    public let log: Log
}

/// How a database is.
public enum DatabaseHealth: String, Sendable {
    /// It answers, its schema is this build's, and it can be written.
    case ok
    /// It answers, but its schema is another, or it or its counters can't be written; or none has been set up yet.
    case degraded
    /// It does not answer.
    case unreachable
}

/// Work for after the response.
final class Afterwards {
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
