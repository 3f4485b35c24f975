public import Base

/// One field of a platform's credentials, which a customer fills in to connect the platform.
public struct CredentialField: Sendable {
    /// The field's name in the config object.
    public let name: String
    /// A description of the value in one line.
    public let summary: String
    /// True if the field is never shown.
    public let isSecret: Bool
    /// True if the field must be given.
    public let isRequired: Bool
    /// Returns true if a value has the required form.
    let accepts: @Sendable (String) -> Bool

    /// Declares a field that may be shown, such as a domain, a region or an identifier.
    public static func plain(
        _ name: String, _ summary: String, isRequired: Bool = true,
        accepts: @escaping @Sendable (String) -> Bool = Form.line
    ) -> CredentialField {
        CredentialField(name: name, summary: summary, isSecret: false, isRequired: isRequired, accepts: accepts)
    }

    /// Declares a secret field.
    public static func secret(
        _ name: String, _ summary: String, isRequired: Bool = true,
        accepts: @escaping @Sendable (String) -> Bool = Form.line
    ) -> CredentialField {
        CredentialField(name: name, summary: summary, isSecret: true, isRequired: isRequired, accepts: accepts)
    }
}

/// The forms that values of fields may have.
public enum Form {
    /// Accepts one line of at most 4,096 printable ASCII characters without spaces at its ends, such as a token, a key
    /// or an identifier.
    @Sendable public static func line(_ text: String) -> Bool {
        text.utf8.count <= 4_096 && text.first != " " && text.last != " "
            && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Accepts any text of at most 64 KiB, such as a PEM or a JSON document of several lines.
    @Sendable public static func document(_ text: String) -> Bool { text.utf8.count <= 65_536 }

    /// Accepts one label of a host name, such as a tenant, a site or a subdomain.
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

    /// Accepts a host name of at least two labels, the last of which has a letter.
    @Sendable public static func host(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.count >= 2 && labels.allSatisfy { label(String($0)) }
            && labels.last?.contains { $0.isLetter } == true
    }

    /// Accepts the address of a server that a customer runs or rents: `https://` and a host name, without a port or a
    /// path.
    @Sendable public static func server(_ text: String) -> Bool {
        text.hasPrefix("https://") && host(String(text.dropFirst("https://".count)))
    }

    /// Accepts ASCII text that has the form of an e-mail address.
    @Sendable public static func email(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return line(text) && parts.count == 2 && !parts[0].isEmpty && host(String(parts[1]))
    }
}

/// The credentials of a platform, whose fields were checked when a customer gave them. They print as ‹redacted›.
public struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    private let values: [String: String]

    /// Reads a config object.
    /// - Throws: `CredentialErrors` with one sentence for each field that is missing or malformed, and for the first one
    ///   that is unknown: a config can have a hundred thousand.
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
        let known = fields.map(\.name)
        if let name = config.keys.filter({ !known.contains($0) }).min() {
            sentences.append(
                "config.\(name.harmless(atMost: 40)) is not a field of this platform; \(NearestWord.advice(name, known))"
            )
        }
        guard sentences.isEmpty else { throw CredentialErrors(sentences: sentences) }
        self.values = values
    }

    /// Creates credentials from stored values.
    init(stored values: [String: String]) { self.values = values }

    /// Returns the value of a field; nil if it was left out. Secret fields are read with `secret`.
    public subscript(name: String) -> String? { values[name] }

    /// Returns the value of a secret field; nil if it was left out.
    public func secret(_ name: String) -> Secret? { values[name].map { Secret($0) } }

    /// The values of all fields, for `CredentialSeal`, which encrypts them.
    var all: [String: String] { values }

    public var description: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The errors of a config object.
public struct CredentialErrors: Error {
    /// The error sentences, one for each field.
    public let sentences: [String]

    public init(sentences: [String]) { self.sentences = sentences }
}
