import Base

/// One message of a conversation, as Anthropic's API takes it: who speaks, and content blocks.
struct Message {
    enum Role: String {
        case user, assistant
    }

    let role: Role
    /// Blocks: text, document, image, tool_use, tool_result, and whatever else the model has sent.
    let content: [JSON]

    var json: JSON { ["role": .string(role.rawValue), "content": .array(content)] }

    /// Whether it begins a turn: a user's own words, and not the results of tools.
    var beginsTurn: Bool { role == .user && !content.contains { $0["type"] == "tool_result" } }

    static func text(_ text: String) -> JSON { ["type": "text", "text": .string(text)] }

    /// Returns true for a text block without a character that can be seen. Models send such blocks, and the API refuses every
    /// conversation that has one.
    static func isBlank(_ block: JSON) -> Bool {
        guard block["type"] == "text" else { return false }
        return block["text"]?.string?.unicodeScalars.allSatisfy(\.properties.isWhitespace) ?? true
    }

    /// The result of a tool, which answers the tool_use block of that id.
    static func toolResult(_ toolUseID: String, _ text: String, isError: Bool) -> JSON {
        var block: [String: JSON] = [
            "type": "tool_result", "tool_use_id": .string(toolUseID), "content": .string(text),
        ]
        if isError { block["is_error"] = true }
        return .object(block)
    }
}

/// A message that the model has sent.
struct ModelAnswer {
    /// The blocks, to be echoed as they are.
    let content: [JSON]
    let stopReason: String
    let model: String
    /// Input and output, cached or not.
    let tokens: Int

    /// The most tokens of a kind that one answer is taken to have used: twice what models take. A negative or larger count means
    /// this many.
    private static let mostTokens = 2_000_000

    /// A call of a tool, as the model asks for it.
    struct ToolUse {
        let id: String
        let name: String
        let input: [String: JSON]
    }

    /// Nil when the response is no message.
    init?(_ json: JSON) {
        guard json["type"] == "message", let content = json["content"]?.array,
            let stopReason = json["stop_reason"]?.string, let model = json["model"]?.string
        else { return nil }
        self.content = content
        self.stopReason = stopReason
        self.model = model
        tokens = [
            "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens",
        ].reduce(0) { sum, name in
            // Four counts within these bounds can be added without overflow.
            let count = json["usage"]?[name]?.integer ?? 0
            return sum + ((0...Self.mostTokens).contains(count) ? count : Self.mostTokens)
        }
    }

    /// What it says in words.
    var text: String {
        content.compactMap { $0["type"] == "text" ? $0["text"]?.string : nil }.joined(separator: "\n\n")
    }

    /// The tools that it waits for. A message that was cut off waits for none: the input may be half.
    var toolUses: [ToolUse] {
        guard stopReason == "tool_use" else { return [] }
        return content.compactMap { block in
            guard block["type"] == "tool_use", let id = block["id"]?.string, let name = block["name"]?.string else {
                return nil
            }
            return ToolUse(id: id, name: name, input: block["input"]?.object ?? [:])
        }
    }

    /// The blocks as the conversation keeps them: without calls that nobody will answer, and never none.
    var keptContent: [JSON] {
        let isWaiting = stopReason == "tool_use"
        let kept = content.filter { block in
            switch block["type"]?.string {
            case "tool_use": isWaiting
            case "text": !Message.isBlank(block)
            default: true
            }
        }
        return kept.isEmpty ? [Message.text("(No answer.)")] : kept
    }
}
