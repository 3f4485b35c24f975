import Base

/// A message of a conversation in the form of Anthropic's API: a role and content blocks.
struct Message {
    enum Role: String {
        case user, assistant
    }

    let role: Role
    /// The blocks: text, document, image, tool_use, tool_result, and any other block that the model has sent.
    let content: [JSON]

    var json: JSON { ["role": .string(role.rawValue), "content": .array(content)] }

    /// True if the message begins a turn: it contains a user's own words, not the results of tools.
    var beginsTurn: Bool { role == .user && !content.contains { $0["type"] == "tool_result" } }

    static func text(_ text: String) -> JSON { ["type": "text", "text": .string(text)] }

    /// Returns true for a text block that has no text or only white space. Models send such blocks, but the API refuses
    /// every conversation that contains one.
    static func isBlank(_ block: JSON) -> Bool {
        guard block["type"] == "text" else { return false }
        return block["text"]?.string?.unicodeScalars.allSatisfy(\.properties.isWhitespace) ?? true
    }

    /// Returns the block with a tool's result, which answers the tool_use block with this id.
    static func toolResult(_ toolUseID: String, _ text: String, isError: Bool) -> JSON {
        var block: [String: JSON] = [
            "type": "tool_result", "tool_use_id": .string(toolUseID), "content": .string(text),
        ]
        if isError { block["is_error"] = true }
        return .object(block)
    }
}

/// A message from the model.
struct ModelAnswer {
    /// The blocks, as the model sent them.
    let content: [JSON]
    let stopReason: String
    let model: String
    /// The number of input and output tokens, cached or not.
    let tokens: Int

    /// The largest count of each kind of tokens that is believed. It replaces a negative or larger count.
    private static let mostTokens = 2_000_000

    /// A tool call that the model requests.
    struct ToolUse {
        let id: String
        let name: String
        let input: [String: JSON]
    }

    /// Reads a message; nil if the response is not one.
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
            // The sum of four counts within these limits can't overflow.
            let count = json["usage"]?[name]?.integer ?? 0
            return sum + ((0...Self.mostTokens).contains(count) ? count : Self.mostTokens)
        }
    }

    /// The text of the message.
    var text: String {
        content.compactMap { $0["type"] == "text" ? $0["text"]?.string : nil }.joined(separator: "\n\n")
    }

    /// The tool calls that wait for results. None if the model stopped for another reason: the last input may then be
    /// incomplete.
    var toolUses: [ToolUse] {
        guard stopReason == "tool_use" else { return [] }
        return content.compactMap { block in
            guard block["type"] == "tool_use", let id = block["id"]?.string, let name = block["name"]?.string else {
                return nil
            }
            return ToolUse(id: id, name: name, input: block["input"]?.object ?? [:])
        }
    }

    /// The blocks in the form in which the conversation stores them: without blank texts and without calls that will
    /// get no result. If none is left, a text block takes their place.
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
