import Base

/// One field of a platform's credentials: what a customer fills in to connect it.
public struct CredentialField: Sendable {
    /// Its name in the config object.
    public let name: String
    /// What it is, in one line that says where to find it.
    public let summary: String
    /// Whether it is left out of everything that is shown.
    public let isSecret: Bool
    /// Whether it must be there.
    public let isRequired: Bool
    /// Whether a value has the form that it must have.
    let accepts: @Sendable (String) -> Bool

    /// A field that is shown: a domain, a region, an identifier.
    public static func plain(
        _ name: String, _ summary: String, isRequired: Bool = true,
        accepts: @escaping @Sendable (String) -> Bool = Form.line
    ) -> CredentialField {
        CredentialField(name: name, summary: summary, isSecret: false, isRequired: isRequired, accepts: accepts)
    }

    /// A secret.
    public static func secret(
        _ name: String, _ summary: String, isRequired: Bool = true,
        accepts: @escaping @Sendable (String) -> Bool = Form.line
    ) -> CredentialField {
        CredentialField(name: name, summary: summary, isSecret: true, isRequired: isRequired, accepts: accepts)
    }
}

/// Forms that fields' values have.
public enum Form {
    /// One line of visible ASCII, without spaces at its ends: a token, a key, an identifier.
    @Sendable public static func line(_ text: String) -> Bool {
        text.utf8.count <= 4_096 && text.first != " " && text.last != " "
            && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Several lines: a PEM or a JSON document.
    @Sendable public static func document(_ text: String) -> Bool { text.utf8.count <= 65_536 }

    /// One label of a host name: a tenant, a site, a subdomain.
    @Sendable public static func label(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// A host name of at least two labels.
    @Sendable public static func host(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.count >= 2 && labels.allSatisfy { label(String($0)) }
            && labels.last?.contains { $0.isLetter } == true
    }

    /// A server that a customer runs or rents: `https://` and a host name.
    @Sendable public static func server(_ text: String) -> Bool {
        text.hasPrefix("https://") && host(String(text.dropFirst("https://".count)))
    }

    /// An e-mail address, as far as its form goes.
    @Sendable public static func email(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return line(text) && parts.count == 2 && !parts[0].isEmpty && host(String(parts[1]))
    }
}

/// A platform's credentials, every field of the form that it must have. They print as ‹redacted›.
public struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    private let values: [String: String]

    /// Reads a config object. The errors are one sentence for each field that is missing, malformed or unknown.
    public init(_ config: [String: JSON], _ fields: [CredentialField]) throws(CredentialErrors) {
        var values: [String: String] = [:]
        var sentences: [String] = []
        for field in fields {
            switch config[field.name] {
            case nil, .null:
                if field.isRequired { sentences.append("config.\(field.name) is required: \(field.summary)") }
            case .string(let text) where !text.isEmpty && !text.utf8.contains(0) && field.accepts(text):
                values[field.name] = text
            default: sentences.append("config.\(field.name) is not valid: \(field.summary)")
            }
        }
        for name in config.keys.sorted() where !fields.contains(where: { $0.name == name }) {
            let known = fields.map(\.name).joined(separator: ", ")
            sentences.append("config.\(Self.printable(name)) is not a field of this platform: \(known).")
        }
        guard sentences.isEmpty else { throw CredentialErrors(sentences: sentences) }
        self.values = values
    }

    /// The credentials that were stored.
    init(stored values: [String: String]) { self.values = values }

    /// A field that is shown; nil when it was left out.
    public subscript(name: String) -> String? { values[name] }

    /// A secret field; nil when it was left out.
    public func secret(_ name: String) -> Secret? { values[name].map { Secret($0) } }

    /// All fields, for the one place that encrypts them.
    var all: [String: String] { values }

    public var description: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func printable(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.prefix(40).filter { $0.value > 0x20 && $0.value < 0x7F }))
    }
}

/// What is wrong with a config object, field by field.
public struct CredentialErrors: Error {
    /// One sentence for each field.
    public let sentences: [String]

    /// Errors with these sentences.
    public init(sentences: [String]) { self.sentences = sentences }
}
