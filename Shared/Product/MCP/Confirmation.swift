import Auth
import Base
import Operation

/// The confirmation of one call that changes something, by the person who uses the client. The server keeps nothing
/// between the question and the answer: the client sends the state back, which is valid for five minutes and once, and
/// only for the same key, workspace, tool, input and question. So if the finding that the question names has changed, the
/// person's answer does not count.
struct Confirmation {
    /// The answer to the question.
    enum Answer {
        case given
        case refused
        /// There is no answer yet. The client is asked, with this state.
        case missing(state: String)
    }

    /// The name of the question among the requests for input, and of the form's field.
    private static let question = "confirmation"
    private static let field = "confirm"

    private let key: Secret
    private let content: [String: JSON]
    private let workspace: Workspace

    /// - Throws: `EnvironmentError` if CONFIRMATION_SECRET is not set or too short.
    init(_ tool: String, _ input: [String: JSON], _ question: String, _ context: OperationContext) throws {
        guard let key = try context.env.hmacKey("CONFIRMATION_SECRET") else {
            throw EnvironmentError("CONFIRMATION_SECRET is not set")
        }
        guard case .apiKey(let id, _, _)? = context.workspace.caller else { throw AccessError.wrongCredentials }
        self.key = key
        workspace = context.workspace
        content = [
            "purpose": "mcp", "workspace": .string(workspace.id.description), "key": .string(id.description),
            "tool": .string(tool), "input": .object(input), "question": .string(question),
        ]
    }

    /// Returns the answer in the parameters of a call. An answer uses the state up, so a refusal is final.
    ///
    /// - Throws: `ProtocolError` if the state is not valid, or was used before.
    func answer(in parameters: [String: JSON], now: Timestamp) throws -> Answer {
        guard let state = parameters["requestState"], state != .null else { return missing(now) }
        guard let token = state.string.flatMap({ token(in: $0, now: now) }) else { throw Self.invalid }
        let response = parameters["inputResponses"]?[Self.question]
        let isConfirmed: Bool
        switch response?["action"] {
        case "accept":
            guard let choice = response?["content"]?[Self.field]?.bool else { return missing(now) }
            isConfirmed = choice
        case "decline", "cancel": isConfirmed = false
        default: return missing(now)
        }
        // The token is used up, not the state, since the time in the state can be written in several ways.
        guard try workspace.useOnce(confirmation: token, now: now) else { throw Self.invalid }
        return isConfirmed ? .given : .refused
    }

    /// The members of a result that asks for the confirmation.
    static func form(_ message: String, state: String) -> [String: JSON] {
        [
            "inputRequests": [
                question: [
                    "method": "elicitation/create",
                    "params": [
                        "mode": "form", "message": .string(message),
                        "requestedSchema": [
                            "type": "object",
                            "properties": [
                                field: [
                                    "type": "boolean", "title": "Confirm",
                                    "description": "Carries this out. It is not carried out otherwise.",
                                ]
                            ],
                            "required": [.string(field)],
                        ],
                    ],
                ]
            ],
            "requestState": .string(state),
        ]
    }

    private static let invalid = ProtocolError.invalidParameters(
        "params.requestState has expired, was used, or does not belong to this call. Call the tool again without it.")

    /// Returns a request for the answer. The state is the time of its expiry and a token, with a dot between them.
    private func missing(_ now: Timestamp) -> Answer {
        let end = now.seconds + ConfirmationToken.lifetime
        return .missing(state: "\(end)." + ConfirmationToken.make(for: content(until: end), key))
    }

    /// Returns the token in a state; nil if the state is not valid.
    private func token(in state: String, now: Timestamp) -> String? {
        guard state.utf8.count <= 200, let (time, text) = state.cut(at: "."), let end = Int(time),
            end > now.seconds, let token = Base64.urlSafe.decode(text),
            ConfirmationToken.isValid(token, for: content(until: end), key)
        else { return nil }
        return String(text)
    }

    private func content(until end: Int) -> [String: JSON] { content.merging(["expires_at": .integer(end)]) { $1 } }
}
