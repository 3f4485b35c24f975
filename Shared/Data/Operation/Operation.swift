public import Auth
public import Base

/// One operation of the product: its name, its access, its inputs, its output, its errors and its work, declared once.
/// The schema of the output is that of `Output`.
///
/// The endpoints below /api/mcp and the assistant's tools use the same declaration. They check the caller's access;
/// `run` checks the inputs.
public struct Operation<Output: Described>: Sendable {
    /// The name, such as `snooze_finding`.
    public let name: String
    /// A sentence that says what the operation does.
    public let summary: String
    /// The permission or scope that callers need.
    public let access: AccessRequirement
    /// The inputs, in addition to the workspace.
    public let fields: [FieldDescription]

    /// The errors of its own, in addition to those that every operation has, such as malformed inputs.
    public let errors: DeclaredErrors

    private let validate: @Sendable (any FieldInputs) throws(InputError) -> Void
    private let work: @Sendable (OperationContext, any FieldInputs) throws -> Output

    /// Declares an operation. The fields are read, in their order, before `work` is called with their values. `errors`
    /// are examples of the errors that `work` throws: at least one for each kind.
    public init<each Input>(
        _ name: String, _ access: AccessRequirement, _ summary: String,
        _ field: repeat Field<each Input>,
        errors: @autoclosure @escaping @Sendable () -> [any DomainError] = [],
        work: @escaping @Sendable (OperationContext, repeat each Input) throws -> Output
    ) {
        self.name = name
        self.access = access
        self.summary = summary
        fields = descriptions(repeat each field)
        self.errors = errors
        let fields = fields
        validate = { inputs throws(InputError) in
            try inputs.check(fields)
            _ = (repeat try (each field).value(in: inputs))
        }
        self.work = { context, inputs in
            try inputs.check(fields)
            return try work(context, repeat try (each field).value(in: inputs))
        }
    }

    /// Checks the inputs as `run` does, without running the operation.
    ///
    /// - Throws: `InputError` if an input is missing, malformed or unknown.
    public func check(_ inputs: any FieldInputs) throws(InputError) { try validate(inputs) }

    /// Runs the operation for a caller whose access has been checked.
    ///
    /// - Throws: `InputError` if an input is missing, malformed or unknown, and the errors of `work`.
    public func run(_ context: OperationContext, _ inputs: any FieldInputs) throws -> Output {
        try work(context, inputs)
    }
}

/// The errors that a declaration names. They are made only for documentation, because requests don't need them.
public typealias DeclaredErrors = @Sendable () -> [any DomainError]

/// Returns the descriptions of fields, in their order.
public func descriptions<each Input>(_ field: repeat Field<each Input>) -> [FieldDescription] {
    var descriptions: [FieldDescription] = []
    for field in repeat each field { descriptions.append(field.description) }
    return descriptions
}

/// The surroundings of an operation: the workspace, the environment, the time and the log.
public struct OperationContext {
    /// Access to the workspace's data on behalf of the caller.
    public let workspace: Workspace
    /// The function's environment variables, with the id of the request.
    public let env: Environment
    /// The time of the request, at which its access was checked.
    public let now: Timestamp
    /// The log, for messages to the operators of the product.
    public let log: Log

    private let addWork: (@escaping () throws -> Void) -> Void

    /// Creates a context. `waitUntil` receives the work that is to run after the response.
    public init(
        _ workspace: Workspace, _ env: Environment, now: Timestamp, _ log: Log,
        waitUntil: @escaping (@escaping () throws -> Void) -> Void
    ) {
        self.workspace = workspace
        self.env = env
        self.now = now
        self.log = log
        addWork = waitUntil
    }

    /// Asks the caller of the operation to run `work` after the response. An endpoint does, unless sending fails; the
    /// AI chat does not. Work that must not be lost needs a row in the store, such as a job, before this call; then
    /// this call only starts it early.
    public func waitUntil(_ work: @escaping () throws -> Void) { addWork(work) }
}
