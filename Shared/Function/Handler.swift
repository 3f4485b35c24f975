import Auth
import Base
import HTTP

/// What answers one method of an endpoint: who may call it, what it takes, and what it does.
public struct Handler: Sendable {
    /// What it demands of its callers; nil when anyone may call it.
    public let access: AccessRequirement?
    /// Which plans have it.
    public let plan: PlanRequirement
    /// What it takes, beside the workspaceId.
    public let fields: [FieldDescription]

    enum Action: Sendable {
        case notAllowed
        case anyone(@Sendable (PublicContext) throws -> Response)
        case signed(@Sendable (Request, Environment, Timestamp) throws -> (SignedContext) throws -> Response)
        case checked(AccessRequirement, @Sendable (Context, Inputs) throws -> Response)
    }

    let action: Action

    /// A handler for callers who have `access`. Its fields are checked before `handle` is called with their values.
    public init<each Input>(
        _ access: AccessRequirement, plan: PlanRequirement = .current, _ field: repeat Field<each Input>,
        handle: @escaping @Sendable (Context, repeat each Input) throws -> Response
    ) {
        self.access = access
        self.plan = plan
        var fields: [FieldDescription] = []
        for field in repeat each field { fields.append(field.description) }
        self.fields = fields
        action = .checked(access) { context, inputs in
            try handle(context, repeat try (each field).read(try inputs.value((each field).description.name)))
        }
    }

    /// A handler for anyone.
    public static func anyone(_ handle: @escaping @Sendable (PublicContext) throws -> Response) -> Handler {
        Handler(.anyone(handle))
    }

    /// A handler for messages that prove by themselves who sent them, such as a provider's webhooks. Only what `verify`
    /// returns gets to `handle`, and with it the data: `verify` throws when the signature does not hold.
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

    /// The method is not one of the endpoint's.
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
