import Auth
import Base
import Operation
import Remediation

/// The work on a person's message until the model's answer. The tools that the model calls run on the server, in a
/// bounded loop.
struct Turn {
    /// The largest number of requests to the model for one message. In the last one, the model may not call tools, so
    /// it must answer with text.
    private static let maximumRounds = 8
    /// The largest number of changes that one message may cause, including proposed and failed ones. It limits the
    /// damage if a text misleads the model.
    private static let maximumChanges = 10

    let workspace: Workspace
    let remediation: Remediation
    let now: Timestamp
    /// The tools that this person may use.
    let tools: [Tool]

    /// The messages of this turn, in the form in which the conversation stores them.
    private(set) var messages: [Message] = []
    /// The calls of tools that have run without an error, except those that wait for confirmation.
    private(set) var done: [ChatAnswer.ToolUse] = []
    /// The calls that wait for confirmation, with the actions that they propose.
    private(set) var proposed: [(use: ModelAnswer.ToolUse, action: ProposedAction)] = []
    private(set) var tokens = 0
    private(set) var changes = 0

    private let operation: OperationContext

    init(_ operation: OperationContext, _ remediation: Remediation) {
        self.operation = operation
        self.remediation = remediation
        workspace = operation.workspace
        now = operation.now
        tools = Tool.all.filter { $0.isAllowed(for: operation.workspace) }
    }

    /// Asks the model until there is an answer, or an action to confirm. Returns the model's last message.
    mutating func run(
        _ message: String, _ attachment: Attachment?, after history: [Message], with client: AnthropicClient, role: Role
    ) throws -> ModelAnswer {
        let words = Message.text(message)
        messages = [Message(role: .user, content: [words] + (attachment.map { [Message.text($0.note)] } ?? []))]
        let sent = Message(role: .user, content: (attachment.map { [$0.block] } ?? []) + [words])
        let system = SystemPrompt.text(role: role, now: now)
        let declarations = JSON.array(tools.map(\.declaration))
        var round = 1
        while true {
            let answer = try client.answer(
                system: system, messages: history + [sent] + messages.dropFirst(), tools: declarations,
                mayUseTools: round < Self.maximumRounds)
            tokens += answer.tokens
            messages.append(Message(role: .assistant, content: answer.keptContent))
            let uses = answer.toolUses
            guard !uses.isEmpty else { return answer }
            var results: [JSON] = []
            for use in uses { results.append(try result(of: use)) }
            messages.append(Message(role: .user, content: results))
            guard proposed.isEmpty, round < Self.maximumRounds else { return answer }
            round += 1
        }
    }

    /// Ends the turn with a message in the assistant's name. It replaces the model's message if that is the last one,
    /// so that no call remains without a result, which the API does not accept.
    mutating func close(_ sentence: String) {
        if messages.last?.role == .assistant { messages.removeLast() }
        messages.append(Message(role: .assistant, content: [Message.text(sentence)]))
    }

    /// Runs or refuses a tool. A domain error, unless its kind is `internal` or `unavailable`, goes back to the model
    /// as the result; every other error ends the turn.
    private mutating func result(of use: ModelAnswer.ToolUse) throws -> JSON {
        do {
            return Message.toolResult(use.id, try run(use), isError: false)
        } catch let error as any DomainError where ![.internal, .unavailable].contains(error.kind) {
            return Message.toolResult(use.id, error.sentence, isError: true)
        }
    }

    private mutating func run(_ use: ModelAnswer.ToolUse) throws -> String {
        guard let tool = tools.first(where: { $0.name == use.name }) else {
            let isKnown = Tool.all.contains { $0.name == use.name }
            throw isKnown ? AssistantError.toolNotAllowed : .unknownTool
        }
        let call = try tool.call(use.input, remediation, operation)
        let shown: String
        switch tool.work {
        case .reading(let read): shown = try Self.data(read(call))
        case .immediate(let act):
            try countChange()
            shown = try Self.data(act(call))
        case .confirmed(let propose):
            let action = try propose(call)
            try remediation.check(action.request, in: workspace)
            guard !proposed.contains(where: { $0.action == action }) else {
                throw AssistantError.proposedAlready
            }
            try countChange()
            proposed.append((use, action))
            return "Not carried out. The person has been asked to confirm it."
        }
        done.append(ChatAnswer.ToolUse(id: use.id, name: use.name, input: .object(use.input)))
        return shown
    }

    private static func data(_ value: any JSONWritable) -> String { MarkedData.text(JSONWriter.bytes(value)) }

    private mutating func countChange() throws(AssistantError) {
        guard changes < Self.maximumChanges else {
            throw .tooManyChanges(Self.maximumChanges)
        }
        changes += 1
    }
}
