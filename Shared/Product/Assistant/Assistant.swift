import Actions
public import Auth
public import Base
import Integrations
import Operation
public import Remediation

/// The AI assistant for members of a workspace.
///
/// The model reads and changes data through tools, with the permissions of the person who chats. Actions that can't
/// easily be undone are only proposed: the person gets a token, and the proposed action is requested only if the same
/// person sends that token with the same message. Neither the model nor any text that it reads can do that.
public struct Assistant {
    /// The time limit for all requests to Anthropic's API for one message, in seconds.
    private static let seconds = 100.0

    private let environment: Environment
    private let confirmationKey: Secret
    private let remediation: Remediation
    private let pause: Double
    private let log: Log

    /// Creates the assistant from the variables ANTHROPIC_API_KEY, ANTHROPIC_MODEL and CONFIRMATION_SECRET. `pause` is
    /// the first pause before a request to Anthropic's API is retried, in seconds.
    ///
    /// - Throws: `EnvironmentError` if CONFIRMATION_SECRET is not set or too short.
    public init(
        _ environment: Environment, remediation: Remediation, pause: Double = 0.5, _ log: Log
    ) throws(EnvironmentError) {
        guard let key = try environment.hmacKey("CONFIRMATION_SECRET") else {
            throw EnvironmentError("CONFIRMATION_SECRET is not set")
        }
        self.environment = environment
        confirmationKey = key
        self.remediation = remediation
        self.pause = pause
        self.log = log
    }

    /// Answers a message of a conversation. If there is no answer, because the model gives none or because it can't be
    /// stored, the message does not count towards the day's limit.
    /// - Throws: `LimitExceeded` if the plan's messages of the day are used up; `AssistantError` if the caller is not a
    ///   member, if there is no assistant, or if Anthropic does not answer as it should.
    public func answer(
        _ message: String, _ attachment: Attachment?, sessionID: Identifier?, in workspace: Workspace,
        now: Timestamp = .now
    ) throws -> ChatAnswer {
        let (userID, role) = try member(of: workspace)
        let client = try AnthropicClient(environment, seconds: Self.seconds, pause: pause, log)
        let counted = try workspace.countChatMessage(now: now)
        do {
            return try self.answer(
                message, attachment, sessionID: sessionID, of: userID, role, with: client, counted, in: workspace,
                now: now)
        } catch {
            if counted != nil { try workspace.takeBackChatMessage(of: now) }
            throw error
        }
    }

    /// Answers a message that has been counted, and stores the turn.
    private func answer(
        _ message: String, _ attachment: Attachment?, sessionID: Identifier?, of userID: Identifier, _ role: Role,
        with client: AnthropicClient, _ counted: RateLimit?, in workspace: Workspace, now: Timestamp
    ) throws -> ChatAnswer {
        var conversation = try Conversation(sessionID, of: userID, in: workspace)
        var turn = Turn(operation(in: workspace, now: now), remediation)
        let answer: ModelAnswer
        do {
            answer = try turn.run(message, attachment, after: conversation.history, with: client, role: role)
        } catch {
            try remember(&turn, in: &conversation, of: workspace, now: now)
            throw error
        }
        let actions = turn.proposed.map(\.action)
        if !actions.isEmpty || turn.messages.last?.role == .user {
            turn.close(Self.response(answer, actions.map(\.sentenceForModel)))
        }
        let waiting = try workspace.withWriteLock {
            let row = try conversation.keep(turn.messages, tokens: turn.tokens, in: workspace, now: now)
            return try turn.proposed.map { proposal in
                let confirmation = Confirmation(
                    workspaceID: workspace.id, userID: userID, sessionID: row, toolUseID: proposal.use.id,
                    toolName: proposal.use.name, input: .object(proposal.use.input), target: proposal.action.target,
                    namesSession: sessionID != nil, message: message, expiresAt: now + ConfirmationToken.lifetime)
                let token = confirmation.token(confirmationKey)
                try workspace.keep(confirmation, token: token, now: now)
                return ChatAnswer.ToolUse(
                    id: proposal.use.id, name: proposal.use.name, input: confirmation.input, confirmationToken: token)
            }
        }
        return ChatAnswer(
            response: Self.response(answer, actions.map(\.sentence)), toolCalls: turn.done + waiting,
            tokensUsed: turn.tokens, model: answer.model,
            stopReason: waiting.isEmpty ? .init(model: answer.stopReason) : .toolUse, sessionID: conversation.id,
            rateLimit: counted)
    }

    /// Requests the action that a token stands for, exactly as proposed and once, for the person who was given the
    /// token. The action is queued, or waits for approval. The model is not involved.
    /// - Throws: `AssistantError` if the token is not valid, if the person may no longer do this, or if the names now
    ///   mean another target; and the errors of `Remediation.request`.
    public func confirm(
        _ token: String, message: String, sessionID: Identifier?, in workspace: Workspace, now: Timestamp = .now
    ) throws -> ChatAnswer {
        let (userID, _) = try member(of: workspace)
        return try workspace.withWriteLock {
            let confirmation = try workspace.useConfirmation(
                token, of: userID, message: message, key: confirmationKey, now: now)
            var conversation = try Conversation(row: confirmation.sessionID, of: userID, in: workspace)
            // This request must name the conversation of the proposal. If the proposing request named none, because it
            // began the conversation, this one may name none either.
            guard sessionID == conversation.id || sessionID == nil && !confirmation.namesSession else {
                throw AssistantError.invalidConfirmation
            }
            guard let tool = Tool.all.first(where: { $0.name == confirmation.toolName }),
                case .confirmed(let propose) = tool.work
            else { throw AssistantError.invalidConfirmation }
            guard tool.isAllowed(for: workspace) else {
                throw AssistantError.mayNotConfirm
            }
            let input = confirmation.input.object ?? [:]
            let action = try propose(try tool.call(input, remediation, operation(in: workspace, now: now)))
            guard action.target == confirmation.target else {
                throw AssistantError.changedTarget
            }
            let requested = try remediation.request(action.request, in: workspace, now: now)
            let outcome = requested.status == .pendingApproval ? " is waiting for approval." : " is queued."
            let turn = [
                // The message in the person's name contains no names from the workspace's data, since others wrote
                // them.
                Message(role: .user, content: [Message.text("(I confirm \(tool.name).)")]),
                Message(role: .assistant, content: [Message.text(action.sentenceForModel + outcome)]),
            ]
            try conversation.keep(turn, tokens: 0, in: workspace, now: now)
            let use = ChatAnswer.ToolUse(id: confirmation.toolUseID, name: tool.name, input: confirmation.input)
            return ChatAnswer(
                response: action.sentence + outcome, toolCalls: [use], tokensUsed: 0,
                model: AnthropicClient.model(environment), stopReason: .endTurn, sessionID: conversation.id,
                rateLimit: nil)
        }
    }

    /// Creates the context of the operations that tools run. Work that operations want to do after the response is
    /// dropped: a worker runs its job.
    private func operation(in workspace: Workspace, now: Timestamp) -> OperationContext {
        OperationContext(workspace, environment, now: now, log) { _ in }
    }

    private func member(of workspace: Workspace) throws(AssistantError) -> (Identifier, Role) {
        guard case .member(let userID, _, let role) = workspace.caller else { throw .notMember }
        return (userID, role)
    }

    /// Stores a turn that failed, if it had made, tried or proposed a change, so that the conversation knows of the
    /// change.
    private func remember(
        _ turn: inout Turn, in conversation: inout Conversation, of workspace: Workspace, now: Timestamp
    ) throws {
        guard turn.changes > 0 else { return }
        turn.close("(This answer broke off.)")
        let (messages, tokens) = (turn.messages, turn.tokens)
        _ = try workspace.withWriteLock {
            try conversation.keep(messages, tokens: tokens, in: workspace, now: now)
        }
    }

    /// Returns the model's text, followed by our own text about the actions that need confirmation, or a sentence of
    /// our own if there is neither. A person confirms our text, not the model's.
    private static func response(_ answer: ModelAnswer, _ proposed: [String]) -> String {
        var parts = [answer.text].filter { !$0.isEmpty }
        parts += proposed.map { $0 + " needs your confirmation, within 5 minutes." }
        if !parts.isEmpty { return parts.joined(separator: "\n\n") }
        return answer.stopReason == "refusal"
            ? "The assistant declined to answer this." : "The assistant gave no answer."
    }
}

extension ProposedAction {
    /// The action, worded as the beginning of a sentence.
    fileprivate var sentence: String { "\(request.type.rawValue) for \(label) on \(request.platform)" }

    /// The action in the same words, for the model, with the label marked as data.
    fileprivate var sentenceForModel: String {
        let label = MarkedData.text(JSONWriter.bytes(label))
        return "\(request.type.rawValue) for \(label) on \(request.platform)"
    }

    /// The target of the action: the platform, and the target's id in the request.
    fileprivate var target: String { "\(request.platform)/\(request.entityID)" }
}
