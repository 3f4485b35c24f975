import Base

/// The header field Link (RFC 8288 §3): a list of links, each with a target and parameters.
///
/// A provider's list names its next page in this field, so it is read strictly by its grammar: `<target>; name=value;
/// name="value", <target> …`. A target ends at the first `>` and may contain any other character, including commas and
/// quotes. In quotes a backslash escapes the next character. A field that violates the grammar is an error, so that it
/// can't be mistaken for the end of the list; only values without quotes may contain more characters than the grammar
/// allows.
public struct LinkField: Sendable, Equatable {
    /// One link.
    public struct Link: Sendable, Equatable {
        /// The URI reference as it was sent. It may be relative to the request's URL (RFC 3986 §4.2).
        public let target: String
        /// The relation types in lower case, because they are compared without regard to case (§2.1.1, §2.1.2).
        public let relations: [String]
        /// True if the link has a context of its own (`anchor`), which may be another resource than the requested one
        /// (§3.2).
        public let hasAnchor: Bool
    }

    /// The field's value violates the grammar.
    public struct SyntaxError: Error, Equatable {}

    /// The links in their order.
    public let links: [Link]

    /// Reads the field's value.
    ///
    /// - Throws: `SyntaxError` if it is malformed.
    public init(_ value: String) throws(SyntaxError) {
        var reader = Reader(rest: Substring(value).utf8)
        var links: [Link] = []
        // Empty list elements are ignored (RFC 9110 §5.6.1.2).
        while reader.skip(to: ",") {
            links.append(try reader.link())
            guard reader.isAtEnd || reader.take(",") else { throw SyntaxError() }
        }
        self.links = links
    }

    /// Returns the targets of the links that have this relation and no context of their own. The relation is given in
    /// lower case.
    public func targets(of relation: String) -> [String] {
        links.filter { !$0.hasAnchor && $0.relations.contains(relation) }.map(\.target)
    }
}

private struct Reader {
    var rest: Substring.UTF8View

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

    /// Skips white space and separators. Returns false at the end of the text.
    mutating func skip(to separator: Unicode.Scalar) -> Bool {
        repeat { skipSpace() } while take(separator)
        return !isAtEnd
    }

    mutating func link() throws(LinkField.SyntaxError) -> LinkField.Link {
        guard take("<"), let (target, behind) = rest.cut(at: UInt8(ascii: ">")) else { throw LinkField.SyntaxError() }
        rest = behind
        var relations: [String]?
        var hasAnchor = false
        skipSpace()
        while take(";") {
            skipSpace()
            // A semicolon need not be followed by a parameter (§3, Appendix B.3).
            if isAtEnd || rest.first == UInt8(ascii: ";") || rest.first == UInt8(ascii: ",") { continue }
            let (name, value) = try parameter()
            // If `rel` occurs several times, only the first one counts (§3.3).
            if name == "rel", relations == nil {
                relations = value.lowercased().split { $0 == " " || $0 == "\t" }.map(String.init)
            }
            if name == "anchor" { hasAnchor = true }
            skipSpace()
        }
        return LinkField.Link(
            target: String(Substring(target)), relations: relations ?? [], hasAnchor: hasAnchor)
    }

    private mutating func parameter() throws(LinkField.SyntaxError) -> (name: String, value: String) {
        let name = rest.prefix(while: Self.isTokenByte)
        guard !name.isEmpty else { throw LinkField.SyntaxError() }
        rest = rest.dropFirst(name.count)
        skipSpace()
        let lowered = String(Substring(name)).lowercased()
        guard take("=") else { return (lowered, "") }
        skipSpace()
        if take("\"") { return (lowered, try quoted()) }
        // Accepts more characters than a token may have, because some providers don't quote URLs.
        let value = rest.prefix { !" \t;,\"".utf8.contains($0) }
        guard !value.isEmpty else { throw LinkField.SyntaxError() }
        rest = rest.dropFirst(value.count)
        return (lowered, String(Substring(value)))
    }

    private mutating func quoted() throws(LinkField.SyntaxError) -> String {
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: value, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { throw LinkField.SyntaxError() }
                value.append(escaped)
            default: value.append(byte)
            }
        }
        throw LinkField.SyntaxError()
    }

    /// Returns true for a character of a token (RFC 9110 §5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
