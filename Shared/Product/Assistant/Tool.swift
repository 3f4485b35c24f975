import Auth
import Base
import Operation
import Remediation

/// A tool that the model may call.
struct Tool: Sendable {
    /// The effect of a call, and when it takes place.
    enum Work: Sendable {
        /// Reads data at once.
        case reading(@Sendable (ToolCall) throws -> any JSONWritable)
        /// Changes data at once, but no one's access.
        case immediate(@Sendable (ToolCall) throws -> any JSONWritable)
        /// Returns a proposal, which is carried out only after the person has confirmed it.
        case confirmed(@Sendable (ToolCall) throws -> ProposedAction)
    }

    let name: String
    /// The description for the model.
    let description: String
    /// The permission that the person who chats must have.
    let permission: Permission
    /// The plans of workspaces whose members may use the tool.
    var plans: Set<Plan> = Set(Plan.allCases)
    let inputs: [ToolInput]
    let work: Work

    var needsConfirmation: Bool {
        if case .confirmed = work { true } else { false }
    }

    /// All tools: those that read, those that act at once, and those that need a confirmation.
    static let all = reading + immediate + confirmed

    /// Returns true if the person who chats may use the tool.
    func isAllowed(for workspace: Workspace) -> Bool {
        guard case .member(_, _, let role) = workspace.caller else { return false }
        return permission.roles.contains(role) && plans.contains(workspace.plan)
    }

    /// The declaration for the API.
    var declaration: JSON {
        let properties = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.schema) })
        return [
            "name": .string(name), "description": .string(description),
            "input_schema": [
                "type": "object", "properties": .object(properties),
                "required": .array(inputs.filter(\.isRequired).map { .string($0.name) }), "additionalProperties": false,
            ],
        ]
    }

    /// Returns a call whose input matches the declaration.
    /// - Throws: `AssistantError` if the input does not match.
    func call(
        _ input: [String: JSON], _ remediation: Remediation, _ operation: OperationContext
    ) throws(AssistantError) -> ToolCall {
        for name in input.keys.sorted() where !inputs.contains(where: { $0.name == name }) {
            throw .invalidInput("\(self.name) takes no such input.")
        }
        for declared in inputs { try declared.check(input[declared.name]) }
        return ToolCall(
            input: input, workspace: operation.workspace, remediation: remediation, operation: operation)
    }
}

/// An action that a person is asked to confirm.
struct ProposedAction: Equatable {
    let request: ActionRequest
    /// The name of the record that the action changes, for the person who confirms it.
    let label: String
}

/// An input of a tool. Its schema and its validation come from this declaration.
struct ToolInput: Sendable {
    enum Kind: Sendable {
        /// A line of at least one and at most this number of characters (Unicode scalars).
        case text(Int)
        case uuid
        case integer(ClosedRange<Int>)
        case boolean
        case oneOf([String])
    }

    let name: String
    let kind: Kind
    let isRequired: Bool
    let summary: String

    static func required(_ name: String, _ kind: Kind, _ summary: String) -> ToolInput {
        ToolInput(name: name, kind: kind, isRequired: true, summary: summary)
    }

    static func optional(_ name: String, _ kind: Kind, _ summary: String) -> ToolInput {
        ToolInput(name: name, kind: kind, isRequired: false, summary: summary)
    }

    /// The input's JSON Schema.
    var schema: JSON {
        var schema: [String: JSON] = ["description": .string(summary)]
        switch kind {
        case .text(let length): (schema["type"], schema["maxLength"]) = ("string", .integer(length))
        case .uuid: (schema["type"], schema["format"]) = ("string", "uuid")
        case .integer(let range):
            schema["type"] = "integer"
            (schema["minimum"], schema["maximum"]) = (.integer(range.lowerBound), .integer(range.upperBound))
        case .boolean: schema["type"] = "boolean"
        case .oneOf(let names): (schema["type"], schema["enum"]) = ("string", .array(names.map(JSON.string)))
        }
        return .object(schema)
    }

    func check(_ value: JSON?) throws(AssistantError) {
        guard let value, value != .null else {
            guard !isRequired else { throw .invalidInput("\(name) is required.") }
            return
        }
        let isValid: Bool =
            switch kind {
            case .text(let length):
                value.string.map { text in
                    (1...length).contains(text.unicodeScalars.count)
                        && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
                } ?? false
            case .uuid: value.string.flatMap { Identifier($0) } != nil
            case .integer(let range): value.integer.map(range.contains) ?? false
            case .boolean: value.bool != nil
            case .oneOf(let names): value.string.map(names.contains) ?? false
            }
        guard isValid else { throw .invalidInput("\(name) is not valid: \(summary)") }
    }
}

/// A call of a tool. Its input has been checked against the declaration.
struct ToolCall {
    let input: [String: JSON]
    /// The workspace, as far as the person who chats may see it.
    let workspace: Workspace
    let remediation: Remediation
    let operation: OperationContext

    var now: Timestamp { operation.now }

    /// Runs an operation that endpoints of the API run too.
    func run<Output>(_ operation: Operation<Output>, _ inputs: [String: JSON?] = [:]) throws -> Output {
        try operation.run(self.operation, inputs.compactMapValues { $0 })
    }

    func text(_ name: String) -> String? { input[name]?.string }
    func integer(_ name: String) -> Int? { input[name]?.integer }
    func boolean(_ name: String) -> Bool? { input[name]?.bool }
    func identifier(_ name: String) -> Identifier? { text(name).flatMap { Identifier($0) } }

    /// Returns the value of an input that the declaration requires. Throws if it is nil.
    func required<Value>(_ value: Value?) throws(AssistantError) -> Value {
        guard let value else { throw .invalidInput("An input is missing.") }
        return value
    }
}
