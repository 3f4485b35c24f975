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
        let isNotification = message["method"] != nil && message["id"] == nil
        let answer: JSON
        do throws(Failure) {
            let (status, body) = try endpoint.send(line, fields(for: message))
            guard !isNotification else { return nil }
            answer = Self.answer(status, body, to: message)
        } catch {
            guard !isNotification else { return nil }
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

    /// Returns the message in a response. A response that is no message, such as one of a proxy, becomes an error.
    private static func answer(_ status: Int, _ body: [UInt8], to message: JSON) -> JSON {
        guard let answer = try? JSON(parsing: body), answer["jsonrpc"] == "2.0" else {
            let sentence = (try? JSON(parsing: body))?["error"]?.string
            return error(sentence ?? "The server answered with the status \(status).", to: message)
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
