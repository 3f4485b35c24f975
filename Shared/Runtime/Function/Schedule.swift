@_spi(System) import Auth
public import Base
public import HTTP
public import Invocation
import Store

/// The steps from a cron trigger's event to a scheduled function's work.
public final class Schedule: Service {
    private let run: (ScheduledContext) throws -> ScheduledResult
    private let environment: Environment
    private let process: FunctionProcess

    /// Creates the steps that run `function` for scheduled events.
    public init(_ function: (some ScheduledFunction).Type, _ environment: Environment) {
        run = { try function.onScheduled($0) }
        self.environment = environment
        process = FunctionProcess(environment)
    }

    public var maximumBodyLength: Int { 0 }

    public var isScheduled: Bool { true }

    /// Answers 404: a scheduled function has no route.
    public func respond(to request: Request) -> Response {
        HTTPError.notFound("This function is run by its schedule, not by requests.").response.completed(
            requestID: RequestID.of(request))
    }

    public func respond(to event: ScheduledEvent) -> Response {
        let requestID = Identifier.random().description
        let log = process.log.with("request_id", requestID)
        return process.answer(log) {
            // A build that can't serve the database's schema must not do scheduled work on it.
            if let problem = try process.database().schemaState().problem {
                log.write(.error, "nothing was done: the database \(problem)")
                throw HTTPError.unavailable
            }
            let result = try run(
                ScheduledContext(
                    time: event.time, env: environment.of(request: requestID),
                    access: SystemAccess(try process.database()), log: log, deadline: event.deadline))
            return .json { json in
                json.field("status", "completed")
                if result == .more { json.field("more", true) }
            }
        }.completed(requestID: requestID)
    }

    public func warmUp() {}
}
