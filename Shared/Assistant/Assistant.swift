import Auth
import Base
import HTTP
import Remediation

/// The AI assistant of a workspace's members.
///
/// The model reads through tools and changes through tools, with the permissions of the person who chats. What can't
/// easily be taken back it only proposes: a token goes to the person, and only the same person who sends that token, with
/// the same message, has the proposed input carried out. Nothing that the model or any text writes can do that.
public struct Assistant {
    /// Seconds for one message. The function may run a little longer.
    private static let seconds = 100.0

    private let environment: Environment
    private let confirmationKey: Secret
    private let remediation: Remediation
    private let pause: Double
    private let log: Log

    /// The assistant that the variables set up: ANTHROPIC_API_KEY, ANTHROPIC_MODEL, CONFIRMATION_SECRET. `pause` is the
    /// first pause before Anthropic's API is asked again, in seconds.
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

    /// Answers a message of a conversation. Throws 429 when the plan's messages of the day are used up or Anthropic's
    /// limit is reached, 503 when Anthropic is not available. A message that was not answered does not count.
    public func answer(
        _ message: String, _ attachment: Attachment?, sessionID: Identifier?, in workspace: Workspace,
        now: Timestamp = .now
    ) throws -> ChatAnswer {
        let (userID, role) = try member(of: workspace)
        let client = try AnthropicClient(environment, seconds: Self.seconds, pause: pause, log)
        let counted = try workspace.countChatMessage(now: now)
        var conversation: Conversation
        var turn = Turn(workspace, remediation, now: now)
        let answer: ModelAnswer
        do {
            conversation = try Conversation(sessionID, of: userID, in: workspace)
            do {
                answer = try turn.run(message, attachment, after: conversation.history, with: client, role: role)
            } catch {
                try remember(&turn, in: &conversation, of: workspace, now: now)
                throw error
            }
        } catch {
            if let counted { try workspace.takeBack(counted) }
            throw error
        }
        let actions = turn.proposed.map(\.action)
        if !actions.isEmpty || turn.messages.last?.role == .user {
            turn.close(Self.response(answer, actions.map(\.sentenceForModel)))
        }
        let waiting = try workspace.exclusively {
            let row = try conversation.keep(turn.messages, tokens: turn.tokens, in: workspace, now: now)
            return try turn.proposed.map { proposal in
                let confirmation = Confirmation(
                    workspaceID: workspace.id, userID: userID, sessionID: row, toolUseID: proposal.use.id,
                    toolName: proposal.use.name, input: .object(proposal.use.input), target: proposal.action.target,
                    namesSession: sessionID != nil, message: message, expiresAt: now + Confirmation.lifetime)
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
            rateLimit: counted?.rateLimit)
    }

    /// Carries out what a token stands for, exactly, once, for the person to whom it was given. The model has no part in
    /// it. Throws 404 when the token does not hold, 403 when the person may no longer do this.
    public func confirm(
        _ token: String, message: String, sessionID: Identifier?, in workspace: Workspace, now: Timestamp = .now
    ) throws -> ChatAnswer {
        let (userID, _) = try member(of: workspace)
        return try workspace.exclusively {
            let confirmation = try workspace.useConfirmation(
                token, of: userID, message: message, key: confirmationKey, now: now)
            var conversation = try Conversation(row: confirmation.sessionID, of: userID, in: workspace)
            // The same request names the same conversation; one that named none may name the one that it began.
            guard sessionID == conversation.id || sessionID == nil && !confirmation.namesSession else {
                throw Confirmation.refusal
            }
            guard let tool = Tool.all.first(where: { $0.name == confirmation.toolName }),
                case .confirmed(let propose) = tool.work
            else { throw Confirmation.refusal }
            guard tool.isAllowed(for: workspace) else {
                throw HTTPError.forbidden("Your role or plan does not allow this.")
            }
            let input = confirmation.input.object ?? [:]
            let action = try propose(try tool.call(input, in: workspace, remediation, now: now))
            guard action.target == confirmation.target else {
                throw HTTPError.conflict("This would act on something else by now. Ask for it again.")
            }
            let requested = try remediation.request(action.request, in: workspace, now: now)
            let outcome = requested.status == .pendingApproval ? " waits for approval." : " is queued."
            let turn = [
                // The person's own words hold no name: names were written by others.
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

    private func member(of workspace: Workspace) throws(HTTPError) -> (Identifier, Role) {
        guard case .member(let userID, _, let role) = workspace.caller else { throw .internal }
        return (userID, role)
    }

    /// A turn that broke off after it had changed something is kept, so that the conversation knows of it.
    private func remember(
        _ turn: inout Turn, in conversation: inout Conversation, of workspace: Workspace, now: Timestamp
    ) throws {
        guard turn.changes > 0 else { return }
        turn.close("(This answer broke off.)")
        let (messages, tokens) = (turn.messages, turn.tokens)
        _ = try workspace.exclusively {
            try conversation.keep(messages, tokens: tokens, in: workspace, now: now)
        }
    }

    /// The model's words, and ours about what waits: a person confirms what we say, not what the model says.
    private static func response(_ answer: ModelAnswer, _ proposed: [String]) -> String {
        var parts = [answer.text].filter { !$0.isEmpty }
        parts += proposed.map { $0 + " needs your confirmation, within 5 minutes." }
        if !parts.isEmpty { return parts.joined(separator: "\n\n") }
        return answer.stopReason == "refusal"
            ? "The assistant declined to answer this." : "The assistant gave no answer."
    }
}

extension ProposedAction {
    /// What would be done, as the beginning of a sentence.
    fileprivate var sentence: String { "\(request.type.rawValue) for \(label) on \(request.platform)" }

    /// The same for the model, to which the label is data.
    fileprivate var sentenceForModel: String {
        let label = SystemPrompt.data(JSONWriter.bytes(label))
        return "\(request.type.rawValue) for \(label) on \(request.platform)"
    }

    /// What would be acted on.
    fileprivate var target: String { "\(request.platform)/\(request.entityID)" }
}
