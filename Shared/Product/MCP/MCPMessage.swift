import Auth
import Base
public import HTTP
import Operation

/// A message of a client, as it was read from a request. Reading never fails: a message that can't be read is answered
/// with the protocol's error after the caller's credentials have been checked.
public struct MCPMessage {
    /// The id of the request; null if it can't be read or if the message is a notification.
    let id: JSON
    /// The content, or the error with which it is answered.
    let content: Result<Content, ProtocolError>
    /// The revision of the protocol. It is the oldest one as long as it is not known.
    let revision: Revision

    /// The content of a message that can be read.
    enum Content {
        /// A message that needs no answer.
        case notification
        /// A request.
        case request(MCPRequest)
    }

    /// Reads the message in a request's body.
    public init(_ request: Request) {
        var (id, revision) = (JSON.null, Revision.march2025)
        content = Result { () throws(ProtocolError) in
            try Self.read(request, id: &id, revision: &revision)
        }
        (self.id, self.revision) = (id, revision)
    }

    private static func read(
        _ request: Request, id: inout JSON, revision: inout Revision
    ) throws(ProtocolError) -> Content {
        let type = request.headers["Content-Type"]?.prefix { $0 != ";" }.withoutOuterWhitespace.lowercased()
        guard type == nil || type == "application/json" else {
            throw .invalidRequest("Content-Type must be application/json.")
        }
        guard case .bytes(let bytes) = request.body, let value = try? JSON(parsing: bytes) else { throw .unreadable }
        guard let members = value.object else {
            throw .invalidRequest("The body must be one message, a JSON object.")
        }
        // The id of a response is one of the server's. In an error, it would name a request of the client.
        guard members["method"] != nil || members["result"] == nil && members["error"] == nil else {
            throw .invalidRequest("Responses are not accepted: this server sends no requests.")
        }
        switch members["id"] {
        case nil: break
        case .string(let text)? where text.unicodeScalars.count <= Self.longestID: id = .string(text)
        case .integer(let number)?: id = .integer(number)
        // JSON Schema counts 7.0 among the integers.
        case .number(let value)?:
            guard let number = Int(exactly: value) else { throw Self.malformedID }
            id = .integer(number)
        default: throw Self.malformedID
        }
        guard members["jsonrpc"] == "2.0" else { throw .invalidRequest("jsonrpc must be \"2.0\".") }
        guard let method = members["method"]?.string else { throw .invalidRequest("method must be a text.") }
        let parameters: [String: JSON]
        switch members["params"] {
        case nil: parameters = [:]
        case .object(let members)?: parameters = members
        default: throw .invalidParameters("params must be an object.")
        }
        guard members["id"] != nil else { return .notification }
        let metadata = parameters["_meta"]?.object ?? [:]
        revision = try Self.revision(request, method, parameters, metadata)
        return .request(
            MCPRequest(
                revision: revision, method: method, parameters: parameters,
                capabilities: metadata[Metadata.capabilities]?.object ?? [:]))
    }

    private static let malformedID = ProtocolError.invalidRequest(
        "id must be a text of at most \(longestID) characters or a whole number.")

    /// Returns the revision of a request, after checking that the header fields say the same as the body.
    private static func revision(
        _ request: Request, _ method: String, _ parameters: [String: JSON], _ metadata: [String: JSON]
    ) throws(ProtocolError) -> Revision {
        let header = request.headers["MCP-Protocol-Version"]
        guard let named = metadata[Metadata.revision] else {
            // The handshake negotiates the revision, so its header, if there is one, does not count.
            if method == "initialize" { return .november2025 }
            guard let header else { return .march2025 }
            guard let revision = Revision(rawValue: header) else { throw .unknownRevision(header) }
            guard revision.hasHandshake else {
                throw .invalidParameters("params._meta must name \(Metadata.revision).")
            }
            return revision
        }
        guard let name = named.string else {
            throw .invalidParameters("\(Metadata.revision) in params._meta must be a text.")
        }
        guard header == name else { throw .headerMismatch("MCP-Protocol-Version", Metadata.revision) }
        guard let revision = Revision(rawValue: name) else { throw .unknownRevision(name) }
        guard !revision.hasHandshake else { return revision }
        guard request.headers["Mcp-Method"] == method else { throw .headerMismatch("Mcp-Method", "method") }
        if let member = ["tools/call": "name", "prompts/get": "name", "resources/read": "uri"][method],
            let value = parameters[member]
        {
            guard let text = value.string, decoded(request.headers["Mcp-Name"]) == text else {
                throw .headerMismatch("Mcp-Name", "params.\(member)")
            }
        }
        guard metadata[Metadata.capabilities]?.object != nil else {
            throw .invalidParameters("params._meta must have the object \(Metadata.capabilities).")
        }
        return revision
    }

    /// Returns the value of Mcp-Name, which is in base64 between `=?base64?` and `?=` if it is not plain ASCII.
    private static func decoded(_ field: String?) -> String? {
        guard let field, field.hasPrefix("=?base64?"), field.hasSuffix("?="), field.utf8.count >= 11 else {
            return field
        }
        return Base64.standard.decode(String(field.dropFirst(9).dropLast(2))).flatMap {
            String(validating: $0, as: UTF8.self)
        }
    }

    /// The names of members of `params._meta`.
    enum Metadata {
        static let revision = "io.modelcontextprotocol/protocolVersion"
        static let capabilities = "io.modelcontextprotocol/clientCapabilities"
        static let server = "io.modelcontextprotocol/serverInfo"
    }
}

/// A request that could be read.
struct MCPRequest {
    let revision: Revision
    let method: String
    let parameters: [String: JSON]
    /// The client's capabilities. Empty if the client named them in a handshake, which is not remembered.
    let capabilities: [String: JSON]

    /// The tool that the request calls. Nil if it calls none that exists.
    var tool: MCPTool? {
        guard method == "tools/call", let name = parameters["name"]?.string else { return nil }
        return MCPTool.all.first { $0.name == name }
    }

    /// True if the client can ask its user to fill in a form. An empty object stands for forms.
    var offersForms: Bool {
        guard !revision.hasHandshake, let elicitation = capabilities["elicitation"]?.object else { return false }
        return elicitation.isEmpty || elicitation["form"] != nil
    }
}
