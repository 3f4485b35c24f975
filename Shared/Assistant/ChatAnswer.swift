import Auth
import Base

/// What POST /api/ai-chat answers.
public struct ChatAnswer: JSONWritable {
    /// A tool that the assistant has used, or would use.
    struct ToolUse: JSONWritable {
        let id: String
        let name: String
        let input: JSON
        /// What confirms it; nil when it needs no confirmation, or has it.
        var confirmationToken: String?

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

    /// Why the assistant stopped.
    enum StopReason: String {
        case endTurn = "end_turn"
        /// A tool waits for the person's confirmation.
        case toolUse = "tool_use"
        case maxTokens = "max_tokens"

        /// The model's own reason; those that the API adds in time are an end too.
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
    /// Where the workspace stands in its plan's messages of the day; nil where there is no limit.
    public let rateLimit: RateLimit?

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
