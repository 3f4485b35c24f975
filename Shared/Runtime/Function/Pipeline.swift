@_spi(System) import Auth
public import Base
public import HTTP
public import Invocation
import Operation
import Store

/// The steps that take each request to its endpoint's handler and the response back: authentication, authorization,
/// validation, rate limit, error handling and response headers.
public final class Pipeline: Service {
    let handlers: [(method: Method, handler: Handler)]
    private let environment: Environment
    private let now: () -> Timestamp
    private let process: FunctionProcess
    private lazy var trustedProxies = Result { try TrustedProxies(environment) }
    private lazy var origins = Result { try AllowedOrigins(environment) }
    public let maximumBodyLength: Int
    private let warmUpInputs: (Workspace) throws -> WarmUpInputs

    /// Creates the pipeline of a function. `now` returns the current time.
    public init(
        _ function: (some Function).Type, _ environment: Environment, now: @escaping () -> Timestamp = { .now }
    ) {
        let all: [(Method, Handler)] = [
            (.get, function.onRequestGet), (.post, function.onRequestPost), (.delete, function.onRequestDelete),
        ]
        handlers = all.filter { $0.1.isAllowed }.map { (method: $0.0, handler: $0.1) }
        maximumBodyLength = function.maximumBodyLength
        warmUpInputs = { try function.warmUpInputs($0) }
        self.environment = environment
        self.now = now
        process = FunctionProcess(environment)
    }

    public func respond(to request: Request) -> Response {
        let requestID = RequestID.of(request)
        let log = process.log.with("request_id", requestID)
        let background = BackgroundWork()
        let environment = environment.of(request: requestID)
        var response = process.answer(log) { try answer(request, environment, log, background) }
        response.background = background.work
        // If the variable is malformed, the request has been answered with 500.
        let fields = (try? origins.get())?.fields(for: request.headers["Origin"]) ?? []
        if case .stream(let body) = response.body {
            response.body = .stream { [self] send in try stream(body, to: send, refusalFields: fields, log) }
        }
        for field in fields { response.headers.add(field.name, field.value) }
        response = response.completed(requestID: requestID)
        if request.method == .head { response.body = .bytes([]) }
        return response
    }

    /// Sends a streamed body in parts. If the body fails before its first part, this throws the `HTTPError` to answer
    /// with instead, with `refusalFields` among its header fields. If the body fails later, this logs its error and
    /// throws it: the status may have been sent, so the response is cut off. If sending a part fails, nothing is logged.
    private func stream(
        _ body: @escaping (Response.Sink) throws -> Void, to send: Response.Sink,
        refusalFields: [(name: String, value: String)], _ log: Log
    ) throws {
        var hasBegun = false
        var peerHasGone = false
        do {
            try body { part in
                hasBegun = true
                do {
                    try send(part)
                } catch {
                    peerHasGone = true
                    throw error
                }
            }
        } catch {
            guard hasBegun else {
                var refusal = process.refusal(of: error, log)
                for field in refusalFields { refusal.headers.add(field.name, field.value) }
                throw refusal
            }
            if !peerHasGone { log.write(.error, "the response was cut off: \(error)") }
            throw error
        }
    }

    /// Answers 404: an endpoint has no schedule.
    public func respond(to event: ScheduledEvent) -> Response {
        HTTPError.notFound("This endpoint has no schedule; send it a request.").response.completed(
            requestID: Identifier.random().description)
    }

    public func warmUp() { _ = rehearse() }

    /// Answers one request for each method that the function has, without sending the responses. Returns their
    /// statuses: none if the database for it can't be created.
    func rehearse() -> [Int] {
        guard let warmUp = try? WarmUp(inputs: warmUpInputs) else { return [] }
        var statuses: [Int] = []
        process.rehearse(on: warmUp.database) {
            statuses = handlers.map { respond(to: warmUp.request($0.method)).status }
        }
        return statuses
    }

    /// Checks and answers a request. The order of the checks is part of the interface, because it decides which error a
    /// caller sees first.
    private func answer(
        _ request: Request, _ environment: Environment, _ log: Log, _ background: BackgroundWork
    ) throws -> Response {
        let origins = try origins.get()
        let method = request.method == .head ? .get : request.method
        guard let handler = handlers.first(where: { $0.method == method })?.handler else {
            if let preflight = origins.preflight(request, methods: allowedMethods) { return preflight }
            throw HTTPError.methodNotAllowed(request.method.rawValue, allowed: allowedMethods)
        }
        guard case .bytes = request.body else {
            throw HTTPError(413, "The body is longer than \(maximumBodyLength) bytes.")
        }
        switch handler.action {
        case .notAllowed: throw HTTPError.internal
        case .anyone(let handle):
            return try handle(
                PublicContext(
                    request: request, env: environment, log: log, process: process, background: background))
        case .signed(let verify):
            let now = now()
            let handle = try verify(request, environment, now)
            return try handle(
                SignedContext(env: environment, access: SystemAccess(try process.database()), now: now, log: log))
        case .checked(let requirement, let handle):
            return try answer(
                request, of: handler, for: requirement, demanded: { requirement }, environment, log, background,
                inputs: { hasKey throws(InputError) in try Inputs(request, hasKey: hasKey) }, refuse: { $0.response },
                handle: handle)
        case .message(let read):
            // A browser states the page's origin. Without this check, a page could reach a server that only its user's
            // machine reaches, through a name that leads there (DNS rebinding).
            if let origin = request.headers["Origin"], !origins.contains(origin) {
                throw HTTPError.forbidden("Pages of this origin may not send messages.")
            }
            // A message may take long to read, so it is not read for callers without a valid key.
            var known: IncomingMessage?
            let message = {
                let message = known ?? read(request)
                known = message
                return message
            }
            let refuse = { (error: HTTPError) in
                known == nil && [401, 429].contains(error.status) ? error.response : message().refuse(error)
            }
            return process.answer(log, refuse: refuse) {
                try answer(
                    request, of: handler, for: .apiKey(.read), demanded: { .apiKey(message().scope) }, environment, log,
                    background,
                    inputs: { _ throws(InputError) in
                        _ = message()
                        return try Inputs(queryOf: request)
                    }, refuse: { message().fail($0) }, handle: { context, _ in try message().handle(context) })
            }
        }
    }

    /// Answers a request that needs credentials. `requirement` says which kinds are accepted; `demanded` returns all that
    /// is demanded of the caller, after the credentials and `inputs` have been checked. `refuse` makes the response to an
    /// error of `handle`.
    private func answer(
        _ request: Request, of handler: Handler, for requirement: AccessRequirement,
        demanded: () -> AccessRequirement, _ environment: Environment, _ log: Log, _ background: BackgroundWork,
        inputs: (_ hasKey: Bool) throws(InputError) -> Inputs,
        refuse: (HTTPError) -> Response, handle: (Context, Inputs) throws -> Response
    ) throws -> Response {
        try process.keyCache.withFreshKey {
            let now = now()
            let (access, inputs) = try access(
                request, for: requirement, demanded: demanded, plan: handler.plan, handler.fields, environment, log,
                now: now, inputs: inputs)
            let log = log.with("workspace_id", access.workspace.id.description)
            var response = process.answer(log, refuse: refuse) {
                try handle(
                    Context(
                        request: request, env: environment, workspace: access.workspace, caller: access.caller,
                        scope: access.scope, now: now, log: log, background: background), inputs)
            }
            // The count of a request that only reads may be known only now, after the read. If the limit is
            // exceeded, this throws, and the data is not sent.
            let rateLimit = try access.rateLimitCheck?.rateLimit()
            if let obstacle = access.rateLimitCheck?.obstacle { process.noteOutage(obstacle, log) }
            for field in rateLimit?.headers.fields ?? [] { response.headers.add(field.name, field.value) }
            return response
        }
    }

    private func access(
        _ request: Request, for requirement: AccessRequirement, demanded: () -> AccessRequirement,
        plan: PlanRequirement, _ fields: [FieldDescription], _ environment: Environment, _ log: Log, now: Timestamp,
        inputs: (_ hasKey: Bool) throws(InputError) -> Inputs
    ) throws -> (Access, Inputs) {
        let database = try process.database()
        let address = try trustedProxies.get().client(of: request)
        let authenticated = try authenticate(
            request, for: requirement, environment, database, known: process.keyCache, address: address, log, now: now)
        do {
            // With a session, the request must name the workspace. With an API key, which belongs to one workspace, a
            // request without other inputs needs no body.
            let hasKey = if case .key = authenticated { true } else { false }
            let inputs = try inputs(hasKey)
            let workspaceID = try workspaceID(inputs, hasKey: hasKey, fields)
            let access = try verifyPermission(
                authenticated, for: demanded(), plan: plan, workspaceID: workspaceID,
                address: address, environment, database, now: now)
            return (access, inputs)
        } catch {
            try authenticated.confirm()
            throw error
        }
    }

    /// Returns the workspace that a request names; nil if it has an API key and names none.
    ///
    /// - Throws: 400 if a session's request names none; the error lists all missing inputs, so that a caller need not
    ///   find them one after the other.
    private func workspaceID(
        _ inputs: Inputs, hasKey: Bool, _ fields: [FieldDescription]
    ) throws(InputError) -> Identifier? {
        let field = Field.optional("workspaceId", .uuid, "")
        let named = try field.value(in: inputs)
        guard hasKey else {
            if named == nil { try inputs.check([Field.required("workspaceId", .uuid, "").description] + fields) }
            return named
        }
        // With an API key, workspaceId may also be given in the query, whatever the method.
        guard case .body(_, let query, _) = inputs, let inQuery = try field.value(in: Inputs.query(query)) else {
            return named
        }
        guard named == nil || named == inQuery else {
            throw .unreadable("workspaceId in the query differs from the one in the body.")
        }
        return inQuery
    }

    private var allowedMethods: String {
        handlers.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] }.joined(separator: ", ")
    }
}
