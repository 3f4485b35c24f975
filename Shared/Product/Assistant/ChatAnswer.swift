public import Auth
public import Base

/// The response of POST /api/ai-chat.
public struct ChatAnswer: Described {
    /// A tool that the assistant has used, or proposes to use.
    struct ToolUse: Described {
        let id: String
        let name: String
        let input: JSON
        /// The token with which a person confirms the call; nil if it needs no confirmation, or was confirmed.
        var confirmationToken: String?

        static var schema: JSONSchema {
            .object(
                .field("id", .string, "The id of the call."),
                .field("name", .string, "The name of the tool."),
                .field("input", .anyObject, "The input of the call."),
                .field("requiresConfirmation", .boolean, "True if the call waits for the person's confirmation."),
                .optional("confirmationToken", .string, "The token that confirms the call."))
        }

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.field("id", id)
                json.field("name", name)
                json.field("input", input)
                json.field("requiresConfirmation", confirmationToken != nil)
                json.field("confirmationToken", ifPresent: confirmationToken)
            }
        }
    }

    /// The reasons for which the assistant stops.
    enum StopReason: String, CaseIterable {
        case endTurn = "end_turn"
        /// A tool waits for the person's confirmation.
        case toolUse = "tool_use"
        case maxTokens = "max_tokens"

        /// Translates the model's own reason. Every reason but the limits on tokens counts as the end of the turn.
        init(model reason: String) {
            self =
                switch reason {
                case "max_tokens", "model_context_window_exceeded": .maxTokens
                default: .endTurn
                }
        }
    }

    let response: String
    let toolCalls: [ToolUse]
    let tokensUsed: Int
    let model: String
    let stopReason: StopReason
    let sessionID: Identifier
    /// The state of the plan's limit on messages per day; nil if there is no limit, or if the message did not count.
    public let rateLimit: RateLimit?

    public static var schema: JSONSchema {
        .object(
            .field("response", .string, "The assistant's message."),
            .optional(
                "toolCalls", .array(of: ToolUse.schema), "The tools that were used or wait for a confirmation."),
            .field("tokens_used", .count, "The tokens that the answer took."),
            .field("model", .string, "The model that answered."),
            .field("stop_reason", .oneOf(StopReason.self), "The reason why the answer ends here."),
            .field("sessionId", .uuid, "The conversation, for the next message."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("response", response)
            if !toolCalls.isEmpty { json.field("toolCalls", toolCalls) }
            json.field("tokens_used", tokensUsed)
            json.field("model", model)
            json.field("stop_reason", stopReason.rawValue)
            json.field("sessionId", sessionID)
        }
    }
}
