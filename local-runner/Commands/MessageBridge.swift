import Base

/// Turns messages on standard input into requests to POST /api/mcp, and the responses into messages.
struct MessageBridge {
    private let endpoint: any MessageEndpoint
    /// The revision of the protocol on which the client and the server have agreed by `initialize`. Nil before, and for
    /// clients whose messages name the revision themselves.
    private var revision: String?

    init(_ endpoint: any MessageEndpoint) { self.endpoint = endpoint }

    /// Returns the answer to a message: one line without its line break. Returns nil if the message gets none.
    mutating func answer(to line: [UInt8]) -> String? {
        guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { return nil }
        // The server answers a line that is not JSON.
        let message = (try? JSON(parsing: line)) ?? .null
        // Neither notifications nor responses are answered. The server sends no requests, so it expects no responses.
        let isRequest =
            message["method"] != nil
            ? message["id"] != nil : message["result"] == nil && message["error"] == nil
        let answer: JSON
        do throws(Failure) {
            let (status, body) = try endpoint.send(line, fields(for: message))
            guard isRequest else { return nil }
            answer = Self.answer(status, body, to: message)
        } catch {
            guard isRequest else { return nil }
            answer = Self.error(error.description, to: message)
        }
        if message["method"] == "initialize", let agreed = answer["result"]?["protocolVersion"]?.string {
            revision = agreed
        }
        return String(decoding: JSONWriter.bytes(answer), as: UTF8.self)
    }

    /// Returns the header fields that repeat parts of the message.
    private func fields(for message: JSON) -> [(name: String, value: String)] {
        var fields = [
            (name: "Content-Type", value: "application/json"),
            (name: "Accept", value: "application/json, text/event-stream"),
        ]
        let method = message["method"]?.string ?? ""
        let parameters = message["params"]
        let named = parameters?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string
        if let revision = named ?? (method == "initialize" ? nil : revision) {
            fields.append(("MCP-Protocol-Version", Self.encoded(revision)))
        }
        guard named != nil else { return fields }
        fields.append(("Mcp-Method", Self.encoded(method)))
        if let name = (parameters?["name"] ?? parameters?["uri"])?.string {
            fields.append(("Mcp-Name", Self.encoded(name)))
        }
        return fields
    }

    /// Returns a value for a header field: the text itself or, if it is not plain ASCII, the text in base64 between
    /// `=?base64?` and `?=`.
    private static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.first != " " && text.last != " "
        guard !isPlain || text.hasPrefix("=?base64?") else { return text }
        return "=?base64?" + Base64.standard.encode(Array(text.utf8)) + "?="
    }

    /// Returns the message in a response. A response without an answer to `message`, such as one of a proxy, becomes an
    /// error, because the client waits for an answer with the id of its request.
    private static func answer(_ status: Int, _ body: [UInt8], to message: JSON) -> JSON {
        let answer = try? JSON(parsing: body)
        // An error has no id if the server could not read the request's id.
        guard let answer, answer["jsonrpc"] == "2.0", answer["id"] == message["id"] ?? .null || answer["id"] == .null
        else {
            let sentence = answer?["error"]?.string
            return error(
                sentence ?? "The server's response, with the status \(status), is not an answer to this message.",
                to: message)
        }
        return answer
    }

    private static func error(_ sentence: String, to message: JSON) -> JSON {
        [
            "jsonrpc": "2.0", "id": message["id"] ?? .null,
            "error": ["code": -32_000, "message": .string(sentence)],
        ]
    }
}
