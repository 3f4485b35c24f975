public import Base
import Operation

/// An error of the protocol: the message can't be read or carried out as it is.
public struct ProtocolError: DomainError {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String
    /// The error's number in JSON-RPC and MCP.
    let number: Int
    /// More about the error, for programs.
    let data: JSON?

    private init(_ number: Int, _ name: String, _ sentence: String, kind: ErrorKind = .invalid, data: JSON? = nil) {
        self.kind = kind
        code = "mcp." + name
        self.sentence = sentence
        self.number = number
        self.data = data
    }

    /// The number of errors that REST answers too, such as a key that is not valid.
    static let refusal = -32_000

    static let unreadable = ProtocolError(-32_700, "unreadable", "The body is not valid JSON.")

    /// The message is not one of JSON-RPC.
    static func invalidRequest(_ sentence: String) -> ProtocolError {
        ProtocolError(-32_600, "request_invalid", sentence)
    }

    /// A parameter is missing or malformed. The sentence names it.
    static func invalidParameters(_ sentence: String) -> ProtocolError {
        ProtocolError(-32_602, "parameters_invalid", sentence)
    }

    /// A header field is missing, or differs from the body.
    static func headerMismatch(_ name: String, _ member: String) -> ProtocolError {
        ProtocolError(
            -32_020, "header_mismatch", "The header field \(name) is missing or differs from \(member) in the body.")
    }

    /// The server does not know the revision of the protocol.
    static func unknownRevision(_ requested: String) -> ProtocolError {
        ProtocolError(
            -32_022, "revision_unknown", "This revision of the protocol is not supported.",
            data: [
                "supported": .array(Revision.allCases.map { .string($0.rawValue) }),
                "requested": .string(requested.harmless(atMost: 100)),
            ])
    }

    /// The server has no such method.
    public static func unknownMethod(_ name: String) -> ProtocolError {
        ProtocolError(
            -32_601, "method_unknown", "There is no method \(name.harmless(atMost: 60)).", kind: .notFound)
    }
}
