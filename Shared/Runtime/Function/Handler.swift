public import Auth
public import Base
public import HTTP
public import Operation

/// The handler of one method of an endpoint: who may call it, which fields it accepts, and what it does.
public struct Handler: Sendable {
    /// The credentials that a caller must have. Nil if no session token or API key is required.
    public let access: AccessRequirement?
    /// The plans with which a workspace may use the handler.
    public let plan: PlanRequirement
    /// The fields that the handler accepts, in addition to workspaceId.
    public let fields: [FieldDescription]

    enum Action: Sendable {
        case notAllowed
        case anyone(@Sendable (PublicContext) throws -> Response)
        case signed(@Sendable (Request, Environment, Timestamp) throws -> (SignedContext) throws -> Response)
        case checked(AccessRequirement, @Sendable (Context, Inputs) throws -> Response)
    }

    let action: Action

    /// Creates a handler for callers who have `access`. The fields are validated before `handle` is called with their
    /// values.
    public init<each Input>(
        _ access: AccessRequirement, plan: PlanRequirement = .current, _ field: repeat Field<each Input>,
        handle: @escaping @Sendable (Context, repeat each Input) throws -> Response
    ) {
        self.access = access
        self.plan = plan
        fields = descriptions(repeat each field)
        action = .checked(access) { context, inputs in
            try handle(context, repeat try (each field).value(in: inputs))
        }
    }

    /// Creates a handler that runs an operation, and answers with its output as JSON.
    public init(_ operation: Operation<some JSONWritable>) {
        access = operation.access
        plan = .current
        fields = operation.fields
        action = .checked(operation.access) { context, inputs in
            .json(try operation.run(context.operation, inputs))
        }
    }

    /// Creates a handler that anyone may call.
    public static func anyone(_ handle: @escaping @Sendable (PublicContext) throws -> Response) -> Handler {
        Handler(.anyone(handle))
    }

    /// Creates a handler for messages whose signature proves who sent them, such as a provider's webhooks. `verify`
    /// checks the signature, and throws if it is not valid. `handle` gets the message that `verify` returned and access
    /// to all workspaces, but not the request.
    public static func signed<Message>(
        _ verify: @escaping @Sendable (Request, Environment, Timestamp) throws -> Message,
        handle: @escaping @Sendable (SignedContext, Message) throws -> Response
    ) -> Handler {
        Handler(
            .signed { request, environment, now in
                let message = try verify(request, environment, now)
                return { try handle($0, message) }
            })
    }

    /// The handler of a method that the endpoint does not have.
    static let notAllowed = Handler(.notAllowed)

    private init(_ action: Action) {
        access = nil
        plan = .any
        fields = []
        self.action = action
    }

    var isAllowed: Bool {
        if case .notAllowed = action { false } else { true }
    }
}
