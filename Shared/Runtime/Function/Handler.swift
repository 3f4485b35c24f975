public import Auth
public import Base
public import HTTP
public import Operation

/// The handler of one method of an endpoint: who may call it, which fields it accepts, what it does, and what it
/// answers.
public struct Handler: Sendable {
    /// The name of the operation, such as `create_api_key`.
    public let name: String
    /// A sentence that says what the operation does.
    public let summary: String
    /// The credentials that a caller must have. Nil if no session token or API key is required.
    public let access: AccessRequirement?
    /// The plans with which a workspace may use the handler.
    public let plan: PlanRequirement
    /// The fields that the handler accepts, in addition to workspaceId.
    public let fields: [FieldDescription]

    /// The answer if nothing fails.
    let answer: @Sendable () -> Answer
    /// The errors of its own, in addition to those that every operation has.
    let errors: DeclaredErrors
    /// The header fields that it reads, in addition to those with credentials.
    let headers: @Sendable () -> [HeaderField]

    /// The form of the messages and of errors; nil unless the handler takes messages.
    private(set) var messageForms: (@Sendable () -> MessageForms)?

    enum Action: Sendable {
        case notAllowed
        case anyone(@Sendable (PublicContext) throws -> Response)
        case signed(@Sendable (Request, Environment, Timestamp) throws -> (SignedContext) throws -> Response)
        case checked(AccessRequirement, @Sendable (Context, Inputs) throws -> Response)
        case message(@Sendable (Request) -> IncomingMessage)
    }

    let action: Action

    /// Creates a handler for callers who have `access`. The fields are validated before `handle` is called with their
    /// values. The declarations of the answer, the errors and the header fields are made only for documentation:
    /// `errors` are examples of the errors that `handle` throws, at least one for each kind.
    public init<each Input>(
        _ name: String, _ access: AccessRequirement, plan: PlanRequirement = .current, _ summary: String,
        _ field: repeat Field<each Input>,
        headers: @autoclosure @escaping @Sendable () -> [HeaderField] = [],
        returns answer: @autoclosure @escaping @Sendable () -> Answer,
        errors: @autoclosure @escaping @Sendable () -> [any DomainError] = [],
        handle: @escaping @Sendable (Context, repeat each Input) throws -> Response
    ) {
        let fields = descriptions(repeat each field)
        self.init(
            name, access, plan: plan, summary, fields, headers: headers, returns: answer, errors: errors,
            .checked(access) { context, inputs in
                try inputs.check(fields)
                return try handle(context, repeat try (each field).value(in: inputs))
            })
    }

    /// Creates a handler that runs an operation, and answers with its output as JSON.
    public init<Output>(_ operation: Operation<Output>) {
        self.init(
            operation.name, operation.access, plan: .current, operation.summary, operation.fields, headers: { [] },
            returns: { .json(Output.self) }, errors: operation.errors,
            .checked(operation.access) { context, inputs in
                .json(try operation.run(context.operation, inputs))
            })
    }

    /// Creates a handler that anyone may call.
    public static func anyone(
        _ name: String, _ summary: String, returns answer: @autoclosure @escaping @Sendable () -> Answer,
        _ handle: @escaping @Sendable (PublicContext) throws -> Response
    ) -> Handler {
        Handler(
            name, nil, plan: .any, summary, [], headers: { [] }, returns: answer, errors: { [] }, .anyone(handle))
    }

    /// Creates a handler for messages whose signature proves who sent them, such as a provider's webhooks. `verify`
    /// checks the signature, and throws if it is not valid. `handle` gets the message that `verify` returned and access
    /// to all workspaces, but not the request.
    public static func signed<Message>(
        _ name: String, _ summary: String, headers: @autoclosure @escaping @Sendable () -> [HeaderField],
        returns answer: @autoclosure @escaping @Sendable () -> Answer,
        errors: @autoclosure @escaping @Sendable () -> [any DomainError],
        _ verify: @escaping @Sendable (Request, Environment, Timestamp) throws -> Message,
        handle: @escaping @Sendable (SignedContext, Message) throws -> Response
    ) -> Handler {
        Handler(
            name, nil, plan: .any, summary, [], headers: headers, returns: answer, errors: errors,
            .signed { request, environment, now in
                let message = try verify(request, environment, now)
                return { try handle($0, message) }
            })
    }

    /// Creates a handler for the messages of a protocol that has its own form of requests and errors, such as JSON-RPC.
    /// Callers have an API key; the message decides which scope. The pages of other origins may send none, unless
    /// CORS_ALLOWED_ORIGINS lists them. `forms` describes the messages and the errors, and `errors` are examples of errors.
    /// `read` reads the message of a request with a valid key, whose scope has not been checked yet.
    public static func messages(
        _ name: String, _ summary: String, headers: @autoclosure @escaping @Sendable () -> [HeaderField],
        forms: @autoclosure @escaping @Sendable () -> MessageForms,
        returns answer: @autoclosure @escaping @Sendable () -> Answer,
        errors: @autoclosure @escaping @Sendable () -> [any DomainError],
        _ read: @escaping @Sendable (Request) -> IncomingMessage
    ) -> Handler {
        var handler = Handler(
            name, .apiKey(.read), plan: .current, summary, [], headers: headers, returns: answer, errors: errors,
            .message(read))
        handler.messageForms = forms
        return handler
    }

    /// The handler of a method that the endpoint does not have.
    static let notAllowed = Handler(
        "", nil, plan: .any, "", [], headers: { [] }, returns: { .json() }, errors: { [] }, .notAllowed)

    private init(
        _ name: String, _ access: AccessRequirement?, plan: PlanRequirement, _ summary: String,
        _ fields: [FieldDescription], headers: @escaping @Sendable () -> [HeaderField],
        returns answer: @escaping @Sendable () -> Answer, errors: @escaping DeclaredErrors, _ action: Action
    ) {
        self.name = name
        self.access = access
        self.plan = plan
        self.summary = summary
        self.fields = fields
        self.headers = headers
        self.answer = answer
        self.errors = errors
        self.action = action
    }

    var isAllowed: Bool {
        if case .notAllowed = action { false } else { true }
    }
}
