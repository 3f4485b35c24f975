import Base

/// The field Link (RFC 8288 §3): links, each with a target and parameters.
///
/// It is read by its grammar, for it is how a list says that it goes on: `<target>; name=value; name="value", <target> …`.
/// A target ends at the first `>` and may hold anything else, commas and quotes too. In quotes a backslash makes the next
/// character stand for itself. What the grammar does not allow is an error, so that nobody takes it for a list's end.
public struct LinkField: Sendable, Equatable {
    /// A link.
    public struct Link: Sendable, Equatable {
        /// A URI reference, as it stands: it may be relative to the URL of the request (RFC 3986 §4.2).
        public let target: String
        /// The relation types in lower case. They are compared without regard to case (§2.1.1, §2.1.2).
        public let relations: [String]
        /// Whether it is a link of another resource than the one that was asked for (§3.2).
        public let hasAnchor: Bool
    }

    /// The field is not one of links.
    public struct SyntaxError: Error, Equatable {}

    /// The links, in their order.
    public let links: [Link]

    /// Reads the value of a field.
    public init(_ value: String) throws(SyntaxError) {
        var reader = Reader(rest: Substring(value).utf8)
        var links: [Link] = []
        // Empty elements of a list count for nothing (RFC 9110 §5.6.1.2).
        while reader.skip(to: ",") {
            links.append(try reader.link())
            guard reader.isAtEnd || reader.take(",") else { throw SyntaxError() }
        }
        self.links = links
    }

    /// The links of a relation that are the asked resource's own.
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

    /// Skips white space and separators. False at the end.
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
            // A parameter may be missing (§3, Appendix B.3).
            if isAtEnd || rest.first == UInt8(ascii: ";") || rest.first == UInt8(ascii: ",") { continue }
            let (name, value) = try parameter()
            // Of several only the first counts (§3.3).
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
        // More than a token may have: providers leave out quotes around URLs.
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

    /// A character of a token (RFC 9110 §5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
