public import Base

/// The type of a field: which values it accepts, and how they are read.
public struct FieldType<Value>: Sendable {
    /// A description of the accepted values. Only errors and documents need it, so it is made on each use.
    let constraint: @Sendable () -> String
    let schema: @Sendable () -> JSONSchema
    /// The error for a value that is not accepted; nil for the usual one, which names the constraint.
    private let error: InputError?
    let parse: @Sendable (FieldInput) -> Value?

    private init(
        constraint: @autoclosure @escaping @Sendable () -> String,
        schema: @autoclosure @escaping @Sendable () -> JSONSchema, error: InputError? = nil,
        parse: @escaping @Sendable (FieldInput) -> Value?
    ) {
        self.constraint = constraint
        self.schema = schema
        self.error = error
        self.parse = parse
    }

    func value(of input: FieldInput, named name: String) throws(InputError) -> Value {
        guard let value = parse(input) else { throw error ?? .malformed(name, constraint()) }
        return value
    }
}

extension FieldType where Value == String {
    /// A text without control characters. `length` is the allowed number of Unicode scalars.
    public static func string(_ length: ClosedRange<Int>) -> FieldType {
        FieldType(
            constraint: "a string of \(length.lowerBound) to \(length.upperBound) characters",
            schema: .string(length, pattern: #"^[^\x00-\x1f\x7f-\x9f]*$"#)
        ) { input in
            guard let text = input.string, length.contains(text.unicodeScalars.count),
                !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { return nil }
            return text
        }
    }

    /// A text that may have several lines. `length` is the allowed number of Unicode scalars; the only control
    /// characters that it may contain are line breaks and tabs.
    public static func text(_ length: ClosedRange<Int>) -> FieldType {
        FieldType(
            constraint: "a text of \(length.lowerBound) to \(length.upperBound) characters",
            schema: .string(length, pattern: #"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"#)
        ) { input in
            guard let text = input.string, length.contains(text.unicodeScalars.count),
                text.unicodeScalars.allSatisfy({
                    $0.properties.generalCategory != .control || $0 == "\n" || $0 == "\r" || $0 == "\t"
                })
            else { return nil }
            return text
        }
    }

    /// An e-mail address of at most 254 bytes: a mailbox as in RFC 5321 §4.1.2, with a fully qualified domain (§2.3.5)
    /// or an IP address.
    public static var email: FieldType {
        FieldType(
            constraint: "an e-mail address",
            schema: .string(format: "email")
        ) { input in
            guard let text = input.string, text.utf8.count <= 254, isEmail(text) else { return nil }
            return text
        }
    }

    private static func isEmail(_ text: String) -> Bool {
        // A quoted local part may contain an @ too, so the last one separates it from the domain.
        guard let (name, domain) = text.utf8.cut(atLast: UInt8(ascii: "@")) else { return false }
        return name.count <= 64 && (isDotString(name) || isQuoted(name))
            && (isDomain(domain) || isLiteral(domain))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDotString(_ name: Substring.UTF8View) -> Bool {
        name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
        }
    }

    private static func isQuoted(_ name: Substring.UTF8View) -> Bool {
        let quote = UInt8(ascii: "\"")
        guard name.count >= 2, name.first == quote, name.last == quote else { return false }
        var isEscaped = false
        for byte in name.dropFirst().dropLast() {
            guard (32...126).contains(byte), isEscaped || byte != quote else { return false }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        }
        return !isEscaped
    }

    private static func isDomain(_ domain: Substring.UTF8View) -> Bool {
        let labels = domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                    && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isLiteral(_ domain: Substring.UTF8View) -> Bool {
        guard domain.count > 2, domain.first == UInt8(ascii: "["), domain.last == UInt8(ascii: "]")
        else {
            return false
        }
        let address = String(Substring(domain.dropFirst().dropLast()))
        let tag = "IPv6:"
        guard address.prefix(tag.utf8.count).lowercased() == tag.lowercased() else {
            return !address.contains(":") && IPAddress(address) != nil
        }
        let rest = String(address.dropFirst(tag.utf8.count))
        return rest.contains(":") && IPAddress(rest) != nil
    }

    /// A file in base 64 (RFC 4648 §4). Only the length of the text is checked here; the handler must decode it.
    public static var base64: FieldType {
        FieldType(
            constraint: "a file in base64",
            schema: .string(
                pattern: "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$")
        ) { input in
            guard let text = input.string, !text.isEmpty, text.utf8.count % 4 == 0 else { return nil }
            return text
        }
    }
}

extension FieldType where Value == Int {
    /// A whole number within `range`.
    public static func integer(_ range: ClosedRange<Int>) -> FieldType {
        FieldType(
            constraint: "an integer from \(range.lowerBound) to \(range.upperBound)",
            schema: .integer(range)
        ) { input in
            let number: Int? =
                switch input {
                case .text(let text): text.utf8.first == UInt8(ascii: "+") ? nil : Int(text)
                // JSON Schema counts 7.0 among the integers.
                case .json(.number(let value)): Int(exactly: value)
                case .json(let value): value.integer
                }
            return number.flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension FieldType where Value == Bool {
    /// A boolean: the JSON value, or in a query the text `true` or `false`.
    public static var boolean: FieldType {
        FieldType(constraint: "true or false", schema: .boolean) { input in
            switch input {
            case .text(let text): ["true": true, "false": false][text]
            case .json(let value): value.bool
            }
        }
    }
}

extension FieldType where Value == [String: JSON] {
    /// A JSON object, in a body only. The handler must check its members.
    public static var object: FieldType {
        FieldType(constraint: "an object", schema: .anyObject) { input in
            guard case .json(let value) = input else { return nil }
            return value.object
        }
    }
}

extension FieldType where Value: ListPosition {
    /// A position in a list, for the field `cursor`. The operation declares `InputError.unknownCursor`.
    public static func cursor(_ type: Value.Type = Value.self) -> FieldType {
        FieldType(
            constraint: "a cursor of an earlier page of this list",
            schema: .string(1...500, pattern: "^[A-Za-z0-9_-]*$"), error: .unknownCursor
        ) { input in
            input.string.flatMap { Value(cursor: $0) }
        }
    }
}

extension FieldType where Value == Identifier {
    /// A UUID.
    public static var uuid: FieldType {
        FieldType(constraint: "a UUID", schema: .uuid) { input in
            input.string.flatMap { Identifier($0) }
        }
    }
}

extension FieldType
where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the raw values of `Value`.
    public static func oneOf(_ type: Value.Type = Value.self) -> FieldType {
        let cases = Array(Value.allCases)
        return FieldType(constraint: "one of \(names(cases))", schema: .oneOf(cases.map(\.rawValue))) { input in
            cases.first { $0.rawValue == input.string }
        }
    }
}

extension FieldType {
    /// A comma-separated list of raw values of `Element`, without empty entries.
    public static func commaSeparated<Element>(_ type: Element.Type = Element.self) -> FieldType
    where
        Value == [Element], Element: RawRepresentable & CaseIterable & Sendable,
        Element.RawValue == String
    {
        let cases = Array(Element.allCases)
        return FieldType(
            constraint: "a comma-separated list of \(names(cases))",
            // A list, whose elements OpenAPI would separate by commas, is sent as several parameters by some clients.
            schema: .string(pattern: pattern(ofListOf: cases)).example(
                .string(cases.prefix(2).map(\.rawValue).joined(separator: ",")))
        ) { input in
            guard let parts = input.string?.split(separator: ",", omittingEmptySubsequences: false) else {
                return nil
            }
            let elements = parts.compactMap { part -> Element? in
                // Spaces are allowed around a name, but not within it.
                let words = part.split(separator: " ")
                return words.count == 1 ? cases.first { $0.rawValue == words[0] } : nil
            }
            return elements.count == parts.count ? elements : nil
        }
    }
}

extension FieldInput {
    fileprivate var string: String? {
        switch self {
        case .text(let text): text
        case .json(let value): value.string
        }
    }
}

/// Returns a regular expression for names with commas between them and spaces around them.
private func pattern(ofListOf cases: [some RawRepresentable<String>]) -> String {
    let name = " *(" + cases.map(\.rawValue).joined(separator: "|") + ") *"
    return "^\(name)(,\(name))*$"
}

private func names(_ cases: [some RawRepresentable<String>]) -> String {
    cases.map(\.rawValue).joined(separator: ", ")
}
